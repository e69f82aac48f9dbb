// The twin of phynes_core.render.detail_normals:detail_normals, where offsets are vectors.

#include "shared/workgroups.wgsl"

const LEAST_STRETCH = 0.1;

@group(0) @binding(0) var<storage, read> list: array<u32>;
@group(0) @binding(1) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(2) var<storage, read> texels: array<vec2f>;
@group(0) @binding(3) var<storage, read> values: array<vec4f>; // of query_slope_vectors
@group(0) @binding(4) var<storage, read> open_bits: array<u32>;
@group(0) @binding(5) var<storage, read> frames: array<vec4f>;
@group(0) @binding(6) var<storage, read> vector_frames: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> normals: array<vec4f>;

#include "shared/steps.wgsl"

// n - A^-T n, A = I + E of these rows: what the normal loses where the surface is moved so.
fn tilt(normal: vec3f, x: vec3f, y: vec3f, z: vec3f) -> vec3f {
    let a = vec3f(1.0 + x.x, y.x, z.x); // columns of A
    let b = vec3f(x.y, 1.0 + y.y, z.y);
    let c = vec3f(x.z, y.z, 1.0 + z.z);
    let across = cross(b, c);
    let area = dot(a, across);
    if (area < LEAST_STRETCH) { // nearly a fold: the first order in E
        return normal.x * x + normal.y * y + normal.z * z;
    }
    let cofactors = across * normal.x + cross(c, a) * normal.y + cross(a, b) * normal.z;
    return normal - cofactors / area;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let pixel = list[1u + row];
    let normal = bitcast<vec3f>(gbuffer[3u * pixel + 2u].xyz);
    let face = gbuffer[3u * pixel].x - 1u;
    let widths = step_widths(open_steps(texels[pixel]));
    let along_u = (values[4u * row + 1u] - values[4u * row]).xyz / widths.x;
    let along_v = (values[4u * row + 3u] - values[4u * row + 2u]).xyz / widths.y;
    let u = frames[3u * face].xyz;
    let v = frames[3u * face + 1u].xyz;
    let at = 6u * face;
    let x = along_u.x * u + along_v.x * v - vector_frames[at].xyz;
    let y = along_u.y * u + along_v.y * v - vector_frames[at + 1u].xyz;
    let z = along_u.z * u + along_v.z * v - vector_frames[at + 2u].xyz;
    let to_x = vector_frames[at + 3u].xyz;
    let to_y = vector_frames[at + 4u].xyz;
    let to_z = vector_frames[at + 5u].xyz;
    let slope = tilt(
        normal, to_x.x * x + to_x.y * y + to_x.z * z, to_y.x * x + to_y.y * y + to_y.z * z,
        to_z.x * x + to_z.y * y + to_z.z * z
    );
    normals[pixel] = vec4f(tilted(normal, slope), 0.0);
}
