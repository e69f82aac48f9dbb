"""Training a few dozen steps on a capture with a known answer: it learns, resumes bit for bit, and stops on a NaN."""

import dataclasses
import json
import math
import types
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.errors import PhynesError
from phynes_core.training import trainer
from phynes_core.training.options import TrainerOptions
from phynes_core.training.presets import preset, with_overrides
from phynes_core.training.run.pictures import texture_panels
from phynes_core.training.run.run_folder import FINISHED, RunFolder
from phynes_core.training.stage import NOTHING
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2
from phynes_core.training.trainer import Trainer
from tests.training.conftest import Killed, Notes, kill_at

SMALL = {"stage1.steps": "16", "stage1.rays": "64", "stage2.steps": "12", "stage2.pixels": "128"}
SMALL |= {"stage2.smooth_pixels": "32", "stage2.albedo_from_texture_steps": "3", "stage1.ring_px": "3"}
SMALL |= {"stage2.calm_steps": "3", "registration.steps": "0"}


def _train(capture, folder: Path, overrides=(), progress=None, **options):
    config = with_overrides(preset("fast"), SMALL | dict(overrides))
    chosen = TrainerOptions(folder, **options)
    return Trainer(capture, load_bundled_body(), config, chosen, progress or Notes()).fit().avatar


def _curve(folder: Path, stage: int, name: str):
    lines = [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]
    return [line[name] for line in lines if line["stage"] == stage]


def test_both_stages_learn(tiny, tmp_path):
    """Measured: 0.0072 -> 0.0046 and 0.0027 -> 0.0005."""
    longer = {"stage1.steps": "80", "stage1.rays": "256", "stage2.steps": "60"}
    avatar = _train(tiny, tmp_path, longer, picture_every=1.0)
    first, second = _curve(tmp_path, 1, "image"), _curve(tmp_path, 2, "image")
    assert first[-1] < 0.75 * first[0]  # the means of the last and the first 20 steps
    assert second[-1] < 0.8 * second[0]
    offsets = avatar.vertex_offsets(tiny.poses[0].vector())
    assert offsets.mean().item() > 0.002  # the truth is 0.015, on the way there
    assert bool((avatar.light >= 0).all())
    pictures = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert "stage1_000080.png" in pictures and "stage2_000060.png" in pictures
    reread = load_checkpoint(tmp_path / "avatar.ckpt")
    assert reread.training_poses.shape[0] == 2


def test_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tiny, tmp_path, monkeypatch):
    whole = _train(tiny, tmp_path / "whole", picture_every=0.5)
    for stage, at in ((1, 9), (2, 5)):
        folder = tmp_path / f"killed{stage}"
        kill_at(monkeypatch, {1: Stage1, 2: Stage2}[stage], at)
        with pytest.raises(Killed):
            _train(tiny, folder, save_every_s=0.0, picture_every=0.5)
        monkeypatch.undo()
        state = RunFolder(folder).load()
        assert (state.stage, state.step) == (stage, at)
        resumed = _train(tiny, folder, is_resumed=True, picture_every=0.5)
        for name, value in whole.state_dict().items():
            assert torch.equal(resumed.state_dict()[name], value), name
        assert _curve(folder, 1, "loss") == _curve(tmp_path / "whole", 1, "loss") or stage == 1
        assert RunFolder(folder).load().stage == FINISHED


def test_an_unfinished_run_is_not_overwritten(tiny, tmp_path, monkeypatch):
    kill_at(monkeypatch, Stage1, 3)
    with pytest.raises(Killed):
        _train(tiny, tmp_path, save_every_s=0.0)
    monkeypatch.undo()
    with pytest.raises(PhynesError, match="unfinished run; pass --resume"):
        _train(tiny, tmp_path)
    with pytest.raises(PhynesError, match=r"other settings \(stage1.steps=16, now 99\)"):
        _train(tiny, tmp_path, {"stage1.steps": "99"}, is_resumed=True)


def test_resuming_nothing_says_so(tiny, tmp_path):
    with pytest.raises(PhynesError, match="no state in it"):
        _train(tiny, tmp_path, is_resumed=True)


def test_a_damaged_state_says_so(tmp_path):
    (tmp_path / "state.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0 not a state")
    with pytest.raises(PhynesError, match="not a readable training state"):
        RunFolder(tmp_path).load()


def test_a_nan_stops_with_the_step_and_the_last_good_state(tiny, tmp_path, monkeypatch):
    original = Stage1.step

    def step(self, number):
        return original(self, number) | ({"loss": math.nan} if number == 6 else {})

    monkeypatch.setattr(Stage1, "step", step)
    with pytest.raises(
        PhynesError, match=r"stage 1, step 6, loss nan; the last good state, stage 1, step 6, is .*state.safetensors"
    ):
        _train(tiny, tmp_path, save_every_s=0.0)
    assert RunFolder(tmp_path).load().step == 6


def test_minutes_choose_the_steps(tiny, tmp_path):
    config = with_overrides(preset("fast"), SMALL)
    options = TrainerOptions(tmp_path, minutes=0.01)
    used = Trainer(tiny, load_bundled_body(), config, options, Notes()).fit().config
    assert used.stage1.steps != config.stage1.steps or used.stage2.steps != config.stage2.steps
    assert dataclasses.replace(used.stage1, steps=16) == config.stage1


def test_paper_preset_runs(tiny, tmp_path):
    few = {"stage1.steps": "2", "stage1.rays": "32", "stage2.steps": "2", "stage2.pixels": "64"}
    config = with_overrides(preset("paper"), few)
    avatar = Trainer(tiny, load_bundled_body(), config, TrainerOptions(tmp_path), Notes()).fit().avatar
    assert avatar.record.f0 == 0.02
    assert avatar.albedo.config.pose_dim == 72


class _Listing:
    """A stage in the place of the registration that trains nothing and lists what it is asked for."""

    number, name, title, row_name, preparation = 0, "registration", "template", "points", ""
    config, num_rows, needs_full_precision, log_every = types.SimpleNamespace(steps=3), 1, False, 3
    asked: ClassVar[list] = []

    def __init__(self, setup, stored=NOTHING):
        self.stored = dict(stored)

    def start(self):
        self.asked.append("start")

    def step(self, step):
        self.asked.append(step)
        return {"loss": 1.0, "image": 1.0, "gradient": 1.0}

    def panels(self, scene):
        return texture_panels(scene)

    def tensors(self):
        return {"points": torch.arange(3.0)}


def test_a_further_stage_needs_only_its_line_in_the_list(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(_Listing, "asked", [])
    monkeypatch.setattr(trainer, "STAGES", ((_Listing, 0.1), *trainer.STAGES[1:]))
    few = {"stage1.steps": "2", "stage2.steps": "2", "registration.steps": "10", "registration.rounds": "0"}
    kill_at(monkeypatch, Stage1, 1)
    with pytest.raises(Killed):
        _train(tiny, tmp_path, few, save_every_s=0.0)
    assert _Listing.asked == ["start", 0, 1, 2]
    state = RunFolder(tmp_path).load()
    assert (state.stage, state.step) == (1, 1)
    assert _curve(tmp_path, 0, "loss") == [1.0] and (tmp_path / "pictures" / "registration_000003.png").is_file()


def test_stages_are_numbered_without_gaps_and_named_after_their_settings():
    kinds = [kind for kind, _ in trainer.STAGES]
    assert [kind.number for kind in kinds] == list(range(FINISHED - len(kinds), FINISHED))
    assert all(hasattr(preset("fast"), kind.name) for kind in kinds)
    assert sum(share for _, share in trainer.STAGES) == pytest.approx(1.0)
