// The twin of phynes_core.avatar.avatar:Avatar.vertex_offsets, its queries, for maps of any size.

#include "shared/workgroups.wgsl"

struct Params {
    count: u32, // texel coordinates
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> layers: array<f32>;
@group(0) @binding(2) var<storage, read> first_bias: array<f32>;
@group(0) @binding(3) var<storage, read> grid: array<f32>;
@group(0) @binding(4) var<storage, read> levels: array<vec4u>;
@group(0) @binding(5) var<storage, read> uv: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> values: array<f32>; // CHANNELS a coordinate

fn point_uv(point: u32) -> vec2f {
    return uv[min(point, params.count - 1u)];
}

#include "shared/wide_map.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let first_point = POINTS * workgroup_number(workgroup);
    let value = query(first_point, thread);
    let point = first_point + thread / 4u;
    if (thread < 4u * POINTS && point < params.count && thread % 4u < CHANNELS) {
        values[CHANNELS * point + thread % 4u] = value;
    }
}
