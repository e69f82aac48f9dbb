// The twin of phynes_core.frame.pixels:seen_vertices. Lists vertices that the picture shows and no one has traced yet.

struct Params {
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(2) var<storage, read> faces: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> known: array<atomic<u32>>; // 1: in the list, or traced before
@group(0) @binding(4) var<storage, read_write> list: array<atomic<u32>>; // how many, then their numbers

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    let hit = gbuffer[3u * (id.y * params.width + id.x)].x;
    if (hit == 0u) {
        return;
    }
    let corners = faces[2u * (hit - 1u)];
    for (var corner = 0u; corner < 3u; corner++) {
        let vertex = corners[corner];
        if (atomicLoad(&known[vertex]) == 0u && atomicExchange(&known[vertex], 1u) == 0u) {
            atomicStore(&list[1u + atomicAdd(&list[0], 1u)], vertex);
        }
    }
}
