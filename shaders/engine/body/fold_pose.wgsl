// The twin of phynes_core.maps.neural_map:NeuralMap._first_biases. One pose for all points joins the first layer's bias.

struct Params {
    inputs: u32, // numbers of the pose that the map sees
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pose_layer: array<f32>; // 64 biases, then 64 rows of weights
@group(0) @binding(2) var<storage, read> pose_vector: array<f32>;
@group(0) @binding(3) var<storage, read_write> first_bias: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) unit: u32) {
    var value = 0.0;
    for (var k = 0u; k < params.inputs; k++) {
        value += pose_layer[64u + unit * params.inputs + k] * pose_vector[k];
    }
    first_bias[unit] = value + pose_layer[unit];
}
