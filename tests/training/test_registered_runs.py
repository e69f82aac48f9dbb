"""Runs that register wrong poses: the same bit for bit wherever they stop, and old runs that knew no registration."""

import dataclasses
import json
import math

import pytest
import torch
from safetensors.torch import load_file, safe_open, save_file

from phynes_core.body.files import load_bundled_body
from phynes_core.data.native.reader import load_capture
from phynes_core.errors import PhynesError
from phynes_core.registration.registration import Registration
from phynes_core.training.options import TrainerOptions
from phynes_core.training.presets import preset, with_overrides
from phynes_core.training.run.run_folder import FINISHED, RunFolder
from phynes_core.training.stage0 import Stage0
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2
from phynes_core.training.trainer import Trainer
from tests.training.conftest import Killed, Notes, kill_at

SMALL = {"stage1.steps": "12", "stage1.rays": "64", "stage2.steps": "5", "stage2.pixels": "128", "stage1.ring_px": "3"}
SMALL |= {"stage2.smooth_pixels": "32", "stage2.albedo_from_texture_steps": "2", "stage2.calm_steps": "2"}
SMALL |= {f"{name}.encoding.log2_entries": "10" for name in ("offset", "texture", "albedo", "roughness")}
REGISTERED = {
    "registration.trial_steps": "2",
    "registration.steps": "8",
    "registration.points": "100",
    "registration.texels": "64",
}
REGISTERED |= {"registration.least_color_gain": "-9"}  # whatever they gain, moved poses are kept
UNREGISTERED = {"registration.steps": "0"}


@pytest.fixture(scope="module")
def wrong(tiny_root):
    """The tiny capture with poses that are off by degrees."""
    tiny, generator = load_capture(tiny_root), torch.Generator().manual_seed(3)
    poses = {
        frame: dataclasses.replace(pose, body_pose=pose.body_pose + 0.05 * torch.randn(23, 3, generator=generator))
        for frame, pose in tiny.poses.items()
    }
    return dataclasses.replace(tiny, poses=poses)


def _train(capture, folder, overrides=REGISTERED, preset_name="fast", **options):
    config = with_overrides(preset(preset_name), SMALL | overrides)
    chosen = TrainerOptions(folder, **{"picture_every": 1.0} | options)
    return Trainer(capture, load_bundled_body(), config, chosen, Notes()).fit()


def _assert_same(trained, whole):
    for name, value in whole.avatar.state_dict().items():
        assert torch.equal(trained.avatar.state_dict()[name], value), name
    stored = whole.fit.tensors()
    assert stored.keys() == trained.fit.tensors().keys()
    for name, value in trained.fit.tensors().items():
        assert torch.equal(value, stored[name]), name


def _lines(folder, stage):
    lines = [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]
    return [line for line in lines if line["stage"] == stage]


# stage 0 holds the poses for 2 steps and decides in step 5; the rounds of stage 1 are in its steps 3, 6 and 9
STOPS = [(Stage0, 1), (Stage0, 4), (Stage0, 7), (Stage1, 0), (Stage1, 2), (Stage1, 5), (Stage1, 11), (Stage2, 3)]


@pytest.fixture(scope="module")
def whole(wrong, tmp_path_factory):
    """An uninterrupted run and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    trained = _train(wrong, folder)
    torch.use_deterministic_algorithms(False)
    return trained, folder


@pytest.mark.parametrize(("kind", "at"), STOPS)
def test_a_run_resumed_anywhere_ends_the_same_bit_for_bit(kind, at, wrong, whole, tmp_path, monkeypatch):
    trained, folder = whole
    assert trained.fit.poses.keys() == {0, 4}
    kill_at(monkeypatch, kind, at)
    with pytest.raises(Killed):
        _train(wrong, tmp_path, save_every_s=0.0)
    monkeypatch.undo()
    state = RunFolder(tmp_path).load()
    assert (state.stage, state.step) == (kind.number, at)
    _assert_same(_train(wrong, tmp_path, is_resumed=True), trained)
    assert RunFolder(tmp_path).load().stage == FINISHED
    assert [line["loss"] for line in _lines(tmp_path, 0)] == [line["loss"] for line in _lines(folder, 0)]


def test_every_step_of_the_registration_is_a_line_of_the_curves_and_ends_in_a_picture(wrong, tmp_path):
    _train(wrong, tmp_path, REGISTERED | {"stage1.steps": "1", "stage2.steps": "1"})
    lines = _lines(tmp_path, 0)
    assert [line["step"] for line in lines] == list(range(8))
    assert {"loss", "image", "gradient", "color", "outline_px", "moved_mm", "doubt_deg", "doubt_mm"} <= set(lines[-1])
    assert (tmp_path / "pictures" / "registration_000008.png").is_file()


def test_the_avatar_gets_the_registered_poses_and_shape(wrong, whole):
    trained, _ = whole
    found = [trained.fit.poses[frame] for frame in (0, 4)]
    assert torch.equal(trained.avatar.training_poses, torch.stack([pose.vector() for pose in found]))
    assert torch.equal(trained.avatar.betas, found[0].betas)
    assert (found[0].body_pose - wrong.poses[0].body_pose).abs().max() > math.radians(
        0.005
    )  # pictures of 64 px say little


def test_rounds_move_the_poses_further(wrong, whole, tmp_path):
    without, rounds = _train(wrong, tmp_path, REGISTERED | {"registration.rounds": "0"}).fit, whole[0].fit
    assert not torch.equal(without.poses[0].body_pose, rounds.poses[0].body_pose)
    assert torch.equal(without.poses[0].betas, rounds.poses[0].betas)  # they hold the shape


def test_given_poses_that_are_kept_train_what_a_trusted_capture_trains(wrong, tmp_path):
    kept = _train(
        wrong,
        tmp_path / "kept",
        REGISTERED | {"registration.least_color_gain": "0.99", "registration.has_masks": "false"},
    )
    assert not kept.fit.poses
    _assert_same(kept, _train(wrong, tmp_path / "trusted", UNREGISTERED))


@pytest.mark.parametrize("name", ["fast", "paper"])
def test_a_run_from_before_the_registration_goes_on_without_one(name, tiny, tmp_path, monkeypatch):
    whole = _train(tiny, tmp_path / "whole", UNREGISTERED, name)
    kill_at(monkeypatch, Stage1, 5)
    with pytest.raises(Killed):
        _train(tiny, tmp_path / "run", UNREGISTERED, name, save_every_s=0.0)
    monkeypatch.undo()
    path = RunFolder(tmp_path / "run").state_path
    with safe_open(path, framework="pt") as file:
        described = json.loads(file.metadata()["phynes_training"])
    for stored in (described["config"], described["requested"]):
        del stored["registration"]
    save_file(load_file(path), path, {"phynes_training": json.dumps(described)})
    with pytest.raises(PhynesError, match=r"other settings \(registration.steps=0, now 10\)"):
        _train(tiny, tmp_path / "run", {"registration.steps": "10"}, name, is_resumed=True)
    _assert_same(_train(tiny, tmp_path / "run", UNREGISTERED, name, is_resumed=True), whole)
    assert not _lines(tmp_path / "run", 0)


def test_a_state_that_lacks_its_registration_is_one_line(wrong, tmp_path, monkeypatch):
    kill_at(monkeypatch, Stage1, 2)
    with pytest.raises(Killed):
        _train(wrong, tmp_path, save_every_s=0.0)
    monkeypatch.undo()
    path = RunFolder(tmp_path).state_path
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file({name: value for name, value in load_file(path).items() if "registration" not in name}, path, metadata)
    with pytest.raises(PhynesError, match="expected a state with a registration.*train without --resume") as caught:
        _train(wrong, tmp_path, is_resumed=True)
    assert "\n" not in str(caught.value)


def test_choosing_the_steps_moves_no_pose(wrong, tmp_path, monkeypatch):
    """The trial of --minutes takes 15 steps, among which the 12 of the settings have three rounds."""
    rounds = []
    original = Registration.refine
    monkeypatch.setattr(Registration, "refine", lambda self, *rest: rounds.append(0) or original(self, *rest))
    steps = _train(wrong, tmp_path, minutes=1e-4).config.stage1.steps
    assert steps == 1 and len(rounds) == 2  # one round, in the only step


def test_a_registration_that_diverges_names_what_to_do(wrong, tmp_path, monkeypatch):
    original = Registration.step
    broken = lambda self, step: original(self, step) | ({"loss": math.nan} if step == 3 else {})  # noqa: E731
    monkeypatch.setattr(Registration, "step", broken)
    with pytest.raises(PhynesError, match=r"stage 0, step 3, loss nan.*--set registration.steps=0"):
        _train(wrong, tmp_path, save_every_s=0.0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("registration.steps", "3", "expected 0 or at least 10 steps"),
        ("registration.joint_deg", "0", "expected more than 0, got joint_deg 0.0; steps=0 trusts the capture"),
        ("registration.rounds", "-1", "0 or more rounds"),
        ("registration.texels", "1", "2 texels a side"),
    ],
)
def test_settings_that_cannot_be_are_refused(name, value, message):
    with pytest.raises(PhynesError, match=f"setting '{name}': .*{message}"):
        with_overrides(preset("fast"), {name: value})
