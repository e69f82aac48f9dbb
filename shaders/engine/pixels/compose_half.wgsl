// The twin of phynes_core.frame.buffers:compose, in half precision: what a window shows.

struct Params {
    width: u32, // of the picture
    height: u32,
    samples: u32, // a side of a pixel
    kind: u32, // which image: see `value_of`
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(2) var<storage, read> texels: array<vec2f>;
@group(0) @binding(3) var<storage, read> normals: array<vec4f>;
@group(0) @binding(4) var<storage, read> surfels: array<vec4u>;
@group(0) @binding(5) var<storage, read> light: array<vec4f>; // three a pixel: radiance, irradiance, without shadows
@group(0) @binding(6) var<storage, read_write> image: array<vec2u>; // the values; coverage

const LARGEST_HALF = 65504.0;

#include "shared/picture.wgsl"

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    let value = picture_pixel(id.xy);
    let limited = min(value.xyz, vec3f(LARGEST_HALF));
    image[id.y * params.width + id.x] = vec2u(pack2x16float(limited.xy), pack2x16float(vec2f(limited.z, value.w)));
}
