// The twin of phynes_core.frame.buffers:compose and of average_samples. One image of values and coverage.

#include "shared/picture.wgsl"

@group(0) @binding(6) var<storage, read_write> image: array<vec4f>; // the values; coverage

fn put(pixel: u32, value: vec4f) {
    image[pixel] = value;
}
