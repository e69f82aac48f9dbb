// The twin of phynes_core.render.detail_normals:face_frames. Gradients of u, v and the offset over each face.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vertices: array<vec4f>; // w: the offset
@group(0) @binding(2) var<storage, read> faces: array<vec4u>;
@group(0) @binding(3) var<storage, read> corner_uv: array<vec2f>; // three a face
@group(0) @binding(4) var<storage, read_write> frames: array<vec4f>; // three a face: of u, of v, of the offset

#include "shared/face_plane.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let face = id.x;
    if (face >= params.count) {
        return;
    }
    let corners = faces[2u * face];
    let a = vertices[corners.x];
    let b = vertices[corners.y];
    let c = vertices[corners.z];
    let plane = plane_of(a.xyz, b.xyz, c.xyz);
    let uv = corner_uv[3u * face];
    let by_first = corner_uv[3u * face + 1u] - uv;
    let by_second = corner_uv[3u * face + 2u] - uv;
    frames[3u * face] = vec4f(by_first.x * plane.first + by_second.x * plane.second, 0.0);
    frames[3u * face + 1u] = vec4f(by_first.y * plane.first + by_second.y * plane.second, 0.0);
    frames[3u * face + 2u] = vec4f((b.w - a.w) * plane.first + (c.w - a.w) * plane.second, 0.0);
}
