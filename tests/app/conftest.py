"""An avatar to render with: the bundled body, small untrained maps, a light with a bright side."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from phynes_core.avatar import ALBEDO_MAP, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP, Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.checkpoint import save_checkpoint
from phynes_core.maps.hash_encoding import HashEncodingConfig

SMALL = HashEncodingConfig(num_levels=2, log2_entries=8, base_resolution=4, finest_resolution=8)


@pytest.fixture(scope="session")
def avatar_file(tmp_path_factory) -> Path:
    """A checkpoint that renders quickly."""
    torch.manual_seed(5)
    maps = [
        replace(config, encoding=SMALL, hidden_width=8)
        for config in (OFFSET_MAP, TEXTURE_MAP, ALBEDO_MAP, ROUGHNESS_MAP)
    ]
    avatar = Avatar.untrained(load_bundled_body(), "somebody", *maps)
    avatar.light[4:8, 24] = 20.0  # above the horizon, toward +Z
    path = tmp_path_factory.mktemp("avatars") / "somebody.ckpt"
    save_checkpoint(path, avatar)
    return path
