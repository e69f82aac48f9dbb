"""An avatar's materials as one texture over the UV square, asked of its maps once for one pose vector."""

import hashlib
import json
import weakref
from dataclasses import asdict

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.texels import texel_centers
from phynes_core.maps.encodings import HashEncoding
from phynes_core.maps.neural_map import NeuralMap
from phynes_core.maps.texels import coded, read_texels

# Texels for each cell of the maps' finest level, a side: against asking per pixel, radiance is then 60 dB alike over
# josh's and ada's pixels; one texel a cell gives 51 (tests/frame/test_texels_in_frames.py).
TEXELS_PER_CELL = 2
MOST_SIDE = 2048  # 32 MB
CHANNELS = 4  # red, green, blue, roughness
TEXELS_PER_STEP = 1 << 14  # asked for at once: 4 ms of two cores
VERSION = 2  # of what a texture and its file hold


class MaterialTexels:
    """The texture. It serves one avatar and, where the materials follow the pose, one pose vector."""

    def __init__(self, avatar: Avatar, vector: Tensor, image: Tensor) -> None:  # [72]; [R, R, CHANNELS] int16, coded
        self._avatar = weakref.ref(avatar)
        self._vector = vector if avatar.materials_follow_pose else None
        self.image = image

    def serves(self, avatar: Avatar, vector: Tensor) -> bool:  # [72]
        """Whether it holds what this avatar's maps say for this pose vector."""
        return self._avatar() is avatar and (self._vector is None or torch.equal(self._vector, vector))

    def read(self, uv: Tensor) -> tuple[Tensor, Tensor]:  # [P, 2] -> albedo [P, 3] linear, roughness [P]
        """The materials at texel coordinates."""
        values = read_texels(self.image, uv)
        return values[:, :3], values[:, 3]


def texture_side(avatar: Avatar) -> int | None:
    """Texels a side; None where the maps are finer than a texture could be."""
    sides = [_side(neural_map) for neural_map in (avatar.albedo, avatar.roughness)]
    return None if None in sides else max(side for side in sides if side is not None)


def _side(neural_map: NeuralMap) -> int | None:
    if not isinstance(neural_map.encoding, HashEncoding):  # waves, of any length
        return None
    wanted = TEXELS_PER_CELL * neural_map.config.encoding.finest_resolution
    return max(2, wanted) if wanted <= MOST_SIDE else None


class Baking:
    """Asks the maps step by step. It holds no avatar: one that is closed meanwhile is freed.

    Texels that no chart covers are asked as well: look-ups at a chart's border read them.
    """

    def __init__(self, avatar: Avatar, vector: Tensor) -> None:  # [72]
        side = texture_side(avatar)
        if side is None:
            raise ValueError("avatar: expected maps that a texture can hold; ask texture_side first")
        self._side, self._vector, self._num_done = side, vector, 0
        self._image = torch.empty(side * side, CHANNELS, dtype=torch.int16)

    @torch.no_grad()
    def step(self, avatar: Avatar) -> MaterialTexels | None:
        """Ask the same avatar for TEXELS_PER_STEP more texels; the texture after the last step."""
        first, last = self._num_done, min(self._side**2, self._num_done + TEXELS_PER_STEP)
        uv = texel_centers(torch.arange(first, last), self._side)
        self._image[first:last, :3] = coded(avatar.query_albedo(uv, self._vector))
        self._image[first:last, 3] = coded(avatar.query_roughness(uv, self._vector))
        self._num_done = last
        if last < self._side**2:
            return None
        return MaterialTexels(avatar, self._vector, self._image.view(self._side, self._side, CHANNELS))


def baked(avatar: Avatar, vector: Tensor) -> MaterialTexels:  # [72]
    """The texture at once."""
    baking, texels = Baking(avatar, vector), None
    while texels is None:
        texels = baking.step(avatar)
    return texels


def content_hash(avatar: Avatar, vector: Tensor) -> str:
    """sha256 of everything that the texture follows from: both maps, and the pose vector where they see it."""
    digest = hashlib.sha256(f"{VERSION} {texture_side(avatar)}".encode())
    for neural_map in (avatar.albedo, avatar.roughness):
        digest.update(json.dumps(asdict(neural_map.config), sort_keys=True).encode())
        for name, tensor in neural_map.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().data)
    if avatar.materials_follow_pose:
        digest.update(vector.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()
