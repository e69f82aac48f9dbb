// The twin of phynes_core.frame.buffers:compose, in half precision: what a window shows.

#include "shared/picture.wgsl"

@group(0) @binding(6) var<storage, read_write> image: array<vec2u>; // the values; coverage

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    image[id.y * params.width + id.x] = half_of(picture_pixel(id.xy));
}
