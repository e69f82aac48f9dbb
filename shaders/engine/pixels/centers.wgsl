// The twin of phynes_core.frame.pixels:rasterized, without antialiasing. Each pixel is sampled at its center.
//
// Rasterizers round corners to 1/256 pixel, so that outlines lie a little off: beside the background a ray decides.

struct Params {
    eye: vec4f, // world
    step_x: vec4f, // change of a ray's direction from a pixel to the next; one metre of camera z long
    step_y: vec4f,
    start: vec4f, // direction at the picture's corner
    width: u32,
    height: u32,
    nodes: u32,
    near: f32, // metres
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var ids: texture_2d<u32>; // face + 1; 0 = background
@group(0) @binding(2) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(3) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> fragments: array<vec4u>; // face + 1; where it is sampled; coverage

#include "shared/rays.wgsl"

fn is_at_outline(pixel: vec2i) -> bool {
    var covered = 0u;
    var all = 0u;
    for (var y = max(pixel.y - 1, 0); y <= min(pixel.y + 1, i32(params.height) - 1); y++) {
        for (var x = max(pixel.x - 1, 0); x <= min(pixel.x + 1, i32(params.width) - 1); x++) {
            covered += select(0u, 1u, textureLoad(ids, vec2i(x, y), 0).x > 0u);
            all++;
        }
    }
    return covered > 0u && covered < all;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    var face = textureLoad(ids, vec2i(id.xy), 0).x;
    let place = vec2f(id.xy) + 0.5;
    if (is_at_outline(vec2i(id.xy))) {
        let direction = place.x * params.step_x.xyz + place.y * params.step_y.xyz + params.start.xyz;
        let hit = nearest_hit(params.eye.xyz + params.near * direction, direction, FAR, params.nodes);
        face = select(0u, triangles[3u * hit.slot].w + 1u, hit.distance < FAR);
    }
    let coverage = select(0.0, 1.0, face > 0u);
    fragments[id.y * params.width + id.x] = vec4u(face, bitcast<vec2u>(place), bitcast<u32>(coverage));
}
