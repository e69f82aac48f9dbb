// The twin of phynes_core.render.coverage:antialiased_fragments. 4 x 4 subsamples say how much of a pixel is covered.
//
// A pixel whose center misses the mesh is sampled at the covered subsample next to it.

struct Params {
    eye: vec4f, // and rays of pixels, as in centers.wgsl
    step_x: vec4f,
    step_y: vec4f,
    start: vec4f,
    width: u32, // of the picture
    height: u32,
    left: u32, // of the tile, in pixels
    top: u32,
    tile: u32, // pixels a side
    nodes: u32,
    near: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var fine_ids: texture_2d<u32>; // of the tile
@group(0) @binding(2) var<storage, read> centers: array<vec4u>;
@group(0) @binding(3) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(4) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> fragments: array<vec4u>;

#include "shared/rays.wgsl"
#include "shared/outlines.wgsl"

// numbers of the subsamples, those in the pixel's middle first
const ORDER = array<u32, 16>(5u, 6u, 9u, 10u, 1u, 2u, 4u, 7u, 8u, 11u, 13u, 14u, 0u, 3u, 12u, 15u);

fn is_mixed(pixel: vec2i) -> bool { // subsamples of the pixel and around it
    var covered = 0u;
    for (var y = 0; y < 6; y++) {
        for (var x = 0; x < 6; x++) {
            let last = vec2i(4 * i32(params.tile) - 1);
            let sample = clamp(4 * pixel + vec2i(x, y) - 1, vec2i(0), last);
            covered += select(0u, 1u, textureLoad(fine_ids, sample, 0).x > 0u);
        }
    }
    return covered > 0u && covered < 36u;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let pixel = vec2u(params.left, params.top) + id.xy;
    if (any(id.xy >= vec2u(params.tile)) || pixel.x >= params.width || pixel.y >= params.height) {
        return;
    }
    let center = centers[pixel.y * params.width + pixel.x];
    let has_outline = is_mixed(vec2i(id.xy));
    let size = vec2i(4 * i32(params.tile));
    var order = ORDER;
    var face = center.x;
    var place = vec2f(0.5);
    var count = 0u;
    for (var at = 0u; at < 16u; at++) {
        let own = vec2u(order[at] % 4u, order[at] / 4u);
        let sample = vec2i(4u * id.xy + own);
        var fine = textureLoad(fine_ids, sample, 0).x;
        let shift = (vec2f(own) + 0.5) / 4.0;
        if (has_outline && is_outline(fine_ids, sample, size, 1.0e9)) {
            let at_ray = vec2f(pixel) + shift;
            let direction = at_ray.x * params.step_x.xyz + at_ray.y * params.step_y.xyz + params.start.xyz;
            fine = face_on_ray(params.eye.xyz, direction, params.near, params.nodes);
        }
        if (fine > 0u) {
            if (face == 0u) {
                face = fine;
                place = shift;
            }
            count++;
        }
    }
    let coverage = max(f32(count) / 16.0, select(0.0, 1.0 / 16.0, center.x > 0u));
    place += vec2f(pixel);
    fragments[pixel.y * params.width + pixel.x] = vec4u(face, bitcast<vec2u>(place), bitcast<u32>(coverage));
}
