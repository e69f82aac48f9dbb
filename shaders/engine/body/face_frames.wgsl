// The twin of phynes_core.render.detail_normals:face_frames. Gradients of u, v and the offset over each face.

const SMALLEST_AREA = 1.0e-10;

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vertices: array<vec4f>; // w: the offset
@group(0) @binding(2) var<storage, read> faces: array<vec4u>;
@group(0) @binding(3) var<storage, read> corner_uv: array<vec2f>; // three a face
@group(0) @binding(4) var<storage, read_write> frames: array<vec4f>; // three a face: of u, of v, of the offset

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
    let along = b.xyz - a.xyz;
    let across = c.xyz - a.xyz;
    let twice = cross(along, across);
    let square = dot(twice, twice);
    let least = 4.0 * SMALLEST_AREA * SMALLEST_AREA;
    let normal = select(vec3f(0.0), twice / max(square, least), square > least);
    let first = cross(across, normal);
    let second = cross(normal, along);
    let uv = corner_uv[3u * face];
    let by_first = corner_uv[3u * face + 1u] - uv;
    let by_second = corner_uv[3u * face + 2u] - uv;
    frames[3u * face] = vec4f(by_first.x * first + by_second.x * second, 0.0);
    frames[3u * face + 1u] = vec4f(by_first.y * first + by_second.y * second, 0.0);
    frames[3u * face + 2u] = vec4f((b.w - a.w) * first + (c.w - a.w) * second, 0.0);
}
