// The twin of phynes_core.frame.buffers:compose, in half precision: what a window shows.

#include "shared/picture.wgsl"

@group(0) @binding(6) var<storage, read_write> image: array<vec2u>; // the values; coverage

const LARGEST_HALF = 65504.0;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    let value = picture_pixel(id.xy);
    let limited = min(value.xyz, vec3f(LARGEST_HALF));
    image[id.y * params.width + id.x] = vec2u(pack2x16float(limited.xy), pack2x16float(vec2f(limited.z, value.w)));
}
