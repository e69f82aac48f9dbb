// The twin of phynes_core.avatar.avatar:Avatar.vertex_offsets. The offset map at every texel coordinate of the mesh.

#include "shared/vertex_queries.wgsl"

@group(0) @binding(6) var<storage, read_write> values: array<f32>;

fn put(at: u32, value: vec4f) {
    values[at] = value.x;
}
