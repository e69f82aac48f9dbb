// The twin of phynes_core.frame.pixels:pixels_of_avatars. The pixels that show one body, tile by tile.

struct Params {
    width: u32,
    height: u32,
    body: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> list: array<atomic<u32>>; // how many, then their numbers

var<workgroup> found: atomic<u32>;
var<workgroup> first: u32;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
    let pixel = id.y * params.width + id.x;
    var own = 0u;
    if (thread == 0u) {
        atomicStore(&found, 0u); // some drivers leave workgroup memory as it was
    }
    workgroupBarrier();
    let is_inside = id.x < params.width && id.y < params.height;
    let is_shown = is_inside && gbuffer[3u * min(pixel, params.width * params.height - 1u) + 1u].w == params.body;
    if (is_shown) {
        own = atomicAdd(&found, 1u);
    }
    workgroupBarrier();
    if (thread == 0u) {
        first = atomicAdd(&list[0], atomicLoad(&found));
    }
    workgroupBarrier();
    if (is_shown) {
        atomicStore(&list[1u + first + own], pixel);
    }
}
