// The twin of phynes_core.frame.pixels:rasterized, without antialiasing. Each pixel is sampled at its center.

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
@group(0) @binding(1) var ids: texture_2d<u32>; // face + 1, 0 = background; camera z
@group(0) @binding(2) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(3) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> fragments: array<vec4u>; // face + 1; where it is sampled; coverage

#include "shared/rays.wgsl"
#include "shared/outlines.wgsl"

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    let size = vec2i(vec2u(params.width, params.height));
    var face = textureLoad(ids, vec2i(id.xy), 0).x;
    let place = vec2f(id.xy) + 0.5;
    if (is_outline(ids, vec2i(id.xy), size, length(params.step_x.xyz))) {
        let direction = place.x * params.step_x.xyz + place.y * params.step_y.xyz + params.start.xyz;
        face = face_on_ray(params.eye.xyz, direction, params.near, params.nodes);
    }
    let coverage = select(0.0, 1.0, face > 0u);
    fragments[id.y * params.width + id.x] = vec4u(face, bitcast<vec2u>(place), bitcast<u32>(coverage));
}
