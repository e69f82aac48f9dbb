// The twin of phynes_core.avatar.avatar:Avatar.vertex_offsets, its queries, where offsets are vectors.

#include "shared/vertex_queries.wgsl"

@group(0) @binding(6) var<storage, read_write> values: array<vec4f>;

fn put(at: u32, value: vec4f) {
    values[at] = value;
}
