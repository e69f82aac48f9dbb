// The twin of phynes_core.frame.pixels:surface_of_pixels, with phynes_core.maps.material_edit:edited and facing_eye.

#include "shared/workgroups.wgsl"
#include "shared/brdf.wgsl"

struct Params {
    eye: vec4f, // world
    gain: vec4f, // of red, green, blue and roughness, before the paint
    paint_side: u32, // texels; 0: no paint
    is_white: u32, // no materials are wanted
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(3) var<storage, read> texels: array<vec2f>;
@group(0) @binding(4) var<storage, read> normals: array<vec4f>;
@group(0) @binding(5) var<storage, read> albedo: array<vec4f>;
@group(0) @binding(6) var<storage, read> roughness: array<vec4f>;
@group(0) @binding(7) var<storage, read> paint: array<vec4u>; // a texel: gain, then what is added, as half floats
@group(0) @binding(8) var<storage, read_write> surfels: array<vec4u>; // four a pixel, see below

struct Change {
    gain: vec4f,
    add: vec4f,
}

fn texel_change(texel: u32) -> Change {
    let bits = paint[texel];
    return Change(
        vec4f(unpack2x16float(bits.x), unpack2x16float(bits.y)), vec4f(unpack2x16float(bits.z), unpack2x16float(bits.w))
    );
}

fn between(left: Change, right: Change, share: f32) -> Change {
    return Change(mix(left.gain, right.gain, share), mix(left.add, right.add, share));
}

fn change_at(uv: vec2f) -> Change {
    let side = params.paint_side;
    let last = f32(side) - 1.0;
    let place = clamp(vec2f(uv.x, 1.0 - uv.y) * f32(side) - 0.5, vec2f(0.0), vec2f(last));
    let corner = min(vec2u(place), vec2u(side - 2u));
    let share = place - vec2f(corner);
    let first = corner.y * side + corner.x;
    let upper = between(texel_change(first), texel_change(first + 1u), share.x);
    let lower = between(texel_change(first + side), texel_change(first + side + 1u), share.x);
    return between(upper, lower, share.y);
}

fn limited(values: vec4f) -> vec4f {
    return clamp(values, vec4f(0.0, 0.0, 0.0, MIN_ROUGHNESS), vec4f(1.0));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let pixel = list[1u + row];
    var material = vec4f(1.0);
    if (params.is_white == 0u) {
        material = limited(vec4f(albedo[pixel].xyz, roughness[pixel].x) * params.gain);
        if (params.paint_side > 0u) {
            let change = change_at(texels[pixel]);
            material = limited(material * change.gain + change.add);
        }
    }
    let hit = gbuffer[3u * pixel];
    let away = params.eye.xyz - bitcast<vec3f>(gbuffer[3u * pixel + 1u].xyz);
    let wo = away / max(length(away), 1.0e-12);
    let normal = bent_toward_eye(normals[pixel].xyz, wo);
    // normal that light meets, roughness; direction to the eye, distance; albedo; face and two weights
    surfels[4u * pixel] = vec4u(bitcast<vec3u>(normal), bitcast<u32>(material.w));
    surfels[4u * pixel + 1u] = vec4u(bitcast<vec3u>(wo), bitcast<u32>(length(away)));
    surfels[4u * pixel + 2u] = vec4u(bitcast<vec3u>(material.xyz), 0u);
    surfels[4u * pixel + 3u] = vec4u(hit.x - 1u, hit.y, hit.z, 0u);
}
