"""A neural map whose every parameter matters, for tests of the kernels that ask it."""

import torch

from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig


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
