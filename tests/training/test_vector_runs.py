"""Whole runs with vector offsets: both stages step, a killed run resumes bit for bit, the checkpoint comes back."""

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.errors import PhynesError
from phynes_core.training.options import TrainerOptions
from phynes_core.training.presets import preset, with_overrides
from phynes_core.training.run.run_folder import RunFolder
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2
from phynes_core.training.trainer import Trainer
from tests.training.conftest import Killed, Notes, kill_at

SETTINGS = {
    "stage1.offsets": "vector", "stage1.steps": "10", "stage1.rays": "64", "stage1.ring_px": "3", "stage2.steps": "8",
    "stage2.pixels": "128", "stage2.smooth_pixels": "32", "stage2.albedo_from_texture_steps": "3",
    "stage2.calm_steps": "3", "registration.steps": "0",
}  # fmt: skip


def _train(capture, folder, overrides=(), **options):
    config = with_overrides(preset("fast"), SETTINGS | dict(overrides))
    return Trainer(capture, load_bundled_body(), config, TrainerOptions(folder, **options), Notes()).fit().avatar


def test_a_killed_run_goes_on_bit_for_bit(tiny, tmp_path, monkeypatch):
    whole = _train(tiny, tmp_path / "whole")
    assert whole.has_vector_offsets and whole.texture.pose is None
    moved = whole.vertex_offsets(tiny.poses[0].vector())
    assert moved.shape == (whole.body.num_vertices, 3) and moved.norm(dim=1).mean() > 1e-4
    for stage, at in ((Stage1, 6), (Stage2, 4)):
        folder = tmp_path / f"killed{stage.number}"
        kill_at(monkeypatch, stage, at)
        with pytest.raises(Killed):
            _train(tiny, folder, save_every_s=0.0)
        monkeypatch.undo()
        assert RunFolder(folder).load().step == at
        resumed = _train(tiny, folder, is_resumed=True)
        for name, value in whole.state_dict().items():
            assert torch.equal(resumed.state_dict()[name], value), name
    loaded = load_checkpoint(tmp_path / "whole" / "avatar.ckpt")
    pose = tiny.poses[0]
    expected = whole.displaced_vertices(pose)
    torch.testing.assert_close(loaded.displaced_vertices(pose), expected, atol=1e-4, rtol=0)


def test_poses_are_refined_under_vectors(tiny, tmp_path):
    """A round of the registration looks at the mesh that vectors displace."""
    rounds = {"registration.steps": "10", "registration.rounds": "1", "registration.round_steps": "1"}
    avatar = _train(tiny, tmp_path, rounds | {"registration.least_color_gain": "-1", "stage2.steps": "0"})
    assert all(torch.isfinite(value).all() for value in avatar.state_dict().values())


def test_the_kind_of_offsets_is_checked(tiny, tmp_path):
    with pytest.raises(PhynesError, match=r"stage1.offsets': expected scalar or vector, got 'sideways'"):
        _train(tiny, tmp_path, {"stage1.offsets": "sideways"})
