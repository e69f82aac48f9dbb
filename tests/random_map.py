"""A neural map whose every parameter matters, for tests of the kernels that ask it."""

import torch

from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig

SHAPES = {
    "offset": {"output_channels": 1, "num_layers": 3, "residual_output": True, "output_scale": 0.1},
    "albedo": {"output_channels": 3, "num_layers": 5, "output": "sigmoid"},
    "texture": {"output_channels": 3, "num_layers": 5, "output": "sigmoid", "activation": "relu"},
    "without pose": {"output_channels": 1, "num_layers": 2, "pose_dim": 0, "output_offset": 0.5},
}


def random_map(**shape) -> NeuralMap:
    """Always the same one for a shape (NeuralMapConfig's fields)."""
    torch.manual_seed(0)
    network = NeuralMap(NeuralMapConfig(**shape))
    with torch.no_grad():
        network.encoding.grid.normal_(std=0.3)
        for layer in [*network.hidden, network.head]:
            layer.bias.normal_(std=0.1)
        network.head.weight.normal_(std=0.2)
        if network.pose is not None:
            network.pose.weight.mul_(0.1)
    return network
