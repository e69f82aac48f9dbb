// The offset map at every texel coordinate of the mesh.
//
// The file that includes it declares `values`, one a coordinate, and `put`, which writes one.

#include "shared/workgroups.wgsl"

struct Params {
    count: u32, // texel coordinates
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> layers: array<vec4f>;
@group(0) @binding(2) var<storage, read> first_bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> grid: array<u32>;
@group(0) @binding(4) var<storage, read> levels: array<vec4u>;
@group(0) @binding(5) var<storage, read> uv: array<vec2f>;

fn point_uv(point: u32) -> vec2f {
    return uv[min(point, params.count - 1u)];
}

#include "shared/neural_map.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let first_point = POINTS * workgroup_number(workgroup);
    let value = query(first_point, thread);
    if (thread < POINTS && first_point + thread < params.count) {
        put(first_point + thread, value);
    }
}
