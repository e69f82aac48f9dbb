"""The plain input of the ablation, against values worked out by hand."""

import math

import pytest
import torch

from phynes_core.maps.frequency_encoding import FrequencyEncoding
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig


def test_octaves_of_one_point():
    features = FrequencyEncoding(2)(torch.tensor([[0.25, 0.5]]))
    root = math.sqrt(0.5)
    expected = [0.25, 0.5, root, 1.0, root, 0.0, 1.0, 0.0, 0.0, -1.0]
    assert torch.allclose(features, torch.tensor([expected]), atol=1e-6)
    assert FrequencyEncoding(2).output_width == len(expected)


def test_a_plain_map_has_no_grid_and_answers():
    network = NeuralMap(NeuralMapConfig(3, num_layers=5, hidden_width=32, frequency_octaves=10))
    assert not any("grid" in name for name, _ in network.named_parameters())
    uv = torch.rand(5000, 2)  # more than one chunk of the threaded query
    with torch.no_grad():
        values = network(uv, torch.zeros(72))
    assert torch.allclose(values, network(uv, torch.zeros(72)), atol=1e-5)
    assert values.std() > 0


@pytest.mark.parametrize("octaves", [-1, 40])
def test_impossible_octaves_are_refused(octaves):
    with pytest.raises(ValueError, match="frequency_octaves"):
        NeuralMapConfig(3, num_layers=2, frequency_octaves=octaves)
