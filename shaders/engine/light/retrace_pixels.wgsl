// The twin of phynes_core.render.ray_starts:gaps. Rays start once more where all are blocked.
//
// What blocks them may be nearer than they start: then they start half way to it.

#include "shared/workgroups.wgsl"
#include "shared/pixel_rays.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let place = place_of(list[1u + row]);
    for (var at = 0u; at < params.num_groups; at++) {
        let group = params.groups[at];
        let words = (group.z + 31u) / 32u;
        var has_rays = false;
        var has_open = false;
        for (var number = 0u; number < group.z && !has_open; number++) {
            if (ray_of(place, group, number).counts) {
                has_rays = true;
                has_open = ((bits[place.row + group.w + number / 32u] >> (number % 32u)) & 1u) == 1u;
            }
        }
        if (!has_rays || has_open) {
            continue;
        }
        let hit = nearest_hit(place.point + SKIN_M * place.normal, place.normal, OFFSET_M - SKIN_M, params.nodes);
        if (hit.distance >= FAR) {
            continue;
        }
        for (var word = 0u; word < words; word++) {
            bits[place.row + group.w + word] = open_word(place, group, word, 0.5 * (SKIN_M + hit.distance));
        }
    }
}
