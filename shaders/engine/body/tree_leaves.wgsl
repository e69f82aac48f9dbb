// The twin of phynes_core.kernels.cpu.bvh:refit_tree, first half. Triangles slot by slot, their boxes, those of 32 slots.

const BLOCK = 32u;

struct Params {
    count: u32, // slots: faces in the order of the leaves
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vertices: array<vec4f>;
@group(0) @binding(2) var<storage, read> faces: array<vec4u>;
@group(0) @binding(3) var<storage, read> face_order: array<u32>;
@group(0) @binding(4) var<storage, read_write> triangles: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> boxes: array<vec4f>; // two a slot
@group(0) @binding(6) var<storage, read_write> blocks: array<vec4f>; // two a block of slots

var<workgroup> lower: array<vec4f, 32>;
var<workgroup> upper: array<vec4f, 32>;

@compute @workgroup_size(32)
fn main(
    @builtin(global_invocation_id) id: vec3u,
    @builtin(workgroup_id) workgroup: vec3u,
    @builtin(local_invocation_index) own: u32,
) {
    let slot = min(id.x, params.count - 1u);
    let face = face_order[slot];
    let corners = faces[2u * face];
    let a = vertices[corners.x].xyz;
    let b = vertices[corners.y].xyz;
    let c = vertices[corners.z].xyz;
    lower[own] = vec4f(min(a, min(b, c)), 0.0);
    upper[own] = vec4f(max(a, max(b, c)), 0.0);
    if (id.x < params.count) {
        triangles[3u * slot] = vec4u(bitcast<vec3u>(a), face);
        triangles[3u * slot + 1u] = vec4u(bitcast<vec3u>(b - a), 0u);
        triangles[3u * slot + 2u] = vec4u(bitcast<vec3u>(c - a), 0u);
        boxes[2u * slot] = lower[own];
        boxes[2u * slot + 1u] = upper[own];
    }
    workgroupBarrier();
    if (own == 0u) {
        var low = lower[0];
        var high = upper[0];
        for (var other = 1u; other < BLOCK; other++) {
            low = min(low, lower[other]);
            high = max(high, upper[other]);
        }
        blocks[2u * workgroup.x] = low;
        blocks[2u * workgroup.x + 1u] = high;
    }
}
