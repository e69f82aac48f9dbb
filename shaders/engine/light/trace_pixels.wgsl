// The twin of phynes_core.render.visibility:Occluder.point_bits, and of the rays of render/lamps.py. A word a thread.

#include "shared/workgroups.wgsl"
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
