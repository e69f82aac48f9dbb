// The twin of phynes_core.render.visibility:Occluder.point_bits, and of the rays of render/lamps.py's shade_area_lamp.
//
// Lights come in groups that begin at a word of bits each. Where all rays of a group are blocked by something nearer
// than they start, they start once more half way to it.

#include "shared/workgroups.wgsl"

struct Params {
    eye: vec4f,
    groups: array<vec4u, 16>, // 1: a lamp near the bodies; its first light, its rays, its first word
    num_groups: u32,
    words: u32, // of all groups
    nodes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(3) var<storage, read> normals: array<vec4f>; // that light meets, before they are bent
@group(0) @binding(4) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(5) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(6) var<storage, read> lights: array<vec4f>; // two a light
@group(0) @binding(7) var<storage, read_write> bits: array<u32>; // [P][words]

#include "shared/rays.wgsl"
#include "shared/brdf.wgsl"

struct Place {
    row: u32, // of the bits
    point: vec3f,
    normal: vec3f, // of the mesh
    lit_normal: vec3f,
}

// Writes the group's bits; whether there were rays and none was open.
fn is_all_blocked(place: Place, group: vec4u, offset: f32) -> bool {
    let origin = place.point + offset * place.normal;
    var has_rays = false;
    var has_open = false;
    for (var word = 0u; word < (group.z + 31u) / 32u; word++) {
        var open = 0u;
        for (var number = 32u * word; number < min(group.z, 32u * word + 32u); number++) {
            var direction = vec3f(0.0);
            var reach = FAR;
            var counts = true;
            if (group.x == 0u) {
                direction = lights[2u * (group.y + number)].xyz;
            } else {
                let lamp = lights[2u * group.y];
                let ray = local_ray(lamp.xyz, lamp.w, place.point, number, group.z);
                direction = ray.direction;
                reach = ray.reach;
                counts = dot(place.lit_normal, direction) > 0.0;
                has_rays = has_rays || counts;
            }
            if (dot(place.normal, direction) <= 0.0) {
                continue;
            }
            has_rays = has_rays || counts;
            if (!is_blocked(origin, direction, reach, params.nodes)) {
                open |= 1u << (number % 32u);
                has_open = has_open || counts;
            }
        }
        bits[place.row + group.w + word] = open;
    }
    return has_rays && !has_open;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let pixel = list[1u + row];
    let point = bitcast<vec3f>(gbuffer[3u * pixel + 1u].xyz);
    let wo = normalize(params.eye.xyz - point);
    let normal = bitcast<vec3f>(gbuffer[3u * pixel + 2u].xyz);
    let place = Place(pixel * params.words, point, normal, bent_toward_eye(normals[pixel].xyz, wo));
    for (var number = 0u; number < params.num_groups; number++) {
        let group = params.groups[number];
        if (is_all_blocked(place, group, OFFSET_M)) {
            let hit = nearest_hit(point + SKIN_M * normal, normal, OFFSET_M - SKIN_M, params.nodes);
            if (hit.distance < FAR) {
                is_all_blocked(place, group, 0.5 * (SKIN_M + hit.distance));
            }
        }
    }
}
