"""Bad input, end to end: one line that names what, where and the remedy, exit code 2, and nothing half-written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from app import cli
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose
from phynes_core.checkpoint import METADATA_KEY
from phynes_core.data.native_writer import save_body_parameters, save_cameras, save_view
from phynes_core.image_files import write_exr, write_png
from phynes_core.kernels import backends
from phynes_core.render.camera import orbit_camera

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def refuse(capsys, tmp_path):
    """Run a command line that must fail; returns its one line. What lay in tmp_path before is all that lies there."""

    def run(*argv: object) -> str:
        before = contents(tmp_path)
        assert cli.main([str(argument) for argument in argv]) == 2
        said = capsys.readouterr()
        check_line(said.err)
        assert said.out == ""
        assert contents(tmp_path) == before, "something half-written was left behind"
        return said.err

    return run


def check_line(text: str) -> None:
    assert text.startswith("error: ") and text.count("\n") == 1, text
    assert "Traceback" not in text


def contents(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size if path.is_file() else -1 for path in folder.rglob("*")}


# avatars


@pytest.fixture
def shelf(avatar_file, tmp_path, monkeypatch) -> Path:
    """checkpoints/ with two avatars."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for name in ("josh.ckpt", "mary.ckpt"):
        shutil.copy(avatar_file, folder / name)
    monkeypatch.setattr("phynes_core.checkpoint.CHECKPOINTS", folder)
    return folder


@pytest.mark.parametrize("command", ["view", "render", "turntable", "evaluate", "bench"])
def test_a_misspelt_avatar_lists_those_that_exist(refuse, shelf, tmp_path, command):
    needed = {"render": ["--out", tmp_path / "out"], "turntable": ["--out", tmp_path / "t.mp4"]}
    needed["evaluate"] = ["--out", tmp_path / "report", "--data", make_capture(tmp_path / "capture")]
    line = refuse(command, "--avatar", "jsoh.ckpt", *needed.get(command, []))
    assert "jsoh.ckpt" in line and "did you mean josh.ckpt?" in line and "mary.ckpt" in line


def test_a_missing_avatar_option_is_named(refuse):
    assert "missing --avatar" in refuse("view")


def edited(source: Path, target: Path, change=None, metadata=None) -> Path:
    """A copy of a checkpoint with other tensors or metadata."""
    with safe_open(source, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        entry = json.loads(file.metadata()[METADATA_KEY])
    if change:
        change(tensors)
    if metadata:
        metadata(entry)
    save_file(tensors, target, {METADATA_KEY: json.dumps(entry)})
    return target


def poison(tensors: dict[str, torch.Tensor]) -> None:
    tensors["albedo.mlp.0.weight"][0, 0] = float("nan")


def shorten(tensors: dict[str, torch.Tensor]) -> None:
    tensors["light.probes"] = tensors["light.probes"][:8].clone()


BAD_CHECKPOINTS = {
    "truncated": ["safetensors", "copy it again"],
    "foreign": ["safetensors"],
    "empty": ["safetensors"],
    "other_safetensors": ["something else"],
    "nan": ["albedo.mlp.0.weight", "NaN"],
    "future": ["format_version", "got 999", "update this program"],
    "missing_tensor": ["roughness.grid"],
    "wrong_shape": ["light.probes", "(16, 32, 3)", "(8, 32, 3)"],
    "unknown_body": ["--smpl"],
}


@pytest.mark.parametrize("kind", BAD_CHECKPOINTS)
def test_a_damaged_checkpoint_names_the_file_and_the_field(refuse, avatar_file, tmp_path, kind):
    path = tmp_path / f"{kind}.ckpt"
    if kind == "truncated":
        path.write_bytes(avatar_file.read_bytes()[:-100])
    elif kind == "foreign":
        path.write_bytes(b"\x80\x04\x95 a pickle of another program, of some length \x94.")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "other_safetensors":
        save_file({"weights": torch.zeros(3)}, path)
    elif kind == "nan":
        edited(avatar_file, path, poison)
    elif kind == "future":
        edited(avatar_file, path, metadata=lambda entry: entry.update(format_version=999))
    elif kind == "missing_tensor":
        edited(avatar_file, path, lambda tensors: tensors.pop("roughness.grid"))
    elif kind == "wrong_shape":
        edited(avatar_file, path, shorten)
    else:
        edited(avatar_file, path, metadata=lambda entry: entry["body"].update(hash="0" * 64, name="SMPL_MALE"))
    line = refuse("render", "--avatar", path, "--out", tmp_path / "out")
    assert str(path) in line
    assert all(part in line for part in BAD_CHECKPOINTS[kind]), line


# light


BAD_PROBES = {
    "absent.exr": ["studio"],
    "text.exr": ["OpenEXR"],
    "text.hdr": ["Radiance"],
    "text.png": ["picture"],
    "square.exr": ["twice as wide as high", "64 x 64"],
    "sky.jpeg": [".exr, .hdr or .png"],
    "black.exr": ["some light"],
}


@pytest.mark.parametrize("name", BAD_PROBES)
def test_a_bad_probe_names_the_file_and_the_remedy(refuse, avatar_file, tmp_path, name):
    path = tmp_path / name
    if name.startswith(("text", "sky")):
        path.write_text("this is no picture")
    elif name == "square.exr":
        write_exr(path, np.ones((64, 64, 3), np.float32))
    elif name == "black.exr":
        write_exr(path, np.zeros((16, 32, 3), np.float32))
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--probe", path)
    assert name in line
    assert all(part in line for part in BAD_PROBES[name]), line


# numbers


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--lamp", "10,20"], "--lamp: expected az,el,intensity[,radius]"),
        (["--lamp", "10,20,-1"], "--lamp"),
        (["--camera", "0,0,0"], "--camera: expected a distance above 0"),
        (["--camera", "0,0,inf"], "--camera: expected az,el,dist"),
        (["--size", "0"], "--size"),
        (["--size", "100000"], "--size"),
        (["--probe-yaw", "nan"], "--probe-yaw"),
        (["--probe-intensity", "-1"], "--probe-intensity"),
        (["--buffers", "radiance,albdo"], "--buffers"),
        (["--format", "jpg"], "--format"),
        (["--frame", "3"], "--motion"),
        (["--motion", "walk", "--frame", "100000"], "--frame: expected 0 to"),
        (["--motion", "wlak"], "walk"),
        (["--supersample", "0"], "--supersample"),
        (["--bright-sources", "-1"], "--bright-sources"),
        (["--bufers", "all"], "did you mean --buffers?"),
    ],
)
def test_a_bad_value_names_the_option(refuse, avatar_file, tmp_path, options, expected):
    assert expected in refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", *options)


def test_a_motion_of_the_wrong_shape_is_named(refuse, avatar_file, tmp_path):
    path = tmp_path / "bad.npz"
    np.savez(path, global_orient=np.zeros((4, 3)), body_pose=np.zeros((4, 21, 3)), transl=np.zeros((4, 3)), fps=30.0)
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--motion", path)
    assert "body_pose" in line and str(path) in line


# captures


def make_capture(root: Path) -> Path:
    """Three views of two frames, 16 x 16."""
    target = torch.tensor([0.0, 0.9, 0.0])
    splits = {"00": "train", "01": "train", "02": "test"}
    save_cameras(root, {name: orbit_camera(target, 30.0, 0.0, 3.0, 16, 16) for name in splits}, splits)
    poses = {frame: Pose.rest() for frame in (0, 1)}
    body = load_bundled_body()
    save_body_parameters(root, poses, dict.fromkeys(poses, "train"), body.name, body.content_hash)
    for name in splits:
        for frame in poses:
            save_view(root, name, frame, torch.full((16, 16, 3), 0.2), torch.ones(16, 16))
    return root


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("no folder", ["expected a capture folder"]),
        ("no cameras", ["cameras.json"]),
        ("camera without a matrix", ["cameras.json", "camera 01", "T_cam_world"]),
        ("no image", ["images", "01", "000001.png"]),
        ("no mask", ["masks", "00", "000000.png"]),
        ("image of another size", ["images", "16"]),
        ("pose of the wrong shape", ["body.npz", "body_pose", "69"]),
        ("betas of the wrong shape", ["body.npz", "betas"]),
        ("pose with NaN", ["body.npz", "transl"]),
        ("no body parameters", ["body.npz"]),
    ],
)
def test_a_bad_capture_names_the_file_that_is_wrong(refuse, tmp_path, damage, expected):
    root = make_capture(tmp_path / "capture")
    body = dict(np.load(root / "body.npz")) if damage else {}
    if damage == "no folder":
        shutil.rmtree(root)
    elif damage == "no cameras":
        (root / "cameras.json").unlink()
    elif damage == "camera without a matrix":
        content = json.loads((root / "cameras.json").read_text())
        del content["cameras"]["01"]["T_cam_world"]
        (root / "cameras.json").write_text(json.dumps(content))
    elif damage == "no image":
        (root / "images/01/000001.png").unlink()
    elif damage == "no mask":
        (root / "masks/00/000000.png").unlink()
    elif damage == "image of another size":
        write_png(root / "images/00/000000.png", np.zeros((8, 16, 3), np.uint8))
    elif damage == "pose of the wrong shape":
        np.savez(root / "body.npz", **{**body, "body_pose": np.zeros((2, 66), np.float32)})
    elif damage == "betas of the wrong shape":
        np.savez(root / "body.npz", **{**body, "betas": np.zeros((2, 10), np.float32)})
    elif damage == "pose with NaN":
        np.savez(root / "body.npz", **{**body, "transl": np.full((2, 3), np.nan, np.float32)})
    else:
        (root / "body.npz").unlink()
    runs = tmp_path / "runs"
    line = refuse("train", "--data", root, "--out", tmp_path / "new.ckpt", "--run-folder", runs)
    assert all(part in line for part in expected), line


# places, machines, backends


@pytest.mark.parametrize("command", ["render", "turntable", "train", "evaluate", "synthesize"])
def test_an_unwritable_output_is_found_before_the_work(refuse, avatar_file, tmp_path, command):
    wall = tmp_path / "file"
    wall.write_text("not a folder")
    capture = make_capture(tmp_path / "capture")
    avatar = ["--avatar", avatar_file]
    options = {
        "render": [*avatar, "--out", wall / "out"],
        "turntable": [*avatar, "--out", wall / "t.mp4"],
        "train": ["--data", capture, "--out", wall / "a.ckpt", "--run-folder", tmp_path / "runs"],
        "evaluate": [*avatar, "--data", capture, "--out", wall / "report"],
        "synthesize": ["--out", wall / "capture"],
    }
    line = refuse(command, *options[command])
    assert str(wall) in line and "cannot write here" in line


def test_a_result_that_cannot_be_written_on_the_way_is_one_line_too(avatar_file, tmp_path, capsys, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    out = tmp_path / "out"
    assert cli.main(["render", "--avatar", str(avatar_file), "--out", str(out), "--size", "32"]) == 2
    said = capsys.readouterr()
    check_line(said.err)
    assert "radiance.png" in said.err and "No space left" in said.err
    assert list(out.iterdir()) == []


def test_an_unknown_backend_lists_those_that_exist(refuse, avatar_file, tmp_path):
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--backend", "tpu")
    assert "'tpu'" in line and "numba" in line and "reference" in line


def test_a_backend_that_cannot_run_here_is_named_with_its_cause(refuse, avatar_file, tmp_path, monkeypatch):
    monkeypatch.setattr(backends, "missing_cause", lambda name: "llvm is broken" if name == "numba" else None)
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--backend", "numba")
    assert "llvm is broken" in line and "install" in line


def test_a_missing_ffmpeg_is_named_with_its_remedy(refuse, avatar_file, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "no-such-ffmpeg"))
    line = refuse("turntable", "--avatar", avatar_file, "--out", tmp_path / "t.mp4", "--seconds", "0.1", "--size", "32")
    assert "ffmpeg" in line and "install" in line


def test_without_a_display_the_viewer_suggests_render(avatar_file):
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    result = launch(["--avatar", str(avatar_file)], environment)
    assert result.returncode == 2, result.stderr
    check_line(result.stderr)
    assert "python launch.py render" in result.stderr


def test_launch_itself_ends_in_one_line_and_code_two(tmp_path):
    result = launch(["render", "--avatar", "nobody.ckpt", "--out", str(tmp_path / "out")], dict(os.environ))
    assert result.returncode == 2
    check_line(result.stderr)
    assert "nobody.ckpt" in result.stderr and not (tmp_path / "out").exists()


def launch(argv: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launch", *argv]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
