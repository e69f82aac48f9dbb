// The twin of phynes_core.avatar.avatar:Avatar.displaced_vertices. Offsets are averaged over the copies at seams.

struct Params {
    count: u32, // vertices of this body
    first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> body_vertices: array<vec4f>;
@group(0) @binding(2) var<storage, read> body_normals: array<vec4f>;
@group(0) @binding(3) var<storage, read> values: array<f32>; // offset at each texel coordinate, metres
@group(0) @binding(4) var<storage, read> copies: array<u32>; // where each vertex's coordinates begin [V + 1], then them
@group(0) @binding(5) var<storage, read_write> vertices: array<vec4f>; // w: the offset, metres

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let vertex = id.x;
    if (vertex >= params.count) {
        return;
    }
    var sum = 0.0;
    for (var at = copies[vertex]; at < copies[vertex + 1u]; at++) {
        sum += values[copies[at]];
    }
    let offset = sum / max(f32(copies[vertex + 1u] - copies[vertex]), 1.0);
    let own = params.first + vertex;
    vertices[own] = vec4f(body_vertices[own].xyz + offset * body_normals[own].xyz, offset);
}
