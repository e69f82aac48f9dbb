// The twin of phynes_core.render.visibility:Occluder.vertex_bits. A thread traces 32 directions of a listed vertex.

#include "shared/workgroups.wgsl"

struct Params {
    directions: u32,
    words: u32, // of 32 directions
    nodes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(2) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(3) var<storage, read> starts: array<vec4f>;
@group(0) @binding(4) var<storage, read> directions: array<vec4f>;
@group(0) @binding(5) var<storage, read> list: array<u32>;
@group(0) @binding(6) var<storage, read_write> bits: array<u32>; // [V][words], 1 = open

#include "shared/rays.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let vertex = list[1u + row];
    let origin = starts[2u * vertex].xyz;
    let normal = starts[2u * vertex + 1u].xyz;
    let first = 32u * workgroup.z;
    var word = 0u;
    for (var bit = 0u; bit < min(32u, params.directions - first); bit++) {
        let direction = directions[first + bit].xyz;
        if (dot(normal, direction) > 0.0 && !is_blocked(origin, direction, FAR, params.nodes)) {
            word |= 1u << bit;
        }
    }
    bits[vertex * params.words + workgroup.z] = word;
}
