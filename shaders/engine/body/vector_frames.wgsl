// The twin of phynes_core.render.detail_normals:face_frames, where offsets are vectors: their gradients, and the blend.

struct Params {
    count: u32, // faces of this body
    first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vertices: array<vec4f>;
@group(0) @binding(2) var<storage, read> faces: array<vec4u>;
@group(0) @binding(3) var<storage, read> carried: array<vec4f>; // of displace_vectors.wgsl
@group(0) @binding(4) var<storage, read_write> vector_frames: array<vec4f>; // six a face: gradients of x, y, z; rows of
//                                                                             the mean of what carries the corners

#include "shared/face_plane.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.count) {
        return;
    }
    let face = params.first + id.x;
    let corners = faces[2u * face].xyz;
    let plane = plane_of(vertices[corners.x].xyz, vertices[corners.y].xyz, vertices[corners.z].xyz);
    let offset = carried[4u * corners.x].xyz;
    let by_first = carried[4u * corners.y].xyz - offset;
    let by_second = carried[4u * corners.z].xyz - offset;
    for (var axis = 0u; axis < 3u; axis++) {
        let gradient = by_first[axis] * plane.first + by_second[axis] * plane.second;
        let at = 4u * corners + 1u + axis;
        vector_frames[6u * face + axis] = vec4f(gradient, 0.0);
        vector_frames[6u * face + 3u + axis] = (carried[at.x] + carried[at.y] + carried[at.z]) / 3.0;
    }
}
