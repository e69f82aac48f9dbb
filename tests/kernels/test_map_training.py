"""A neural map with its gradients as one kernel, against torch in float64."""

import pytest
import torch

from phynes_core.kernels.cpu import compiler  # noqa: F401  first: it configures numba
from phynes_core.kernels.cpu.map_training import train_query
from phynes_core.kernels.cpu.vector_tiles import PANEL
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.neural_map import NeuralMap, PoseBatch
from tests.random_map import SHAPES as MAP_SHAPES
from tests.random_map import random_map

SHAPES = MAP_SHAPES | {
    "vectors": {"output_channels": 3, "num_layers": 3, "residual_output": True, "output_scale": 0.1},
    "odd sizes": {
        "output_channels": 5, "num_layers": 4, "hidden_width": 22, "activation": "relu",
        "encoding": HashEncodingConfig(num_levels=3, num_features=1, finest_resolution=100),
    },
}  # fmt: skip


def _gradients(network: NeuralMap, uv, pose, slope, backend: str) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    network.zero_grad()
    values = network(uv, pose, backend)
    (values * slope).sum().backward()
    return values.detach(), {name: value.grad.clone() for name, value in network.named_parameters()}


def _places(count: int) -> torch.Tensor:
    """Away from the sides of the finest cells, in which float32 and float64 may not agree."""
    return (torch.randint(0, 256, (count, 2)) + 0.1 + 0.8 * torch.rand(count, 2)) / 257.0


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("num_points", [1, 3 * PANEL, 20 * PANEL + 7])
def test_values_and_gradients_are_as_exact_as_torchs(shape, num_points):
    """Relative to the largest number of each tensor.

    Measured over 20 maps of each shape: at most 2.1 times torch's own error in float32, which is 2e-7 to 3e-4, for both
    round the place in a cell and, by relu, the side on which an activation lies.
    """
    network = random_map(**shape)
    uv, slope = _places(num_points), torch.randn(num_points, network.config.output_channels)
    index = torch.arange(num_points) // 5 % 4
    index[: 2 * PANEL] = 1  # panels of one pose, and mixed ones
    pose = PoseBatch(torch.randn(4, network.config.pose_dim), index)
    values, ours = _gradients(network, uv, pose, slope, "numba")
    values_32, theirs = _gradients(network, uv, pose, slope, "reference")
    network.double()
    pose = PoseBatch(pose.poses.double(), index)
    exact_values, exact = _gradients(network, uv.double(), pose, slope.double(), "reference")
    assert (values - exact_values).abs().max() < 2.0 * (values_32 - exact_values).abs().max() + 2e-6
    for name, truth in exact.items():
        size = truth.abs().max() + 1e-12
        off, own = ((grad[name] - truth).abs().max() / size for grad in (ours, theirs))
        assert off < 4.0 * own + 1e-5 < 1e-2, name


@pytest.mark.parametrize("shape", [SHAPES["offset"], SHAPES["texture"]], ids=["offset", "texture"])
def test_one_pose_and_its_batch_have_the_same_gradients(shape):
    network, uv, slope = random_map(**shape), _places(300), torch.randn(300, shape["output_channels"])
    pose = torch.randn(72)
    values, one = _gradients(network, uv, pose, slope, "numba")
    again, batch = _gradients(network, uv, PoseBatch(pose[None], torch.zeros(300).long()), slope, "numba")
    assert torch.equal(values, again)
    assert all(torch.equal(one[name], batch[name]) for name in one)


def test_results_do_not_depend_on_the_number_of_threads():
    import numba

    network, uv = random_map(**SHAPES["albedo"]), torch.rand(5000, 2)
    pose, slope = torch.randn(72), torch.randn(5000, 3)
    most, results = numba.get_num_threads(), []
    for threads in {1, most}:
        numba.set_num_threads(threads)
        results.append(_gradients(network, uv, pose, slope, "numba"))
    numba.set_num_threads(most)
    for values, grads in results[1:]:
        assert torch.equal(values, results[0][0])
        assert all(torch.equal(grads[name], results[0][1][name]) for name in grads)


def test_layers_that_are_held_get_no_gradient():
    network = random_map(**SHAPES["offset"])
    for name, value in network.named_parameters():
        value.requires_grad_(name == "encoding.grid")
    network(torch.rand(100, 2), torch.randn(72), "numba").sum().backward()
    assert network.encoding.grid.grad is not None and network.encoding.grid.grad.abs().max() > 0
    assert all(value.grad is None for name, value in network.named_parameters() if name != "encoding.grid")


def test_no_points_give_no_values_and_no_gradients():
    network = random_map(**SHAPES["albedo"])
    values = train_query(
        torch.empty(0, 2), None, network.encoding.grid, network.encoding.table, network.hidden[0].bias[None],
        network._layers(),
    )  # fmt: skip
    values.sum().backward()
    assert values.shape == (0, 3)
    assert not network.head.weight.grad.any()
