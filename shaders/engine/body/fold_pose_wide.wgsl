// The twin of phynes_core.maps.neural_map:NeuralMap._first_biases, for layers of any width.

struct Params {
    inputs: u32, // numbers of the pose that the map sees
    width: u32, // units
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pose_layer: array<f32>; // biases, then rows of weights
@group(0) @binding(2) var<storage, read> pose_vector: array<f32>;
@group(0) @binding(3) var<storage, read_write> first_bias: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width) {
        return;
    }
    var value = 0.0;
    for (var k = 0u; k < params.inputs; k++) {
        value += pose_layer[params.width + id.x * params.inputs + k] * pose_vector[k];
    }
    first_bias[id.x] = value + pose_layer[id.x];
}
