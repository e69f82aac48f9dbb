// The twin of phynes_core.geometry.mesh:vertex_normals. One thread a vertex gathers the faces of its fan.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vertices: array<vec4f>;
@group(0) @binding(2) var<storage, read> faces: array<vec4u>; // corners and body; faces across their edges
@group(0) @binding(3) var<storage, read> fans: array<u32>; // where each vertex's faces begin [V + 1], then the faces
@group(0) @binding(4) var<storage, read_write> normals: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let vertex = id.x;
    if (vertex >= params.count) {
        return;
    }
    var sum = vec3f(0.0);
    for (var at = fans[vertex]; at < fans[vertex + 1u]; at++) {
        let face = faces[2u * fans[at]];
        let a = vertices[face.x].xyz;
        sum += cross(vertices[face.y].xyz - a, vertices[face.z].xyz - a);
    }
    normals[vertex] = vec4f(sum / max(length(sum), 1.0e-20), 0.0);
}
