// The twin of phynes_core.render.gbuffer:interpolate_covered_reference. Geometry of the pixels.
//
// Rasterizers round corners to 1/256 pixel, the CPU to 1/16384. A sample that lies outside the face that was drawn there
// belongs to the face across that edge, if it lies inside of that one.

struct Params {
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> fragments: array<vec4u>;
@group(0) @binding(2) var<storage, read> homogeneous: array<vec4f>;
@group(0) @binding(3) var<storage, read> faces: array<vec4u>;
@group(0) @binding(4) var<storage, read> vertices: array<vec4f>;
@group(0) @binding(5) var<storage, read> normals: array<vec4f>;
@group(0) @binding(6) var<storage, read> corner_uv: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> gbuffer: array<vec4u>; // three a pixel, see below
@group(0) @binding(8) var<storage, read_write> texels: array<vec2f>;

const NONE = 0xffffffffu;

fn across(left: vec2f, right: vec2f) -> f32 {
    return left.x * right.y - left.y * right.x;
}

// Barycentric coordinates and 1 / z where the ray of a sample meets a face's plane; all 0 when it is edge on.
fn weights_at(face: u32, place: vec2f) -> vec4f {
    let corners = faces[2u * face];
    let a = homogeneous[corners.x].xyz;
    let b = homogeneous[corners.y].xyz;
    let c = homogeneous[corners.z].xyz;
    let from_a = a.xy - place * a.z;
    let from_b = b.xy - place * b.z;
    let from_c = c.xy - place * c.z;
    let weights = vec3f(across(from_b, from_c), across(from_c, from_a), across(from_a, from_b));
    let total = weights.x + weights.y + weights.z;
    if (total == 0.0) {
        return vec4f(0.0);
    }
    let shares = weights / total;
    return vec4f(shares, 1.0 / dot(shares, vec3f(a.z, b.z, c.z)));
}

fn least(weights: vec4f) -> f32 {
    return min(weights.x, min(weights.y, weights.z));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    let pixel = id.y * params.width + id.x;
    let fragment = fragments[pixel];
    if (fragment.x == 0u) {
        gbuffer[3u * pixel] = vec4u(0u);
        gbuffer[3u * pixel + 1u] = vec4u(0u, 0u, 0u, NONE);
        gbuffer[3u * pixel + 2u] = vec4u(0u);
        texels[pixel] = vec2f(0.0);
        return;
    }
    let place = bitcast<vec2f>(fragment.yz);
    var face = fragment.x - 1u;
    var weights = weights_at(face, place);
    var tried = face;
    var outside = weights;
    for (var step = 0u; step < 3u && least(outside) < 0.0; step++) {
        let beside = faces[2u * tried + 1u];
        var next = beside.x; // across the edge from corner 0 to 1, which the least weight lies beyond
        if (outside.x == least(outside)) {
            next = beside.y;
        } else if (outside.y == least(outside)) {
            next = beside.z;
        }
        if (next == NONE) {
            break;
        }
        tried = next;
        outside = weights_at(tried, place);
        if (least(outside) >= 0.0 && outside.w > 0.0) {
            face = tried;
            weights = outside;
        }
    }
    let corners = faces[2u * face];
    if (weights.w <= 0.0) { // a sliver that only rounding gave an area
        weights = vec4f(1.0, 0.0, 0.0, 1.0 / homogeneous[corners.x].z);
    }
    let clamped = max(weights.xyz, vec3f(0.0));
    let shares = clamped / (clamped.x + clamped.y + clamped.z);
    let position = vertices[corners.x].xyz * shares.x + vertices[corners.y].xyz * shares.y
        + vertices[corners.z].xyz * shares.z;
    let normal = normals[corners.x].xyz * shares.x + normals[corners.y].xyz * shares.y
        + normals[corners.z].xyz * shares.z;
    // face + 1 (0 = background), two weights, camera z; position, body; normal, coverage
    gbuffer[3u * pixel] = vec4u(face + 1u, bitcast<vec3u>(vec3f(shares.xy, 1.0 / weights.w)));
    gbuffer[3u * pixel + 1u] = vec4u(bitcast<vec3u>(position), corners.w);
    let direction = normal / max(length(normal), 1.0e-12);
    gbuffer[3u * pixel + 2u] = vec4u(bitcast<vec3u>(direction), fragment.w);
    texels[pixel] = corner_uv[3u * face] * shares.x + corner_uv[3u * face + 1u] * shares.y
        + corner_uv[3u * face + 2u] * shares.z;
}
