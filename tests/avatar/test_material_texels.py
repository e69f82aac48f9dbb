"""Material textures: what they hold, whom they serve, and the files that keep them."""

import os
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from phynes_core.avatar import stored_texels as stored
from phynes_core.avatar.avatar import ALBEDO_MAP, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP, Avatar
from phynes_core.avatar.material_texels import Baking, MaterialTexels, baked, content_hash, texture_side
from phynes_core.avatar.stored_texels import cache_folder, read_texels_file, store_texels
from phynes_core.errors import CheckpointError
from phynes_core.maps.encodings import HashEncoding, HashEncodingConfig
from tests.small_body import small_body

GRID = HashEncodingConfig(num_levels=3, log2_entries=10, base_resolution=4, finest_resolution=16)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def an_avatar(seed: int = 0, pose_dim: int = 0, **albedo) -> Avatar:
    torch.manual_seed(seed)
    maps = [
        replace(config, encoding=GRID, hidden_width=8, pose_dim=pose_dim)
        for config in (OFFSET_MAP, TEXTURE_MAP, ALBEDO_MAP, ROUGHNESS_MAP)
    ]
    avatar = Avatar.untrained(small_body(), "small", *maps[:2], replace(maps[2], **albedo), maps[3])
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness):
            if isinstance(network.encoding, HashEncoding):
                network.encoding.grid.normal_(std=0.5)
    return avatar.requires_grad_(False)


def a_vector(seed: int = 1) -> torch.Tensor:
    return 0.3 * torch.randn(72, generator=torch.Generator().manual_seed(seed))


def test_the_texture_holds_what_the_maps_say_all_over_the_square():
    """Two texels for each cell of the finest level. Measured: 2.4e-2 at most, 2e-3 in the mean."""
    avatar, vector = an_avatar(), a_vector()
    assert texture_side(avatar) == 32
    uv = torch.rand(2000, 2)
    albedo, roughness = baked(avatar, vector).read(uv)
    errors = torch.cat(
        [albedo - avatar.query_albedo(uv, vector), (roughness - avatar.query_roughness(uv, vector))[:, None]], 1
    )
    assert errors.abs().max() < 0.05 and errors.abs().mean() < 0.004


def test_it_serves_one_avatar_and_where_materials_follow_the_pose_one_pose():
    still, following = an_avatar(), an_avatar(pose_dim=72)
    assert baked(still, a_vector()).serves(still, a_vector(2))
    texels = baked(following, a_vector())
    assert texels.serves(following, a_vector()) and not texels.serves(following, a_vector(2))
    assert not texels.serves(an_avatar(pose_dim=72), a_vector())


def test_it_is_made_in_steps_and_keeps_no_avatar_alive():
    avatar = an_avatar()
    baking, texels = Baking(avatar, a_vector()), None
    while texels is None:
        texels = baking.step(avatar)
    del avatar
    assert not texels.serves(an_avatar(), a_vector())


def test_maps_that_are_finer_than_a_texture_have_none():
    assert texture_side(an_avatar(frequency_octaves=4)) is None
    assert texture_side(an_avatar(encoding=replace(GRID, finest_resolution=2048))) is None
    with pytest.raises(ValueError, match="texture_side"):
        Baking(an_avatar(frequency_octaves=4), a_vector())


def test_the_largest_takes_less_than_64_megabytes():
    side = texture_side(an_avatar(encoding=replace(GRID, finest_resolution=1024)))
    assert side == 2048 and side * side * 4 * 2 < 64e6


def test_a_stored_texture_comes_back_the_same():
    avatar, vector = an_avatar(), a_vector()
    assert stored.stored_texels(avatar, vector) is None
    texels = baked(avatar, vector)
    store_texels(avatar, vector, texels)
    found = stored.stored_texels(avatar, vector)
    assert torch.equal(found.image, texels.image) and found.serves(avatar, vector)


def test_the_hash_names_everything_that_the_texture_follows_from():
    def changed(change):
        avatar = an_avatar()
        change(avatar)
        return content_hash(avatar, a_vector())

    hashes = {
        changed(lambda avatar: None),
        changed(lambda avatar: avatar.albedo.encoding.grid[3].add_(1e-3)),
        changed(lambda avatar: avatar.albedo.head.bias.add_(1e-3)),
        changed(lambda avatar: avatar.roughness.hidden[1].weight[0].add_(1e-3)),
        content_hash(an_avatar(activation="relu"), a_vector()),
        content_hash(an_avatar(pose_dim=72), a_vector()),
        content_hash(an_avatar(pose_dim=72), a_vector(2)),
    }
    assert len(hashes) == 7
    assert changed(lambda avatar: avatar.texture.head.bias.add_(1.0)) in hashes  # another map
    assert content_hash(an_avatar(), a_vector(2)) in hashes  # materials do not see the pose


@pytest.mark.parametrize(
    "damage", ["empty", "cut", "a bit", "other size", "other numbers", "another tensor", "no checksum", "folder"]
)
def test_a_damaged_file_is_made_anew(damage, caplog):
    avatar, vector = an_avatar(), a_vector()
    store_texels(avatar, vector, baked(avatar, vector))
    (path,) = cache_folder().iterdir()
    content, image = path.read_bytes(), baked(avatar, vector).image
    if damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage in ("empty", "cut"):
        path.write_bytes(b"" if damage == "empty" else content[:-7])
    elif damage == "a bit":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 16]) + content[-8:])
    else:
        tensors = {
            "other size": {"materials": image[:16].contiguous()},
            "other numbers": {"materials": image.float()},
            "another tensor": {"materials": image, "more": image.clone()},
            "no checksum": {"materials": image},
        }
        save_file(tensors[damage], path)
    assert stored.stored_texels(avatar, vector) is None
    assert path.name in caplog.text and caplog.text.count("\n") == 1
    assert damage == "folder" or not path.exists()


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.texels"
    with open(path, "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CheckpointError, match="expected at most 32 MB"):
        read_texels_file(path, 2048)


def test_the_folder_keeps_the_files_that_were_used_last(monkeypatch):
    monkeypatch.setattr(stored, "MOST_FILES", 2)
    avatars, vector = [an_avatar(seed) for seed in range(3)], a_vector()
    for second, avatar in enumerate(avatars[:2]):
        store_texels(avatar, vector, baked(avatar, vector))
        for path in cache_folder().glob(f"{content_hash(avatar, vector)}*"):
            _touch(path, second)
    assert stored.stored_texels(avatars[0], vector)
    store_texels(avatars[2], vector, baked(avatars[2], vector))
    kept = [stored.stored_texels(avatar, vector) is not None for avatar in avatars]
    assert kept == [True, False, True]


def _touch(path, second):
    os.utime(path, (second, second))


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, caplog):
    (tmp_path / "cache").write_text("a file")
    avatar = an_avatar()
    with caplog.at_level("INFO"):
        store_texels(avatar, a_vector(), MaterialTexels(avatar, a_vector(), torch.zeros(2, 2, 4, dtype=torch.int16)))
    assert "is not kept" in caplog.text
