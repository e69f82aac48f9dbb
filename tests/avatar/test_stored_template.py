"""A person's own mesh in a checkpoint: it comes back, holds nothing of the body, and hostile numbers are named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, safe_open, save_file

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import load_checkpoint, save_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose
from phynes_core.body.subdivide import split_body
from phynes_core.body.template import NUM_DIRECTIONS, template_body
from phynes_core.errors import CheckpointError
from tests.body_template import body_as_template


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    """Random maps on the bundled body's mesh, which stands off it a little."""
    torch.manual_seed(0)
    template = body_as_template()
    moved = 0.01 * torch.randn(50, 3, NUM_DIRECTIONS)
    template = replace(
        template, offset=0.01 * torch.randn_like(template.offset), moved_vertex=torch.arange(100, 200, 2), moved=moved
    )
    return Avatar.untrained(template_body(template, load_bundled_body()), "dressed")


@pytest.fixture
def path(avatar, tmp_path) -> Path:
    save_checkpoint(tmp_path / "dressed.ckpt", avatar)
    return tmp_path / "dressed.ckpt"


def _tampered(path: Path, name: str, change) -> Path:
    tensors = load_file(path)
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    tensors[name] = change(tensors[name]).contiguous()
    save_file(tensors, path.with_name("tampered.ckpt"), metadata)
    return path.with_name("tampered.ckpt")


def test_the_mesh_comes_back_as_it_went_in(avatar, path):
    loaded = load_checkpoint(path)
    pose = Pose.rest()
    torch.testing.assert_close(loaded.displaced_vertices(pose), avatar.displaced_vertices(pose), atol=1e-4, rtol=0)
    assert loaded.body.content_hash == avatar.body.content_hash
    assert torch.equal(loaded.body.uv_faces, avatar.body.uv_faces)


def test_saving_what_was_loaded_changes_nothing(path, tmp_path):
    save_checkpoint(tmp_path / "again.ckpt", load_checkpoint(path))
    assert (tmp_path / "again.ckpt").read_bytes() == path.read_bytes()


def test_a_split_template_comes_back(avatar, tmp_path):
    body = avatar.body
    avatar.body = split_body(body, 1)
    save_checkpoint(tmp_path / "split.ckpt", avatar)
    avatar.body = body
    assert load_checkpoint(tmp_path / "split.ckpt").body.num_faces == 4 * body.num_faces


def test_a_checkpoint_holds_nothing_of_the_body(avatar, path):
    """No tensor of the file is a tensor of the body, nor a linear function of its places' rows."""
    body, tensors = load_bundled_body(), load_file(path)
    secret = {"v_template", "shapedirs", "posedirs", "weights", "joint_regressor"}
    shapes = {tuple(getattr(body, name).shape) for name in secret - {"v_template"}}
    assert not [name for name, value in tensors.items() if tuple(value.shape) in shapes]
    offset = tensors["template.offset"]  # random here, so it must not correlate with the vertices
    assert abs(torch.corrcoef(torch.stack([offset[:, 1], body.v_template[:, 1]]))[0, 1]) < 0.1


def test_format_1_still_loads(tmp_path):
    save_checkpoint(tmp_path / "new.ckpt", Avatar.untrained(load_bundled_body(), "bare"))
    with safe_open(tmp_path / "new.ckpt", "pt") as file:
        metadata = json.loads(file.metadata()["phynes"])
    metadata["format_version"] = 1
    save_file(load_file(tmp_path / "new.ckpt"), tmp_path / "old.ckpt", {"phynes": json.dumps(metadata)})
    assert load_checkpoint(tmp_path / "old.ckpt").body.template is None


def test_templates_without_directions_of_their_own_load(avatar, tmp_path):
    tight = replace(avatar.body.template, moved_vertex=torch.zeros(0, dtype=torch.int64))
    tight = replace(tight, moved=torch.zeros(0, 3, NUM_DIRECTIONS))
    other = Avatar.untrained(template_body(tight, load_bundled_body()), "tight")
    save_checkpoint(tmp_path / "tight.ckpt", other)
    assert not [name for name in load_file(tmp_path / "tight.ckpt") if "moved" in name]
    body = load_checkpoint(tmp_path / "tight.ckpt").body
    assert body.content_hash == other.body.content_hash != avatar.body.content_hash


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("template.place_face", lambda t: t + 20_000),
        ("template.place_face", lambda t: t[:-1]),
        ("template.faces", lambda t: -t - 1),
        ("template.faces", lambda t: t.float()),
        ("template.offset", lambda t: t + float("nan")),
        ("template.offset", lambda t: t + 100.0),
        ("template.share", lambda t: 0.5 * t),
        ("template.share_vertex", lambda t: t[:, :3]),
        ("template.place_barycentric", lambda t: t[:, :2]),
        ("template.uv", lambda t: t + 1.0),
        ("template.uv_faces", lambda t: t.flip(0)),
        ("template.faces", lambda t: t[:0]),
        ("template.moved_vertex", lambda t: t + 20_000),
        ("template.moved_vertex", torch.zeros_like),
        ("template.moved", lambda t: t[:-1]),
        ("template.moved", lambda t: t * float("inf")),
    ],
)
def test_tampered_templates_are_refused_in_one_line(path, name, change):
    with pytest.raises(CheckpointError, match=name) as refused:
        load_checkpoint(_tampered(path, name, change))
    assert "\n" not in str(refused.value)


def test_a_missing_tensor_is_named(path):
    tensors = load_file(path)
    del tensors["template.share"]
    with safe_open(path, "pt") as file:
        save_file(tensors, path.with_name("cut.ckpt"), file.metadata())
    with pytest.raises(CheckpointError, match=r"template\.share"):
        load_checkpoint(path.with_name("cut.ckpt"))
