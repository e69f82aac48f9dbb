"""Poses of judged frames, fitted to training cameras under an avatar that is the truth."""

import json
from dataclasses import replace

import pytest
import torch

from app.cli import main
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.data.native.reader import load_capture
from phynes_core.evaluation.evaluate import evaluate, evaluate_sources
from phynes_core.evaluation.options import EvaluateOptions, judged_frames
from phynes_core.evaluation.poses import available_sources, posed_capture, refined
from phynes_core.evaluation.report.files import write_report
from phynes_core.synthetic.imperfections.degrade import degrade
from phynes_core.synthetic.imperfections.settings import Imperfections

OPTIONS = EvaluateOptions(surface_samples=800, pictured=0, supersample=1)


@pytest.fixture(scope="module")
def truth(tiny_module):
    return tiny_module.known_avatar()


@pytest.fixture(scope="module")
def noised(tiny_module, tmp_path_factory):
    """Frames 0 and 4 seen by two training cameras, frame 9 by none; body parameters are off in all."""
    folder = tmp_path_factory.mktemp("noised")
    tiny_module.write_tiny_capture(folder / "exact", size=96)
    degrade(folder / "exact", folder / "noised", Imperfections(body_deg=2.0, body_mm=10.0))
    return load_capture(folder / "noised")


@pytest.fixture(scope="module")
def fitted(truth, noised):
    return posed_capture(truth, noised, "refined", judged_frames(noised, OPTIONS))


def test_refined_poses_are_nearer_to_the_true_ones(truth, noised, fitted):
    """Measured: 43 mm become 8 in the frames that two training cameras saw, and 22.9 dB become 33.7."""
    seen = refined(truth, noised, [0, 4]).vertex_mm
    assert seen["refined"] < 0.4 * seen["given"]
    given, found = (evaluate(truth, posed, OPTIONS).metrics["novel_view"]["relit"] for posed in (noised, fitted))
    assert found["psnr"] > given["psnr"] + 6.0


def test_frames_that_no_training_camera_saw_keep_their_poses(noised, fitted, tmp_path, truth):
    before, after = noised.poses[9], fitted.capture.poses[9]
    assert torch.equal(before.vector(), after.vector()) and torch.equal(before.transl, after.transl)
    write_report(tmp_path, evaluate(truth, fitted, replace(OPTIONS, max_images=1)))
    said = "frame 9 as given, unseen by training cameras"
    assert said in (tmp_path / "report.html").read_text()
    assert said in json.loads((tmp_path / "metrics.json").read_text())["protocol"]["poses"]


def test_exact_poses_stay_bit_for_bit(truth, tiny_root):
    capture = load_capture(tiny_root)
    posed = posed_capture(truth, capture, "refined", judged_frames(capture, OPTIONS))
    assert posed.capture.poses == capture.poses and not posed.is_changed
    assert "2 frames (0, 4) as given" in posed.text and posed.vertex_mm == {}


def test_poses_that_training_found_stay(truth, noised):
    """Only the other frames are fitted; unseen ones get the avatar's shape."""
    known = {0: noised.ground_truth.poses()[0]}
    posed = refined(truth, noised, [0, 4, 9], known=known)
    assert posed.capture.poses[0] is known[0]
    assert not torch.equal(posed.capture.poses[4].vector(), noised.poses[4].vector())
    assert torch.equal(posed.capture.poses[9].betas, truth.betas)
    assert "frame 0 as training found, frame 4 fitted" in posed.text


def test_without_a_test_camera_the_report_says_what_the_poses_were_fitted_to(truth, noised):
    alone = replace(noised, camera_split={name: "train" for name in noised.cameras if name != "02"})
    assert "these are the pictures that judge" in refined(truth, alone, [4]).text
    assert "these are the pictures that judge" not in refined(truth, noised, [4]).text


def test_all_sources_stand_in_one_table(truth, noised, fitted, tmp_path):
    assert available_sources(noised) == ("given", "refined", "true")
    frames = judged_frames(noised, OPTIONS)
    posed = [posed_capture(truth, noised, "given", frames), fitted, posed_capture(truth, noised, "true", frames)]
    seen = []
    evaluation = evaluate_sources(truth, posed, OPTIONS, lambda done, total: seen.append((done, total)))
    assert seen == [(i + 1, len(seen)) for i in range(len(seen))]
    write_report(tmp_path, evaluation)
    entries = json.loads((tmp_path / "metrics.json").read_text())["poses"]
    decibels = [entries[source]["novel_view"]["psnr"] for source in ("given", "refined", "true")]
    assert decibels[0] + 6.0 < decibels[1] < decibels[2]
    assert decibels[0] == evaluation.metrics["novel_view"]["relit"]["psnr"]  # the report itself is about the given ones
    assert entries["true"]["vertex_mm"] == 0.0 and entries["refined"]["vertex_mm"] < entries["given"]["vertex_mm"]
    assert "<th>given</th><th>refined</th><th>true</th>" in (tmp_path / "report.html").read_text()


def test_the_command_measures_what_is_there(truth, tiny_root, tmp_path, capsys):
    """An exact capture has no other true poses, and its refined ones are the given ones."""
    save_checkpoint(tmp_path / "tiny.ckpt", truth)  # whose maps are untrained: pictures are gray
    command = ["evaluate", "--avatar", str(tmp_path / "tiny.ckpt"), "--data", str(tiny_root), "--max-images", "1"]
    assert main([*command, "--out", str(tmp_path / "none"), "--poses", "true"]) == 2
    error = capsys.readouterr().err
    assert "--poses true: expected ground_truth/body.npz" in error and error.count("\n") == 1
    assert main([*command, "--out", str(tmp_path / "none"), "--poses", "guessed"]) == 2
    assert not (tmp_path / "none").exists()
    assert main([*command, "--out", str(tmp_path / "all"), "--poses", "all", "--supersample", "1"]) == 0
    assert set(json.loads((tmp_path / "all" / "metrics.json").read_text())["poses"]) == {"given", "refined"}
    assert "fitting poses" in capsys.readouterr().err
