// The twin of phynes_core.frame.buffers:compose and of average_samples. One image of values and coverage.

#include "shared/picture.wgsl"

@group(0) @binding(6) var<storage, read_write> image: array<vec4f>; // the values; coverage

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    image[id.y * params.width + id.x] = picture_pixel(id.xy);
}
