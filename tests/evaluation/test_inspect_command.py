"""The command inspect as a user types it, and what train says of a capture before it begins."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli import main
from phynes_core.body.files import BUNDLED_BODY
from phynes_core.evaluation.inspection.findings import (
    GOOD,
    USABLE,
    WRONG,
    Finding,
    Inspection,
    Section,
    level_of,
    listed,
)
from tests.data.public_layouts import write_zju
from tests.evaluation.test_inspected_mistakes import edit_matrix, renumber, scaled

FEW = ["--set", "stage1.steps=2", "--set", "stage1.rays=32", "--set", "stage2.steps=2", "--set", "stage2.pixels=32"]
FEW += ["--set", "stage2.albedo_from_texture_steps=1", "--set", "stage2.calm_steps=2"]
FEW += ["--set", "registration.steps=10", "--set", "registration.points=100", "--set", "registration.texels=64"]
FEW += ["--no-evaluate", "--template", "smpl"]


@pytest.fixture
def copy(moving_root, tmp_path):
    return Path(shutil.copytree(moving_root, tmp_path / "capture"))


def inspected(root, out, *more):
    return main(["inspect", "--data", str(root), "--out", str(out), "--max-frames", "5", *more])


def test_a_good_capture_has_a_page_with_pictures_and_exit_code_0(moving_root, tmp_path, capsys):
    out = tmp_path / "report"
    assert inspected(moving_root, out) == 0
    said = capsys.readouterr().out
    assert "good" in said and "wrong" not in said and "report.html" in said
    found = json.loads((out / "findings.json").read_text())
    assert found["level"] == GOOD and len(found["findings"]) > 8
    text = (out / "report.html").read_text()
    files = re.findall(r'<img src="([^"]+)"', text)
    assert len(files) == len(set(files)) == 6 + 4 * 4 + 2
    for file in files:
        pixels = np.asarray(Image.open(out / file))
        assert pixels.std() > 5, file
    for name in ("Usual mistakes", "Silhouettes of body and mask", "camera 03 (train)", "Colors of the cameras",
                 "Sharpness", "Exposure", "Poses covered", "Parts that were never seen", "<svg"):  # fmt: skip
        assert name in text
    assert "http" not in text and "Silhouettes by camera" in (out / "tables.csv").read_text()


def test_a_wrong_capture_names_the_mistake_and_has_exit_code_1(copy, tmp_path, capsys):
    edit_matrix(copy, scaled(1000.0))
    assert inspected(copy, tmp_path / "report") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "translation was in millimetres" in said and "multiply the translation of T_cam_world by 0.001" in said
    assert json.loads((tmp_path / "report" / "findings.json").read_text())["level"] == WRONG


def test_a_usable_capture_has_exit_code_0(copy, tmp_path, capsys):
    for path in (copy / "images" / "01").glob("*.png"):
        pixels = np.asarray(Image.open(path)).astype(float) / 255
        Image.fromarray((255 * pixels * 0.85).round().astype(np.uint8)).save(path)  # about 0.7 in linear light
    assert inspected(copy, tmp_path / "report") == 0
    said = capsys.readouterr().out
    assert "usable" in said and "gains in red/green/blue" in " ".join(said.split())


def test_an_empty_mask_is_wrong(copy, tmp_path):
    mask = copy / "masks" / "02" / "000004.png"
    Image.fromarray(np.zeros_like(np.asarray(Image.open(mask)))).save(mask)
    assert main(["inspect", "--data", str(copy), "--out", str(tmp_path / "report")]) == 1
    findings = json.loads((tmp_path / "report" / "findings.json").read_text())["findings"]
    assert [one["text"] for one in findings if one["level"] == WRONG] == ["1 empty: camera 02 frame 4"]


def test_a_public_layout_is_inspected_with_its_options(tmp_path, capsys):
    root = tmp_path / "CoreView_394"
    write_zju(root, num_frames=4, num_cameras=4, size=96)
    options = ["--smpl", str(BUNDLED_BODY), "--train-views", "0,1,2", "--test-views", "3", "--ratio", "1.0"]
    assert inspected(root, tmp_path / "report", *options) == 0
    findings = json.loads((tmp_path / "report" / "findings.json").read_text())["findings"]
    assert not [one for one in findings if one["level"] == WRONG]
    assert next(one for one in findings if one["subject"] == "usual mistakes")["level"] == GOOD


def test_the_report_lies_under_runs_unless_another_folder_is_named(moving_root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", "--data", str(moving_root), "--max-frames", "1"]) == 0
    assert (tmp_path / "runs" / "inspect_moving" / "report.html").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "nowhere"], "nowhere: expected a capture folder"),
        (["--data", "CAPTURE", "--max-frames", "0"], "--max-frames: expected 1 to 1000000, got 0"),
        (["--data", "CAPTURE", "--up", "+z"], "only for public datasets"),
        (["--data", "CAPTURE", "--smpl", "nobody.npz"], "nobody.npz: cannot read this body model"),
        (["--data", "CAPTURE", "--out", "FILE"], "cannot write here"),
        ([], "missing --data"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(moving_root, tmp_path, capsys, options, message, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    places = {"CAPTURE": str(moving_root), "FILE": str(tmp_path / "file")}
    assert main(["inspect", *(places.get(word, word) for word in options)]) == 2
    said = capsys.readouterr()
    assert message in said.err and said.err.startswith("error: ") and said.err.count("\n") == 1 and said.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_damaged_picture_is_one_line(copy, tmp_path, capsys):
    content = (copy / "images" / "01" / "000003.png").read_bytes()
    (copy / "images" / "01" / "000003.png").write_bytes(content[: len(content) // 2])
    assert main(["inspect", "--data", str(copy), "--out", str(tmp_path / "report")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and "000003.png" in error
    assert not (tmp_path / "report").exists()


def test_training_warns_and_goes_on(copy, tmp_path, capsys):
    renumber(copy, 2, ["01"])
    command = ["train", "--data", str(copy), "--out", str(tmp_path / "a.ckpt"), "--run-folder", str(tmp_path / "run")]
    trusting = [*FEW, "--set", "registration.steps=0"]  # what is said stands before the training
    assert main([*command, *trusting]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert any("camera 01 fits as if its pictures show what the poses have 2 frames later" in line for line in lines)
    assert lines[-1] == f"warning: `python launch.py inspect --data {copy}` shows more"
    assert (tmp_path / "a.ckpt").is_file()
    assert main([*command, *trusting, "--no-inspect"]) == 0
    assert "warning: " not in capsys.readouterr().err


def test_training_says_nothing_of_a_good_capture(moving_root, tmp_path, capsys):
    command = ["train", "--data", str(moving_root), "--out", str(tmp_path / "a.ckpt")]
    assert main([*command, "--run-folder", str(tmp_path / "run"), *FEW]) == 0
    assert "warning: " not in capsys.readouterr().err


def test_the_worst_finding_is_the_verdict():
    def inspection(*levels):
        found = tuple(Finding("a", level, "b") for level in levels)
        return Inspection("x", "", (Section("s", "", found[:1]), Section("t", "", found[1:])))

    assert inspection(GOOD, GOOD).level == GOOD
    assert inspection(USABLE, GOOD).level == USABLE
    assert inspection(GOOD, USABLE, WRONG).level == WRONG
    assert [level_of(value, 1.0, 2.0) for value in (1.0, 1.5, 2.5)] == [GOOD, USABLE, WRONG]
    assert listed([1, 2, 3], most=2) == "1, 2 and 1 more"
    with pytest.raises(ValueError, match="level: expected one of good, usable, wrong, got 'bad'"):
        Finding("a", "bad", "b")
