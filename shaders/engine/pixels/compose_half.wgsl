// The twin of phynes_core.frame.buffers:compose, in half precision: what a window shows.

#include "shared/picture.wgsl"

@group(0) @binding(6) var<storage, read_write> image: array<vec2u>; // the values; coverage

fn put(pixel: u32, value: vec4f) {
    image[pixel] = half_of(value);
}
