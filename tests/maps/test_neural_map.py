"""Maps: the pose, chunking and initial values."""

import pytest
import torch

from phynes_core.avatar.avatar import OFFSET_MAP, ROUGHNESS_MAP
from phynes_core.maps.neural_map import QUERY_CHUNK, NeuralMap, NeuralMapConfig, PoseBatch


def _config(**changes) -> NeuralMapConfig:
    return NeuralMapConfig(**{"output_channels": 3, "num_layers": 4, **changes})


def test_offsets_start_at_exactly_zero():
    """The residual output is zero-initialized: training starts on the bare body."""
    assert not NeuralMap(OFFSET_MAP)(torch.rand(50, 2), torch.randn(72)).any()


def test_a_batch_of_poses_equals_one_pose_at_a_time():
    """Row i sees poses[index[i]]."""
    network, uv, poses = NeuralMap(_config()), torch.rand(40, 2), torch.randn(3, 72)
    index = torch.randint(0, 3, (40,))
    together = network(uv, PoseBatch(poses, index))
    for number in range(3):
        rows = index == number
        torch.testing.assert_close(together[rows], network(uv[rows], poses[number]), atol=1e-5, rtol=1e-5)


def test_the_pose_matters_only_to_maps_that_take_it():
    """pose_dim 0 ignores it."""
    uv = torch.rand(10, 2)
    for pose_dim, depends in ((72, True), (0, False)):
        network = NeuralMap(_config(pose_dim=pose_dim))
        assert (not torch.equal(network(uv, torch.zeros(72)), network(uv, torch.ones(72)))) == depends


def test_queries_in_chunks_equal_one_query():
    """Chunking is for the cache only, with one pose and with several."""
    network = NeuralMap(_config(output="sigmoid", activation="relu"))
    uv, poses = torch.rand(2 * QUERY_CHUNK + 17, 2), torch.randn(2, 72)
    for pose in (poses[0], PoseBatch(poses, torch.randint(0, 2, (uv.shape[0],)))):
        with torch.no_grad():
            chunked = network(uv, pose)
        torch.testing.assert_close(chunked, network(uv, pose), atol=1e-6, rtol=1e-5)


def test_roughness_never_leaves_its_range():
    """Between the smallest roughness that the BRDF can hold and 1."""
    network = NeuralMap(ROUGHNESS_MAP)
    with torch.no_grad():
        network.head.weight.mul_(1e3)
    values = network(torch.rand(1000, 2), torch.zeros(72))
    assert values.min() >= 0.05 - 1e-6 and values.max() <= 1.0


def test_gradients_reach_the_grid_the_layers_and_the_pose():
    """Everything that training moves."""
    network, pose = NeuralMap(_config()), torch.randn(72, requires_grad=True)
    network(torch.rand(20, 2), pose).square().sum().backward()
    assert pose.grad is not None and pose.grad.abs().max() > 0
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in network.parameters())


@pytest.mark.parametrize(("changes", "word"), [({"activation": "tanh"}, "softplus"), ({"num_layers": 1}, "at least 2")])
def test_wrong_settings_are_refused(changes, word):
    """The message says what is allowed."""
    with pytest.raises(ValueError, match=word):
        _config(**changes)


def test_a_wrong_pose_vector_is_refused():
    """Expected and found sizes are named."""
    with pytest.raises(ValueError, match="72"):
        NeuralMap(_config())(torch.rand(4, 2), torch.zeros(69))


def test_mixed_precision_gives_single_precision_values_and_gradients():
    """Measured: 1e-3 of values around one half."""
    torch.manual_seed(0)
    network = NeuralMap(NeuralMapConfig(3, num_layers=5, output="sigmoid"))
    uv, pose = torch.rand(64, 2), torch.randn(72)
    exact = network(uv, pose)
    with torch.autocast("cpu", torch.bfloat16):
        rough = network(uv, pose)
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).abs().max() < 2e-2
    rough.sum().backward()
    assert network.encoding.grid.grad.dtype == torch.float32
