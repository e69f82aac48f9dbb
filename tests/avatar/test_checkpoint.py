"""Checkpoints are loaded as they were saved; files from unknown sources are refused in one line."""

import dataclasses
import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from phynes_core.avatar.avatar import OFFSET_MAP, TEXTURE_MAP, Avatar
from phynes_core.avatar.checkpoint import FORMAT_VERSION, load_checkpoint, resolve_avatar_path, save_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.body.subdivide import split_body
from phynes_core.errors import CheckpointError


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    """Random maps on the bundled body."""
    torch.manual_seed(0)
    avatar = Avatar.untrained(load_bundled_body(), "test")
    with torch.no_grad():
        for parameter in avatar.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return avatar


@pytest.fixture
def path(avatar, tmp_path):
    """A saved checkpoint."""
    save_checkpoint(tmp_path / "test.ckpt", avatar)
    return tmp_path / "test.ckpt"


def _tampered(path, change_tensors=None, change_metadata=None):
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        metadata = json.loads(file.metadata()["phynes"])
    if change_tensors:
        change_tensors(tensors)
    if change_metadata:
        change_metadata(metadata)
    target = path.with_name("tampered.ckpt")
    save_file(tensors, target, {"phynes": json.dumps(metadata)})
    return target


def test_an_avatar_comes_back_as_it_went_in(avatar, path):
    """All maps answer the same, but for the grids' float16."""
    loaded = load_checkpoint(path)
    uv, pose = torch.rand(100, 2), torch.randn(72)
    for name in ("offset", "texture", "albedo", "roughness"):
        before, after = getattr(avatar, name)(uv, pose), getattr(loaded, name)(uv, pose)
        torch.testing.assert_close(after, before, atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(loaded.light, avatar.light)
    assert loaded.name == "test"
    assert path.stat().st_size < 12e6


def test_saving_what_was_loaded_changes_nothing(path, tmp_path):
    """float16 grids survive a second round bit for bit."""
    save_checkpoint(tmp_path / "again.ckpt", load_checkpoint(path))
    assert (tmp_path / "again.ckpt").read_bytes() == path.read_bytes()


def test_truncated_files_are_refused(path):
    """Cut in the header and cut in the tensors."""
    content = path.read_bytes()
    for size in (0, 5, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(CheckpointError, match=r"test\.ckpt"):
            load_checkpoint(path)


def test_foreign_files_are_refused_and_never_run(path, tmp_path):
    """A pickle that would write a file, text, and another safetensors file."""
    trap = tmp_path / "sprung"
    path.write_bytes(b"cos\nsystem\n(S'touch " + str(trap).encode() + b"'\ntR.")
    with pytest.raises(CheckpointError):
        load_checkpoint(path)
    assert not trap.exists()
    path.write_text("hello")
    with pytest.raises(CheckpointError):
        load_checkpoint(path)
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="something else"):
        load_checkpoint(path)


def _set_version(metadata):
    metadata["format_version"] = FORMAT_VERSION + 1


def _drop_f0(metadata):
    del metadata["f0"]


def _enlarge(metadata):
    metadata["maps"]["albedo"]["encoding"]["log2_entries"] = 60


def _add_setting(metadata):
    metadata["maps"]["albedo"]["sharpness"] = 3


def _two_channels(metadata):
    metadata["maps"]["offset"]["output_channels"] = 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_two_channels, "maps.offset': output_channels: expected 1 or 3, got 2"),
        (_set_version, "format_version"),
        (_drop_f0, "f0"),
        (_enlarge, "log2_entries"),
        (_add_setting, "sharpness"),
    ],
)
def test_wrong_metadata_is_refused(path, change, words):
    """A future version, a missing field, a size that would eat the memory, an unknown setting."""
    with pytest.raises(CheckpointError, match=words):
        load_checkpoint(_tampered(path, change_metadata=change))


def _poison(tensors):
    tensors["albedo.mlp.1.weight"][3, 4] = float("nan")


def _cut_layer(tensors):
    tensors["texture.mlp.0.weight"] = tensors["texture.mlp.0.weight"][:, :50].contiguous()


def _drop_light(tensors):
    del tensors["light.probes"]


def _negative_light(tensors):
    tensors["light.probes"] = tensors["light.probes"] - 100.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_poison, r"albedo\.mlp\.1\.weight.*finite"),
        (_cut_layer, r"texture\.mlp\.0\.weight.*\(64, 104\).*\(64, 50\)"),
        (_drop_light, r"light\.probes"),
        (_negative_light, "radiance >= 0"),
    ],
)
def test_wrong_tensors_are_refused(path, change, words):
    """NaN, a wrong shape, a missing tensor, negative light: the field, what was expected and what was found."""
    with pytest.raises(CheckpointError, match=words) as caught:
        load_checkpoint(_tampered(path, change_tensors=change))
    assert "\n" not in str(caught.value)


def test_a_body_that_does_not_ship_must_be_named(path):
    """A licensed body is referenced by hash, never embedded."""
    other = _tampered(path, change_metadata=lambda metadata: metadata["body"].update(hash="0" * 64, name="smpl"))
    with pytest.raises(CheckpointError, match="--smpl"):
        load_checkpoint(other)


def test_an_unknown_name_lists_those_that_exist():
    """And suggests the nearest."""
    with pytest.raises(CheckpointError, match="available:"):
        resolve_avatar_path("nobody-has-this-name")


def test_a_split_body_and_a_map_without_a_grid_come_back(tmp_path):
    plain = dataclasses.replace(TEXTURE_MAP, frequency_octaves=4)
    avatar = Avatar.untrained(split_body(load_bundled_body(), 1), "split", texture=plain)
    save_checkpoint(tmp_path / "split.ckpt", avatar)
    loaded = load_checkpoint(tmp_path / "split.ckpt")
    assert torch.equal(loaded.body.faces, avatar.body.faces) and torch.equal(loaded.body.uv, avatar.body.uv)
    uv, pose = torch.rand(100, 2), torch.randn(72)
    torch.testing.assert_close(loaded.texture(uv, pose), avatar.texture(uv, pose))


def test_vectors_come_back_as_vectors(tmp_path):
    """Only the shape of the offset map says which kind it is; a file whose tensors say otherwise is refused."""
    vectors = dataclasses.replace(OFFSET_MAP, output_channels=3)
    avatar = Avatar.untrained(load_bundled_body(), "vectors", offset=vectors)
    avatar.offset.head.weight.data.normal_(std=0.01)
    save_checkpoint(tmp_path / "vectors.ckpt", avatar)
    loaded = load_checkpoint(tmp_path / "vectors.ckpt")
    assert loaded.has_vector_offsets and loaded.vertex_offsets(torch.zeros(72)).shape == (loaded.body.num_vertices, 3)
    torch.testing.assert_close(loaded.vertex_offsets(torch.ones(72)), avatar.vertex_offsets(torch.ones(72)))
    lying = _tampered(
        tmp_path / "vectors.ckpt",
        change_metadata=lambda metadata: metadata["maps"]["offset"].update(output_channels=1),
    )
    with pytest.raises(CheckpointError, match=r"offset\.mlp.*shape"):
        load_checkpoint(lying)


def test_an_impossible_number_of_splits_is_refused(path):
    tampered = _tampered(path, change_metadata=lambda metadata: metadata["body"].update(splits=9))
    with pytest.raises(CheckpointError, match=r"body.splits': expected 0 to 2, got 9"):
        load_checkpoint(tampered)
