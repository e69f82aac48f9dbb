"""Avatars that are misspelt, missing or damaged: an error of one line that names the file and the field."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from app import cli
from phynes_core.avatar.checkpoint import METADATA_KEY
from tests.app.small_capture import make_capture


@pytest.fixture
def checkpoints(avatar_file, tmp_path, monkeypatch) -> Path:
    """A folder checkpoints/ with two avatars."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for name in ("josh.ckpt", "mary.ckpt"):
        shutil.copy(avatar_file, folder / name)
    monkeypatch.setattr("phynes_core.avatar.checkpoint.CHECKPOINTS", folder)
    monkeypatch.setattr("phynes_core.io.shipped_files.CHECKPOINTS", folder)
    return folder


@pytest.mark.parametrize("command", ["view", "render", "turntable", "evaluate", "bench"])
def test_a_misspelt_avatar_lists_those_that_exist(refuse, checkpoints, tmp_path, command):
    needed = {"render": ["--out", tmp_path / "out"], "turntable": ["--out", tmp_path / "t.mp4"]}
    needed["evaluate"] = ["--out", tmp_path / "report", "--data", make_capture(tmp_path / "capture")]
    line = refuse(command, "--avatar", "jsoh.ckpt", *needed.get(command, []))
    assert "jsoh.ckpt" in line and "did you mean josh.ckpt?" in line and "mary.ckpt" in line


def test_a_missing_avatar_option_is_named(refuse, tmp_path):
    assert "missing --avatar" in refuse("render", "--out", tmp_path / "out")


def test_the_viewer_opens_josh_when_nothing_else_is_asked_for(monkeypatch):
    shown = []

    class Loop:
        def __init__(self, store, *rest):
            shown.append(store.state.body.avatar)

        def run(self):
            pass

    monkeypatch.setattr("app.viewer.loop.ViewerLoop", Loop)
    assert cli.main([]) == 0
    assert [Path(path).name for path in shown] == ["josh.ckpt"]


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


def put_nan(tensors: dict[str, torch.Tensor]) -> None:
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
        edited(avatar_file, path, put_nan)
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
