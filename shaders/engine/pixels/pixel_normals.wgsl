// The twin of phynes_core.frame.pixels:pixel_normals. Normals tilted by the offset map's slope.

#include "shared/workgroups.wgsl"

struct Params {
    is_detailed: u32, // else the interpolated normals stay
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(3) var<storage, read> texels: array<vec2f>;
@group(0) @binding(4) var<storage, read> values: array<f32>; // of query_slopes
@group(0) @binding(5) var<storage, read> open_bits: array<u32>;
@group(0) @binding(6) var<storage, read> frames: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> normals: array<vec4f>;

#include "shared/steps.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let pixel = list[1u + row];
    let normal = bitcast<vec3f>(gbuffer[3u * pixel + 2u].xyz);
    normals[pixel] = vec4f(normal, 0.0);
    if (params.is_detailed == 0u) {
        return;
    }
    let widths = step_widths(open_steps(texels[pixel]));
    let along_u = (values[4u * row + 1u] - values[4u * row]) / widths.x;
    let along_v = (values[4u * row + 3u] - values[4u * row + 2u]) / widths.y;
    let face = gbuffer[3u * pixel].x - 1u;
    let slope = along_u * frames[3u * face].xyz + along_v * frames[3u * face + 1u].xyz - frames[3u * face + 2u].xyz;
    normals[pixel] = vec4f(tilted(normal, slope), 0.0);
}
