// The offset map a cell to each side of every listed pixel's texel coordinates.
//
// The file that includes it declares `values`, four a pixel in the list's order, and `put`, which writes one.

#include "shared/workgroups.wgsl"

@group(0) @binding(0) var<storage, read> layers: array<vec4f>;
@group(0) @binding(1) var<storage, read> first_bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> grid: array<u32>;
@group(0) @binding(3) var<storage, read> levels: array<vec4u>;
@group(0) @binding(4) var<storage, read> texels: array<vec2f>;
@group(0) @binding(5) var<storage, read> list: array<u32>;
@group(0) @binding(6) var<storage, read> open_bits: array<u32>;

#include "shared/slope_points.wgsl"
#include "shared/neural_map.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let first_point = POINTS * workgroup_number(workgroup);
    let value = query(first_point, thread);
    if (thread < POINTS && first_point + thread < 4u * list[0]) {
        put(first_point + thread, value);
    }
}
