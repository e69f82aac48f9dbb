// The twin of phynes_core.render.visibility:Occluder.point_bits, and of the rays of render/lamps.py. A word a thread.

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

#include "shared/pixel_rays.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let place = place_of(list[1u + row]);
    var group = params.groups[0];
    for (var number = 1u; number < params.num_groups; number++) {
        if (params.groups[number].w <= workgroup.z) {
            group = params.groups[number];
        }
    }
    bits[place.row + workgroup.z] = open_word(place, group, workgroup.z - group.w, OFFSET_M);
}
