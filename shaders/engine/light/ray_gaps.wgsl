// The twin of phynes_core.render.ray_starts:vertex_starts, its rays. What stands over each vertex.

struct Params {
    count: u32,
    nodes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(2) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(3) var<storage, read> vertices: array<vec4f>;
@group(0) @binding(4) var<storage, read> normals: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gaps: array<vec2f>; // how far rays start over it; 1: inside the mesh

#include "shared/rays.wgsl"
#include "shared/brdf.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.count) {
        return;
    }
    let normal = normals[id.x].xyz;
    let hit = nearest_hit(vertices[id.x].xyz + SKIN_M * normal, normal, FAR, params.nodes);
    gaps[id.x] = vec2f(OFFSET_M, 0.0);
    if (hit.distance >= FAR) {
        return;
    }
    let gap = SKIN_M + hit.distance;
    let ab = bitcast<vec3f>(triangles[3u * hit.slot + 1u].xyz);
    let ac = bitcast<vec3f>(triangles[3u * hit.slot + 2u].xyz);
    let is_back = dot(cross(ab, ac), normal) > 0.0;
    let offset = select(0.5 * gap, OFFSET_M, is_back || gap >= OFFSET_M);
    gaps[id.x] = vec2f(offset, select(0.0, 1.0, is_back && gap >= OFFSET_M));
}
