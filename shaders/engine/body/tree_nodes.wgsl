// The twin of phynes_core.kernels.cpu.bvh:refit_tree, second half. A node's box is that of the slots below it.
//
// Every node covers neighboring slots, so that no node has to wait for its children: whole blocks of 32 slots, and
// single slots before and behind them.

const BLOCK = 32u;

struct Params {
    count: u32, // nodes
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tree: array<vec4u>; // next node when missed, leaf or 0, first slot, end
@group(0) @binding(2) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(3) var<storage, read> blocks: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> nodes: array<vec4u>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.count) {
        return;
    }
    let node = tree[id.x];
    var low = boxes[2u * node.z];
    var high = boxes[2u * node.z + 1u];
    var slot = node.z;
    while (slot < node.w) {
        if (slot % BLOCK == 0u && slot + BLOCK <= node.w) {
            low = min(low, blocks[slot / BLOCK * 2u]);
            high = max(high, blocks[slot / BLOCK * 2u + 1u]);
            slot += BLOCK;
        } else {
            low = min(low, boxes[2u * slot]);
            high = max(high, boxes[2u * slot + 1u]);
            slot++;
        }
    }
    nodes[2u * id.x] = vec4u(bitcast<vec3u>(low.xyz), node.x);
    nodes[2u * id.x + 1u] = vec4u(bitcast<vec3u>(high.xyz), node.y);
}
