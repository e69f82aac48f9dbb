// The twin of phynes_core.frame.pixels:query_materials. One map at the texel coordinates of listed pixels.

#include "shared/workgroups.wgsl"

@group(0) @binding(0) var<storage, read> layers: array<vec4f>;
@group(0) @binding(1) var<storage, read> first_bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> grid: array<u32>;
@group(0) @binding(3) var<storage, read> levels: array<vec4u>;
@group(0) @binding(4) var<storage, read> texels: array<vec2f>;
@group(0) @binding(5) var<storage, read> list: array<u32>;
@group(0) @binding(6) var<storage, read_write> values: array<vec4f>;

fn point_uv(point: u32) -> vec2f {
    return texels[list[1u + min(point, list[0] - 1u)]];
}

#include "shared/neural_map.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let first_point = POINTS * workgroup_number(workgroup);
    let value = query(first_point, thread);
    if (thread < POINTS && first_point + thread < list[0]) {
        values[list[1u + first_point + thread]] = value;
    }
}
