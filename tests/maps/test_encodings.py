"""The encoding: tiny-cuda-nn's layout, and a fast path equal to the specification."""

import math

import numpy as np
import pytest
import torch

from phynes_core.maps.encodings import (
    FrequencyEncoding,
    HashEncoding,
    HashEncodingConfig,
    _entry_index,
    encode_reference,
    level_table,
)
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig


def test_the_level_table_is_that_of_tiny_cuda_nn():
    """FORMATS section 6's worked table: 16 levels, scale 1.5, 2^19 entries, base 16."""
    config = HashEncodingConfig(log2_entries=19, finest_resolution=round(16 * 1.5**15))
    table = level_table(config)
    expected = [16, 24, 36, 54, 81, 122, 183, 274, 411, 616, 923, 1384, 2076, 3114, 4671, 7007]
    assert table.resolution.tolist() == expected
    assert table.offset[:11].tolist() == [0, 256, 832, 2128, 5048, 11616, 26504, 60000, 135080, 304008, 683464]
    assert np.diff(table.offset[10:]).tolist() == [524288] * 6
    assert table.offset[-1] == 3829192
    assert table.is_hashed.tolist() == [False] * 10 + [True] * 6


def test_hashed_entries_are_those_of_tiny_cuda_nn():
    """FORMATS section 6's worked indices, modulo 2^19."""
    vertices = torch.tensor([[5, 7], [1000, 2000], [2075, 1]])
    levels = level_table(HashEncodingConfig(log2_entries=19, finest_resolution=round(16 * 1.5**15)))
    assert levels.resolution[12] == 2076 and levels.is_hashed[12]
    assert (_entry_index(vertices, levels, 12) % 2**19).tolist() == [283602, 439608, 487850]


def test_a_grid_vertex_returns_its_own_entry():
    """At scale x + 0.5 = k the interpolation weight of vertex k is one."""
    encoding = HashEncoding(HashEncodingConfig(num_levels=1, base_resolution=16))
    with torch.no_grad():
        encoding.grid.normal_()
    scale, resolution = float(encoding.table.scale[0]), int(encoding.table.resolution[0])
    uv = torch.tensor([[(3 - 0.5) / scale, (7 - 0.5) / scale]])
    torch.testing.assert_close(encoding(uv), encoding.grid[3 + 7 * resolution][None], atol=1e-5, rtol=0)


@pytest.mark.parametrize("num_features", [1, 2, 4])
def test_the_fast_path_equals_the_specification(num_features):
    """Values and gradients on random positions, edges of the square included. Measured: 1.3e-4 and 2e-5."""
    torch.manual_seed(0)
    encoding = HashEncoding(HashEncodingConfig(num_features=num_features, log2_entries=12))
    with torch.no_grad():
        encoding.grid.normal_()
    uv = torch.rand(3000, 2, generator=torch.Generator().manual_seed(0))
    uv[:4] = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    weights = torch.randn(3000, encoding.config.output_width)

    fast = encoding(uv, "numba")
    (fast_gradient,) = torch.autograd.grad((fast * weights).sum(), encoding.grid)
    reference = encode_reference(uv, encoding.grid, encoding.table)
    (reference_gradient,) = torch.autograd.grad((reference * weights).sum(), encoding.grid)

    # the kernel fuses scale * x + 0.5, the reference rounds twice: 2^-14 of a cell at resolution 1024, times the
    # step between neighboring entries, which reaches 8 for normal values
    torch.testing.assert_close(fast, reference, atol=1e-3, rtol=0)
    torch.testing.assert_close(fast_gradient, reference_gradient, atol=5e-3, rtol=1e-3)


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
