// The twin of phynes_core.avatar.avatar:Avatar.offset_gradient, its queries. The offset map a cell to each side.

#include "shared/slope_queries.wgsl"

@group(0) @binding(7) var<storage, read_write> values: array<f32>;

fn put(at: u32, value: vec4f) {
    values[at] = value.x;
}
