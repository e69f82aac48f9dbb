"""The fused neural map against the plain torch one, and its activations against float64."""

import numpy as np
import pytest
import torch
from numba import njit

from phynes_core.kernels.cpu import compiler  # noqa: F401  first: it configures numba
from phynes_core.kernels.cpu.neural_map import softplus
from phynes_core.kernels.cpu.vector_tiles import PANEL, ROWS, relu_tile, sigmoid_tile, softplus_constants, softplus_tile
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.neural_map import PoseBatch, softplus_reference
from tests.random_map import SHAPES as MAP_SHAPES
from tests.random_map import random_map

SHAPES = MAP_SHAPES | {
    "odd sizes": {
        "output_channels": 5, "num_layers": 4, "hidden_width": 22, "activation": "relu",
        "encoding": HashEncodingConfig(num_levels=3, finest_resolution=100),
    },
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("num_points", [1, PANEL, 40 * PANEL + 7])
def test_fused_queries_are_as_exact_as_the_reference(shape, num_points):
    """Both are some 1e-5 from float64, for they round the place in a cell of the finest level.

    How near they come to each other depends on the map, which torch draws differently on another processor. Measured
    over 40 maps of each shape: 0.76 to 1.05 times torch's own error, which is 2e-6 to 4e-5 of values around 1.
    """
    network, uv = random_map(**shape), torch.rand(num_points, 2)
    pose = torch.randn(network.config.pose_dim)
    with torch.no_grad():
        fused, reference = network(uv, pose, "numba"), network(uv, pose, "reference")
        exact = network.double()(uv.double(), pose.double(), "reference")
    off, own = (float((values - exact).abs().max()) for values in (fused, reference))
    assert off < 1.3 * own + 2e-6 < 1e-4
    assert num_points == 1 or reference.std() > 1e-3


def test_points_on_and_beyond_the_border_equal_the_reference():
    """Corners past the last entry of a level wrap."""
    network = random_map(**SHAPES["albedo"])
    uv = torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.001, 0.999], [-0.001, 0.5]])
    with torch.no_grad():
        fused, reference = (network(uv, torch.zeros(72), backend) for backend in ("numba", "reference"))
    torch.testing.assert_close(fused, reference, atol=5e-6, rtol=5e-6)


def test_no_points_give_no_values():
    with torch.no_grad():
        assert random_map(**SHAPES["albedo"])(torch.empty(0, 2), torch.zeros(72)).shape == (0, 3)


def test_a_parameter_changed_in_place_is_seen_at_once():
    """Nothing that was packed for an earlier query is used again."""
    network, uv, pose = random_map(**SHAPES["offset"]), torch.rand(50, 2), torch.zeros(72)
    with torch.no_grad():
        before = network(uv, pose, "numba")
        network.hidden[1].weight.mul_(0.5)
        network.encoding.grid.mul_(0.5)
        after = network(uv, pose, "numba")
    assert (after - before).abs().max() > 1e-3


def test_gradients_and_several_poses_can_be_asked_for():
    """Kernels of one pose do not serve them."""
    network, uv = random_map(**SHAPES["albedo"]), torch.rand(30, 2)
    assert network(uv, torch.zeros(72), "numba").requires_grad
    poses = PoseBatch(torch.randn(2, 72), torch.arange(30) % 2)
    with torch.no_grad():
        together, alone = network(uv, poses, "numba"), network(uv[::2], poses.poses[0], "numba")
    torch.testing.assert_close(together[::2], alone, atol=5e-6, rtol=5e-6)


@njit
def _activated(values, out, constants):
    weights, biases = np.zeros(ROWS, np.float32), np.zeros(ROWS, np.float32)
    weights[:] = 1
    softplus_tile(values, 0, weights, 0, biases, 0, out[0], 0, 1, constants)
    sigmoid_tile(values, 0, weights, 0, biases, 0, out[1], 0, 1)
    relu_tile(values, 0, weights, 0, biases, 0, out[2], 0, 1)


@pytest.mark.parametrize("beta", [100.0, 7.0])
def test_activations_are_exact_to_rounding_and_keep_what_is_not_a_number(beta):
    """Measured: 1.5e-8 + rounding for softplus of beta 100, 2e-7 for the sigmoid."""
    places = np.concatenate([np.linspace(-0.3, 0.3, 2000), [-1e30, -90.0, -1.0, 0.0, 1.0, 17.0, 1e30, np.nan]])
    for start in range(0, len(places), PANEL):
        values = np.zeros(PANEL, np.float32)
        part = places[start : start + PANEL].astype(np.float32)
        values[: len(part)] = part
        out = np.empty((3, ROWS * PANEL), np.float32)
        _activated(values, out, softplus_constants(beta))
        exact = values.astype(np.float64)
        with np.errstate(over="ignore"):
            softplus = np.maximum(exact, 0) + np.log1p(np.exp(-beta * np.abs(exact))) / beta
            sigmoid = 1 / (1 + np.exp(-exact))
        relu = np.where(exact < 0, 0, exact)
        for got, expected, tolerance in zip(out, (softplus, sigmoid, relu), (2e-5 / beta, 2e-7, 2e-7), strict=True):
            for row in got.reshape(ROWS, PANEL):
                np.testing.assert_allclose(row, expected, rtol=2e-7, atol=tolerance)


def test_softplus_for_training_equals_torch_forward_and_backward():
    """Against float64, over a few rows that fill no panel: values within 2e-8, slopes within 7e-6."""
    torch.manual_seed(0)
    values = torch.cat([torch.randn(37, 64) * 0.05, torch.tensor([[-3.0, -0.2, 0.0, 0.2, 3.0] + [0.01] * 59])])
    fast, exact = values.clone().requires_grad_(True), values.double().requires_grad_(True)
    weights = torch.randn(values.shape)
    result = softplus(fast, 100.0)
    result.backward(weights)
    reference = softplus_reference(exact, 100.0)
    reference.backward(weights.double())
    torch.testing.assert_close(result.double(), reference, atol=1e-7, rtol=1e-6)
    torch.testing.assert_close(fast.grad.double(), exact.grad, atol=2e-5, rtol=1e-5)


def test_a_map_trains_alike_on_either_backend():
    """Gradients of every parameter, of a loss over a batch of poses."""
    network, uv = random_map(**SHAPES["offset"]), torch.rand(200, 2)
    poses = PoseBatch(0.1 * torch.randn(3, 72), torch.arange(200) % 3)
    gradients = []
    for backend in ("numba", "reference"):
        network.zero_grad()
        network(uv, poses, backend).square().sum().backward()
        gradients.append({name: parameter.grad.clone() for name, parameter in network.named_parameters()})
    for name, gradient in gradients[0].items():
        expected = gradients[1][name]
        torch.testing.assert_close(gradient, expected, atol=1e-4 * float(expected.abs().max()), rtol=1e-3)
