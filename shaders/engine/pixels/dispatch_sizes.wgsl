// The twin of phynes_core.frame.pixels:AvatarPixels.ask, which takes the rows that there are. Workgroups for a list.

struct Params {
    per: vec4u, // rows that a workgroup takes, of each of four kinds of passes
    depth: u32, // of the last one
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read_write> sizes: array<u32>;

const LONGEST_ROW = 65535u;

@compute @workgroup_size(1)
fn main() {
    for (var kind = 0u; kind < 4u; kind++) {
        let count = (list[0] + params.per[kind] - 1u) / params.per[kind];
        sizes[4u * kind] = min(count, LONGEST_ROW);
        sizes[4u * kind + 1u] = (count + LONGEST_ROW - 1u) / LONGEST_ROW;
        sizes[4u * kind + 2u] = select(1u, params.depth, kind == 3u);
    }
}
