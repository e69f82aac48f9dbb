// The twin of phynes_core.render.ground:over_ground, in half precision: what a window shows where there is a floor.

#include "shared/picture.wgsl"

@group(0) @binding(6) var<storage, read> ground: array<vec4f>; // of ground_layer.wgsl
@group(0) @binding(7) var<storage, read_write> image: array<vec2u>; // the values; share of the background that is hidden

const SCREEN_GAMMA = 2.2;

fn put(pixel: u32, value: vec4f) {
    let below = ground[pixel];
    let alpha = 1.0 - pow(clamp(1.0 - below.w, 0.0, 1.0), 1.0 / SCREEN_GAMMA);
    image[pixel] = half_of(value + vec4f(below.xyz, alpha) * (1.0 - value.w));
}
