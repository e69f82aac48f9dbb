// The twin of phynes_core.body.model:displaced, where offsets are vectors. The skinning carries them to the world.

const JOINTS = 24u;

struct Params {
    count: u32, // vertices of this body
    first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> body_vertices: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [V][24]
@group(0) @binding(3) var<storage, read> skeleton: array<f32>; // rows [24][3][4] come first
@group(0) @binding(4) var<storage, read> values: array<vec4f>; // vector at each texel coordinate, metres
@group(0) @binding(5) var<storage, read> copies: array<u32>; // as in displace.wgsl
@group(0) @binding(6) var<storage, read_write> vertices: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> carried: array<vec4f>; // four a vertex: the vector, rows of what carries it

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let vertex = id.x;
    if (vertex >= params.count) {
        return;
    }
    var sum = vec3f(0.0);
    for (var at = copies[vertex]; at < copies[vertex + 1u]; at++) {
        sum += values[copies[at]].xyz;
    }
    let offset = sum / max(f32(copies[vertex + 1u] - copies[vertex]), 1.0);
    var x = vec3f(0.0);
    var y = vec3f(0.0);
    var z = vec3f(0.0);
    for (var joint = 0u; joint < JOINTS; joint++) {
        let weight = weights[vertex * JOINTS + joint];
        let at = 12u * joint;
        x += weight * vec3f(skeleton[at], skeleton[at + 1u], skeleton[at + 2u]);
        y += weight * vec3f(skeleton[at + 4u], skeleton[at + 5u], skeleton[at + 6u]);
        z += weight * vec3f(skeleton[at + 8u], skeleton[at + 9u], skeleton[at + 10u]);
    }
    let own = params.first + vertex;
    let step = vec3f(dot(x, offset), dot(y, offset), dot(z, offset));
    vertices[own] = vec4f(body_vertices[own].xyz + step, 0.0);
    carried[4u * own] = vec4f(offset, 0.0);
    carried[4u * own + 1u] = vec4f(x, 0.0);
    carried[4u * own + 2u] = vec4f(y, 0.0);
    carried[4u * own + 3u] = vec4f(z, 0.0);
}
