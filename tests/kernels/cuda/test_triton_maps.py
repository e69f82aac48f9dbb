"""The fused Triton map, in Triton's interpreter, against the plain torch one."""

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint, resolve_avatar_path
from phynes_core.kernels import registry
from phynes_core.maps import neural_map
from phynes_core.maps.encodings import HashEncodingConfig
from tests.random_map import random_map

pytest.importorskip("triton")
from phynes_core.kernels.cuda.triton_maps import packed_map

SMALL = HashEncodingConfig(num_levels=10, log2_entries=10, finest_resolution=200)  # 20 columns, padded to 32
SHAPES = {
    "offset": {"encoding": SMALL, "output_channels": 1, "num_layers": 3, "residual_output": True, "output_scale": 0.1},
    "albedo": {"encoding": SMALL, "output_channels": 3, "num_layers": 5, "output": "sigmoid"},
    "texture": {"encoding": SMALL, "output_channels": 3, "num_layers": 4, "output": "sigmoid", "activation": "relu"},
    "narrow": {
        "encoding": SMALL, "output_channels": 2, "num_layers": 2, "pose_dim": 0, "hidden_width": 16,
        "output_offset": 0.5,
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def on_triton(monkeypatch):
    """As on a CUDA device, wherever the reference is not asked for."""
    load = registry.Op.load
    monkeypatch.setattr(neural_map, "resolve", lambda op, backend, device: "triton" if backend == "auto" else backend)
    monkeypatch.setattr(registry.Op, "load", lambda op, backend, device: load(op, backend, "cuda"))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@torch.no_grad()
def test_fused_queries_equal_the_reference(shape):
    """A last block that is not full. Measured: lengths within 2e-7 m, colors, in 16 bits, within 1.5e-3."""
    network, uv = random_map(**shape), torch.rand(150, 2)
    pose = torch.randn(network.config.pose_dim)
    fused, reference = network(uv, pose), network(uv, pose, "reference")
    tolerance = 4e-3 if network.config.output == "sigmoid" else 1e-5
    torch.testing.assert_close(fused, reference, atol=tolerance, rtol=tolerance)
    assert reference.std() > 1e-3


@torch.no_grad()
def test_rows_beyond_the_count_are_not_asked_for():
    network, uv, pose = random_map(**SHAPES["offset"]), torch.rand(200, 2), torch.zeros(72)
    some = network(uv, pose, count=torch.tensor([70], dtype=torch.int32))
    assert torch.equal(some[:70], network(uv, pose)[:70]) and not some[70:].any()


@torch.no_grad()
def test_parameters_that_change_are_packed_anew_and_others_are_kept():
    network, uv, pose = random_map(**SHAPES["albedo"]), torch.rand(40, 2), torch.zeros(72)
    parameters = network.encoding.grid, network.encoding.table, network._layers()
    before, packed = network(uv, pose), packed_map(*parameters)
    assert packed_map(*parameters) is packed
    network.hidden[1].weight.mul_(0.5)
    assert (network(uv, pose) - before).abs().max() > 1e-3
    torch.testing.assert_close(network(uv, pose), network(uv, pose, "reference"), atol=4e-3, rtol=0)


@torch.no_grad()
def test_normals_of_an_avatar_follow_the_fused_map():
    """Differences over a thousandth of the square: slopes of josh's offset map. Measured: 5e-4 of their size."""
    avatar = load_checkpoint(resolve_avatar_path("josh.ckpt"))
    pose = avatar.training_poses[0]
    uv = avatar.body.uv[avatar.body.uv_faces[::600]].mean(1)
    fused, reference = avatar.offset_gradient(uv, pose), avatar.offset_gradient(uv, pose, "reference")
    assert (fused - reference).norm() < 0.01 * reference.norm()


@torch.no_grad()
def test_materials_of_an_avatar_are_close_enough_for_its_pictures():
    """Above 50 dB would be an error of 0.003; measured: 1e-4 of albedo, 2e-4 of roughness."""
    avatar = load_checkpoint(resolve_avatar_path("josh.ckpt"))
    uv, pose = avatar.body.uv[::60], avatar.training_poses[0]
    for own in (avatar.albedo, avatar.roughness):
        error = (own(uv, pose) - own(uv, pose, "reference")).square().mean().sqrt()
        assert error < 1e-3
