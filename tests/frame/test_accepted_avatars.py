"""Whatever checkpoint is accepted can be rendered: hundreds of damaged ones are refused, or make finite pictures."""

import copy
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import METADATA_KEY, load_checkpoint, save_checkpoint
from phynes_core.avatar.stored_maps import MAP_CHANNELS
from phynes_core.body.files import load_bundled_body
from phynes_core.errors import CheckpointError
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.tensor_files import read_tensors
from phynes_core.io.untrusted import FileKind
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

NUM_MUTANTS = 500
FACTORS = (0.0, -1.0, 1e-3, 3.0, 1e3, 1e6, 1e12, 1e20, 1e30, 3e38, float("inf"), float("nan"))
TYPES = (torch.float64, torch.int32, torch.bfloat16, torch.bool, torch.float16)
VALUES = (
    0, 1, -1, 2, 3, 7, 24, 64, 72, 1024, 65535, 10**9, 10**17, 10**400, True, None, "", "x", "relu", "linear",
    "sigmoid", 0.0, 0.5, -0.5, 1e-30, 1e30, 1e308, float("nan"), float("inf"), [], [1], {}, {"x": 1}, [[[[]]]],
)  # fmt: skip


@pytest.fixture(scope="module")
def body():
    """Kept, so that it is read once."""
    return load_bundled_body()


@pytest.fixture(scope="module")
def stored(body, tmp_path_factory) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the metadata of a small avatar."""
    torch.manual_seed(0)
    grid = HashEncodingConfig(num_levels=2, log2_entries=6, base_resolution=4, finest_resolution=16)
    plain = Avatar.untrained(body)
    small = {
        name: replace(getattr(plain, name).config, encoding=grid, hidden_width=8, num_layers=2) for name in MAP_CHANNELS
    }
    path = tmp_path_factory.mktemp("avatar") / "small.ckpt"
    avatar = Avatar.untrained(body, "small", **small)
    with torch.no_grad():
        for parameter in avatar.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))
    save_checkpoint(path, avatar)
    file = read_tensors(path, FileKind("avatar", 1 << 20, CheckpointError, ""))
    return load(path.read_bytes()), json.loads(file.metadata[METADATA_KEY])


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container and key in some nested dictionaries."""
    found = [(value, key) for key in value]
    return found + [place for item in value.values() if isinstance(item, dict) for place in places(item)]


def mutate(tensors: dict[str, Tensor], metadata: dict[str, Any], draw: random.Random) -> None:
    """One to three changes: numbers scaled or set, shapes and types changed, fields replaced, dropped or added."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        name = draw.choice(sorted(tensors))
        value = tensors[name]
        kind = draw.randrange(8)
        if kind < 2:
            tensors[name] = value * draw.choice(FACTORS)
        elif kind == 2 and value.numel():
            tensors[name] = value.clone()
            tensors[name].view(-1)[draw.randrange(value.numel())] = draw.choice(FACTORS)
        elif kind == 3:
            tensors[name] = value[: draw.randrange(len(value) + 1)].contiguous()
        elif kind == 4:
            tensors[name] = value.to(
                draw.choice([torch.float64, torch.int32, torch.bfloat16, torch.bool, torch.float16])
            )
        else:
            holder, key = draw.choice(places(metadata))
            if kind == 5:
                del holder[key]
            elif kind == 6:
                holder["more"] = draw.choice(VALUES)
            else:
                holder[key] = draw.choice(VALUES)


def rendered(avatar: Avatar) -> torch.Tensor:
    """A small picture under a light that shows everything, in the avatar's first training pose."""
    pose = avatar.training_poses[0]
    camera = orbit_camera(torch.tensor([0.0, 0.0, 0.0]), 20.0, 10.0, 4.0, 24, 24)
    posed = replace(avatar.rest_pose(), body_pose=pose[3:].view(-1, 3).clamp(-3.0, 3.0))
    scene = Scene((PosedAvatar(avatar, posed),), camera, Lighting(Environment(avatar.light)))
    return FrameRenderer().render(scene).radiance


@pytest.mark.parametrize("part", range(4))
def test_every_accepted_mutant_renders(stored, tmp_path, part):
    draw = random.Random(part)
    accepted = refused = 0
    path: Path = tmp_path / "mutant.ckpt"
    for _ in range(NUM_MUTANTS // 4):
        tensors, metadata = dict(stored[0]), copy.deepcopy(stored[1])
        mutate(tensors, metadata, draw)
        path.write_bytes(save(tensors, {METADATA_KEY: json.dumps(metadata)}))
        try:
            avatar = load_checkpoint(path)
        except CheckpointError as error:
            assert str(error).isprintable()
            refused += 1
            continue
        accepted += 1
        assert torch.isfinite(rendered(avatar)).all(), metadata
    assert accepted > 10 and refused > 50
