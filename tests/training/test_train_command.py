"""The commands train and evaluate as a user types them."""

import dataclasses
import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from app import cli
from app.cli import main
from app.commands import train
from app.commands.train import Train
from app.options.dataset import DatasetOptions
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.data.native.reader import load_capture
from phynes_core.synthetic.imperfections.degrade import degrade
from phynes_core.synthetic.imperfections.settings import Imperfections

FEW = ["--set", "stage1.steps=3", "--set", "stage1.rays=64", "--set", "stage2.steps=3", "--set", "stage2.pixels=64"]
FEW += ["--set", "stage2.albedo_from_texture_steps=2", "--set", "stage2.calm_steps=2"]
WHOLE = Train(
    data=Path("my data"), out=Path("a.ckpt"), preset="paper", device="cuda", maps="reference", mesh_losses="pytorch3d",
    minutes=2.5, set=("stage1.steps=500", "stage2.f0=0.02"), ablation=("plain-maps", "split-mesh"), seed=7, threads=2,
    save_every=10.0, tensorboard=True, run_folder=Path("runs/x"), smpl=Path("smpl.pkl"), smpl_uv=Path("uv.obj"),
    evaluate=False, dataset=DatasetOptions(frames="0:30:2", evaluate_every=4, ratio=0.5, lighting=Path("far/probes")),
)  # fmt: skip


@pytest.fixture
def arguments(tiny_root, tmp_path):
    return [
        "train",
        "--data",
        str(tiny_root),
        "--out",
        str(tmp_path / "tiny.ckpt"),
        "--run-folder",
        str(tmp_path / "run"),
    ]


def test_train_writes_a_measured_checkpoint_that_evaluate_reads(arguments, tiny_root, tmp_path, capsys):
    assert main([*arguments, *FEW]) == 0
    avatar = load_checkpoint(tmp_path / "tiny.ckpt")
    assert avatar.name == "tiny"
    assert avatar.record.provenance["preset"] == "fast" and avatar.record.provenance["steps_stage1"] == 3
    assert avatar.record.provenance["command"].startswith("python launch.py train --data tiny")
    assert str(tmp_path) not in avatar.record.provenance["command"]
    assert avatar.record.provenance["frames"] == 2 and avatar.record.provenance["views"] == 2
    assert avatar.record.metrics["novel_view.relit.psnr"] > 10
    assert (tmp_path / "run" / "report" / "report.html").is_file()
    assert "geometry.cd_cm" in (said := capsys.readouterr().out) and "measured with poses" not in said
    assert not (tmp_path / "run" / "fitted" / "body.npz").exists()  # the given poses are good
    out = tmp_path / "report"
    command = ["evaluate", "--avatar", str(tmp_path / "tiny.ckpt"), "--data", str(tiny_root), "--out", str(out)]
    assert main([*command, "--max-images", "1"]) == 0
    assert json.loads((out / "metrics.json").read_text())["novel_view"]["texture"]["psnr"] > 10


def test_poses_that_training_found_judge_and_are_kept(arguments, tiny_root, tmp_path, capsys):
    degrade(tiny_root, tmp_path / "fits", Imperfections(body_deg=3.0, body_mm=20.0))
    arguments[arguments.index("--data") + 1] = str(tmp_path / "fits")
    assert main([*arguments, *FEW, "--set", "registration.least_color_gain=-9"]) == 0  # two small frames decide nothing
    assert "measured with poses refined: " in (said := capsys.readouterr().out)
    assert "2 frames (0, 4) as training found, frame 9 as given, unseen by training cameras" in said
    metrics = json.loads((tmp_path / "run" / "report" / "metrics.json").read_text())
    assert metrics["protocol"]["poses"].startswith("refined: ")
    assert metrics["poses"]["refined"]["vertex_mm"] < metrics["poses"]["given"]["vertex_mm"]
    stored = load_checkpoint(tmp_path / "tiny.ckpt").record.metrics
    assert stored["novel_view.relit.psnr"] == pytest.approx(metrics["novel_view"]["relit"]["psnr"], abs=1e-3)
    given = load_capture(tmp_path / "fits")
    shutil.copyfile(tmp_path / "run" / "fitted" / "body.npz", tmp_path / "fits" / "body.npz")
    kept = load_capture(tmp_path / "fits")  # what training found is body parameters as a capture holds them
    assert kept.frame_split == given.frame_split and kept.body_hash == given.body_hash
    assert not torch.equal(kept.poses[0].vector(), given.poses[0].vector())
    assert torch.equal(kept.poses[9].vector(), given.poses[9].vector())


def without_test_camera(source: Path, root: Path, frames: tuple[int, ...]) -> Path:
    """The tiny capture's training cameras and these of its training frames, both marked as training."""
    shutil.copytree(source, root)
    for folder in ("images", "masks"):
        shutil.rmtree(root / folder / "02")
    shutil.rmtree(root / "ground_truth")
    cameras = json.loads((root / "cameras.json").read_text())
    del cameras["cameras"]["02"]
    (root / "cameras.json").write_text(json.dumps(cameras))
    with np.load(root / "body.npz") as stored:
        body = dict(stored)
    kept = np.isin(body["frames"], frames)
    for name in ("frames", "global_orient", "body_pose", "transl", "split"):
        body[name] = body[name][kept]
    np.savez(root / "body.npz", **body)
    for picture in (*root.glob("images/*/*.png"), *root.glob("masks/*/*.png")):
        if int(picture.stem) not in frames:
            picture.unlink()
    return root


def test_without_a_test_camera_a_held_out_frame_judges(arguments, tiny_root, tmp_path, capsys):
    root = without_test_camera(tiny_root, tmp_path / "alone", (0, 4))
    arguments[arguments.index("--data") + 1] = str(root)
    assert main([*arguments, *FEW]) == 0
    said = "no test camera: frame held out of training (4)"
    assert capsys.readouterr().out.count(said) == 2  # before the training and above the numbers
    avatar = load_checkpoint(tmp_path / "tiny.ckpt")
    assert avatar.record.provenance["frames"] == 1 and avatar.record.provenance["views"] == 2
    assert avatar.record.metrics["novel_pose.relit.psnr"] > 10
    assert not any(name.startswith("novel_view") for name in avatar.record.metrics)
    report = (tmp_path / "run" / "report" / "report.html").read_text()
    assert f'<p class="note"><b>{said[0].upper()}{said[1:]}' in report and f"<dd>{said}" in report
    out = tmp_path / "report"
    assert main(["evaluate", "--avatar", str(tmp_path / "tiny.ckpt"), "--data", str(root), "--out", str(out)]) == 0
    assert said in capsys.readouterr().out
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["protocol"]["images"] == {"novel_view": 0, "novel_pose": 2}
    assert metrics["protocol"]["held_out"].startswith(said)
    assert metrics["novel_pose"]["relit"]["psnr"] == pytest.approx(
        avatar.record.metrics["novel_pose.relit.psnr"], abs=1e-3
    )


def test_a_single_frame_is_trained_on_without_evaluation(arguments, tiny_root, tmp_path, capsys):
    root = without_test_camera(tiny_root, tmp_path / "single", (0,))
    arguments[arguments.index("--data") + 1] = str(root)
    assert main([*arguments, *FEW]) == 0
    assert "the avatar is not evaluated" in capsys.readouterr().out
    assert load_checkpoint(tmp_path / "tiny.ckpt").record.metrics == {}
    assert not (tmp_path / "run" / "report").exists()
    command = ["evaluate", "--avatar", str(tmp_path / "tiny.ckpt"), "--data", str(root), "--out", str(tmp_path / "r")]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "expected pictures that were not trained on, got none" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--preset", "slow"], "preset: expected one of fast, paper"),
        (["--device", "tpu"], "--device: expected cpu or cuda"),
        (["--minutes", "0"], "--minutes: expected 0.01 to 100000"),
        (["--set", "stage1.steps"], "--set: expected name=value"),
        (["--set", "stage1.warp=1"], "got 'warp'"),
        (["--resume"], "no state in it"),
    ],
)
def test_wrong_options_are_one_line(arguments, extra, message, capsys, tmp_path):
    assert main([*arguments, *extra]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1
    assert not (tmp_path / "tiny.ckpt").exists()


def test_an_unwritable_place_is_found_out_before_training(arguments, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    arguments[arguments.index("--out") + 1] = str(tmp_path / "file" / "tiny.ckpt")
    assert main(arguments) == 2
    assert "cannot write here" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("args", [Train(Path("d"), Path("o.ckpt")), WHOLE])
def test_the_command_that_resumes_a_run_is_read_back_as_its_options(args, capsys, monkeypatch):
    read = []
    monkeypatch.setattr(train, "run", lambda options: read.append(options) or 0)
    typed = shlex.split(train._resuming(args))
    assert typed[0] == "python" and typed[2] == "train"
    assert cli.run(typed[2:]) == 0
    assert read == [dataclasses.replace(args, resume=True)]


def test_a_checkpoint_tells_how_to_make_it_again_without_this_machines_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = dataclasses.replace(WHOLE, data=tmp_path / "data" / "josh", out=Path("/elsewhere/josh.ckpt"))
    said = dataclasses.replace(said, dataset=dataclasses.replace(WHOLE.dataset, lighting=Path("/elsewhere/probes")))
    assert train._command(said) == (
        "python launch.py train --data data/josh --out josh.ckpt --preset paper --seed 7 --minutes 2.5 "
        "--ablation plain-maps --ablation split-mesh --frames 0:30:2 --evaluate-every 4 --ratio 0.5 --lighting probes "
        "--set stage1.steps=500 --set stage2.f0=0.02"
    )
