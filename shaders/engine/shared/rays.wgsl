// Rays against the tree of boxes, from either side of its triangles, within `reach` lengths of their direction.
//
// The file that includes it declares `nodes` and `triangles`. nodes: in preorder, two vec4u each: lower corner (bits of
// floats) and the node that follows when the box is missed; upper corner and 8 x first slot + count at a leaf, else 0.
// triangles: slot by slot: corner a and face, edge ab, edge ac. Trees of several bodies follow one another.

const FAR = 3.0e38;
const TINY = 1.0e-30;

fn inverse_of(direction: vec3f) -> vec3f {
    return 1.0 / select(direction, vec3f(TINY), abs(direction) <= vec3f(TINY));
}

fn meets_box(node: u32, origin: vec3f, inverse: vec3f) -> bool {
    let first = (bitcast<vec3f>(nodes[2u * node].xyz) - origin) * inverse;
    let second = (bitcast<vec3f>(nodes[2u * node + 1u].xyz) - origin) * inverse;
    let near = min(first, second);
    let far = max(first, second);
    return max(max(near.x, near.y), max(near.z, 0.0)) <= min(far.x, min(far.y, far.z));
}

fn distance_to_triangle(slot: u32, origin: vec3f, direction: vec3f) -> f32 {
    let ab = bitcast<vec3f>(triangles[3u * slot + 1u].xyz);
    let ac = bitcast<vec3f>(triangles[3u * slot + 2u].xyz);
    let p = cross(direction, ac);
    let determinant = dot(ab, p);
    if (determinant == 0.0) {
        return FAR;
    }
    let scale = 1.0 / determinant;
    let t = origin - bitcast<vec3f>(triangles[3u * slot].xyz);
    let q = cross(t, ab);
    let b = dot(t, p) * scale;
    let c = dot(direction, q) * scale;
    let distance = dot(ac, q) * scale;
    return select(FAR, distance, b >= 0.0 && c >= 0.0 && b + c <= 1.0 && distance > 0.0);
}

fn is_blocked(origin: vec3f, direction: vec3f, reach: f32, num_nodes: u32) -> bool {
    let inverse = inverse_of(direction);
    var node = 0u;
    while (node < num_nodes) {
        if (!meets_box(node, origin, inverse)) {
            node = nodes[2u * node].w;
            continue;
        }
        let leaf = nodes[2u * node + 1u].w;
        let end = leaf / 8u + leaf % 8u;
        for (var slot = leaf / 8u; slot < end; slot++) {
            if (distance_to_triangle(slot, origin, direction) < reach) {
                return true;
            }
        }
        node++;
    }
    return false;
}

struct Hit {
    distance: f32, // FAR: none
    slot: u32,
}

fn nearest_hit(origin: vec3f, direction: vec3f, reach: f32, num_nodes: u32) -> Hit {
    let inverse = inverse_of(direction);
    var best = Hit(FAR, 0u);
    var within = reach;
    var node = 0u;
    while (node < num_nodes) {
        if (!meets_box(node, origin, inverse)) {
            node = nodes[2u * node].w;
            continue;
        }
        let leaf = nodes[2u * node + 1u].w;
        let end = leaf / 8u + leaf % 8u;
        for (var slot = leaf / 8u; slot < end; slot++) {
            let distance = distance_to_triangle(slot, origin, direction);
            if (distance < within) {
                within = distance;
                best = Hit(distance, slot);
            }
        }
        node++;
    }
    return best;
}
