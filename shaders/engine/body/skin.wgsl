// The twin of phynes_core.body.model:pose_body. One thread a vertex: shape, pose correctives, blended transforms.

const JOINTS = 24u;
const BETAS = 10u;
const FEATURES = 207u;

struct Params {
    count: u32, // vertices of this body
    first: u32, // of them among those of all bodies
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rest: array<f32>; // [V][3] metres
@group(0) @binding(2) var<storage, read> shape_directions: array<f32>; // [V][3][10]
@group(0) @binding(3) var<storage, read> pose_directions: array<f32>; // [207][V][3]
@group(0) @binding(4) var<storage, read> weights: array<f32>; // [V][24]
@group(0) @binding(5) var<storage, read> skeleton: array<f32>;
@group(0) @binding(6) var<storage, read_write> body_vertices: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let vertex = id.x;
    if (vertex >= params.count) {
        return;
    }
    var place = vec3f(0.0);
    for (var axis = 0u; axis < 3u; axis++) {
        let at = 3u * vertex + axis;
        var shaped = 0.0;
        for (var beta = 0u; beta < BETAS; beta++) {
            shaped += shape_directions[at * BETAS + beta] * skeleton[498u + beta];
        }
        place[axis] = rest[at] + shaped;
    }
    var correction = vec3f(0.0);
    for (var feature = 0u; feature < FEATURES; feature++) {
        let at = 3u * (feature * params.count + vertex);
        let strength = skeleton[288u + feature];
        correction += strength * vec3f(pose_directions[at], pose_directions[at + 1u], pose_directions[at + 2u]);
    }
    let point = vec4f(place + correction, 1.0);
    var x = vec4f(0.0);
    var y = vec4f(0.0);
    var z = vec4f(0.0);
    for (var joint = 0u; joint < JOINTS; joint++) {
        let weight = weights[vertex * JOINTS + joint];
        let at = 12u * joint;
        x += weight * vec4f(skeleton[at], skeleton[at + 1u], skeleton[at + 2u], skeleton[at + 3u]);
        y += weight * vec4f(skeleton[at + 4u], skeleton[at + 5u], skeleton[at + 6u], skeleton[at + 7u]);
        z += weight * vec4f(skeleton[at + 8u], skeleton[at + 9u], skeleton[at + 10u], skeleton[at + 11u]);
    }
    let skinned = vec3f(dot(x, point), dot(y, point), dot(z, point));
    let translation = vec3f(skeleton[495u], skeleton[496u], skeleton[497u]);
    body_vertices[params.first + vertex] = vec4f(skinned + translation, 0.0);
}
