// The twin of phynes_core.render.ray_starts:_nearest_outside. A vertex inside the mesh takes a neighbor's rays.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gaps: array<vec2f>;
@group(0) @binding(2) var<storage, read> vertices: array<vec4f>;
@group(0) @binding(3) var<storage, read> normals: array<vec4f>;
@group(0) @binding(4) var<storage, read> faces: array<vec4u>;
@group(0) @binding(5) var<storage, read> fans: array<u32>;
@group(0) @binding(6) var<storage, read_write> starts: array<vec4f>; // two a vertex: where rays start, normal

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.count) {
        return;
    }
    var row = id.x;
    if (gaps[id.x].y > 0.0) {
        var shortest = 3.0e38;
        for (var at = fans[id.x]; at < fans[id.x + 1u]; at++) {
            let face = faces[2u * fans[at]];
            for (var corner = 0u; corner < 3u; corner++) {
                let other = face[corner];
                if (other == id.x || gaps[other].y > 0.0) {
                    continue;
                }
                let away = vertices[id.x].xyz - vertices[other].xyz;
                let square = dot(away, away);
                if (square < shortest || (square == shortest && other < row)) {
                    shortest = square;
                    row = other;
                }
            }
        }
    }
    let normal = normals[row].xyz;
    starts[2u * id.x] = vec4f(vertices[row].xyz + gaps[row].x * normal, 0.0);
    starts[2u * id.x + 1u] = vec4f(normal, 0.0);
}
