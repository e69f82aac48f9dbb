"""The numba encoding against its definition in float64 and against finite differences."""

import numpy as np
import pytest

from phynes_core.kernels.cpu.hash_encoding import encode_backward, encode_forward, hashed_entry
from phynes_core.kernels.surface_interfaces import HashLevels

PRIME = 2654435761


def levels(resolutions, log2_entries):
    """Tables of levels with these vertex counts a side."""
    resolution = np.array(resolutions, np.uint32)
    dense = resolution.astype(np.int64) ** 2
    entries = np.minimum((dense + 7) // 8 * 8, 1 << log2_entries)
    offset = np.concatenate([[0], np.cumsum(entries)])
    scale = (resolution - 1.25).astype(np.float32)
    return HashLevels(scale, resolution, offset, entries < dense, PRIME, int(resolution[0]), 1.0, log2_entries)


def encode_definition(uv, grid, table):
    """Literal, float64 weights, one corner at a time."""
    scale, resolution, offset, is_hashed = table.scale, table.resolution, table.offset, table.is_hashed
    features = []
    for level in range(len(scale)):
        num_entries = offset[level + 1] - offset[level]
        position = uv.astype(np.float64) * scale[level] + 0.5
        cell = np.floor(position).astype(np.int64)
        share = position - np.floor(position)
        value = 0
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            x, y = (cell[:, 0] + dx) % 2**32, (cell[:, 1] + dy) % 2**32
            index = x ^ (y * PRIME % 2**32) if is_hashed[level] else (x + y * int(resolution[level])) % 2**32
            weight = np.where(dx, share[:, 0], 1 - share[:, 0]) * np.where(dy, share[:, 1], 1 - share[:, 1])
            value = value + weight[:, None] * grid[offset[level] + index % num_entries]
        features.append(value)
    return np.concatenate(features, 1)


@pytest.mark.parametrize("num_features", [1, 2, 4])
def test_values_equal_the_definition(num_features):
    """Dense and hashed levels, borders of the square and points outside of it. Measured: 4e-5 (scale x is rounded)."""
    rng = np.random.default_rng(0)
    table = levels([5, 9, 40, 200], 10)
    grid = rng.normal(size=(table.offset[-1], num_features)).astype(np.float32)
    uv = rng.random((2000, 2)).astype(np.float32)
    uv[:6] = [[0, 0], [1, 1], [0, 1], [1, 0], [-0.3, 0.4], [1.2, -0.7]]
    assert table.is_hashed.tolist() == [False, False, True, True]
    np.testing.assert_allclose(encode_forward(uv, grid, table), encode_definition(uv, grid, table), atol=2e-4)


def test_hashed_entries_are_those_of_tiny_cuda_nn():
    """Worked values modulo 2^19 that were derived by hand from its source."""
    entries = np.int32(2**19)
    vertices = [(5, 7), (1000, 2000), (2075, 1)]
    found = [hashed_entry(np.int32(x), np.int32(y), entries, np.uint32(PRIME)) for x, y in vertices]
    assert found == [283602, 439608, 487850]


def test_the_gradient_equals_finite_differences():
    """The encoding is linear in the grid, so one step measures the slope but for rounding: 6e-8 measured."""
    rng = np.random.default_rng(1)
    table = levels([4, 30], 7)
    grid = rng.normal(size=(table.offset[-1], 2)).astype(np.float32)
    uv = rng.random((50, 2)).astype(np.float32)
    outgoing = rng.normal(size=(50, 4)).astype(np.float32)
    gradient = encode_backward(uv, outgoing, table, len(grid))
    for entry in rng.integers(0, len(grid), 20):
        for feature in range(2):
            stepped = grid.copy()
            stepped[entry, feature] += 1
            slope = ((encode_forward(uv, stepped, table) - encode_forward(uv, grid, table)) * outgoing).sum()
            assert gradient[entry, feature] == pytest.approx(slope, abs=1e-5)


def test_the_gradient_is_the_transpose_of_the_encoding():
    """<encode(g), o> = <g, backward(o)> for any g and o. Measured: 2e-8 relative."""
    rng = np.random.default_rng(2)
    table = levels([5, 17, 300], 11)
    grid = rng.normal(size=(table.offset[-1], 2)).astype(np.float32)
    uv = rng.random((3000, 2)).astype(np.float32)
    outgoing = rng.normal(size=(3000, 6)).astype(np.float32)
    forward = (encode_forward(uv, grid, table).astype(np.float64) * outgoing).sum()
    backward = (encode_backward(uv, outgoing, table, len(grid)).astype(np.float64) * grid).sum()
    assert forward == pytest.approx(backward, rel=1e-6)


def test_no_points_encode_to_no_rows():
    table = levels([5], 10)
    assert encode_forward(np.zeros((0, 2), np.float32), np.zeros((32, 2), np.float32), table).shape == (0, 2)
