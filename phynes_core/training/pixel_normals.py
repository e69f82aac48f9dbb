"""Normals of stage 2's pixels with the detail of the offset map, and how that detail may move to fit the light.

The mesh stays where stage 1 left it: the pixels, their uv and their shadows are those of the start. Only the finest
hash table moves, in a map that is held near its start, so what changes is the slope between vertices.
"""

import copy
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from phynes_core.avatar import Avatar
from phynes_core.maps.neural_map import PoseBatch
from phynes_core.render.detail_normals import detail_normals, face_frames
from phynes_core.training.surface_pixels import SurfacePixels

START_PREFIX = "offset_start."  # of the tensors of the map as stage 1 left it
ANCHOR_M = 1e-3  # the unit of how far the map has moved


class PixelNormals:
    """The offset map as a source of normals."""

    def __init__(self, avatar: Avatar, pixels: SurfacePixels, device: torch.device) -> None:
        self._avatar, self._pixels, self._device = avatar, pixels, device
        self._start = copy.deepcopy(avatar.offset).requires_grad_(False)

    def parameters(self) -> dict[str, nn.Parameter]:
        """What moves: the hash grid. The layers hold what the poses do, and that is known from stage 1."""
        named = dict(self._avatar.offset.named_parameters())
        return {"offset.encoding.grid": named["encoding.grid"]} if "encoding.grid" in named else {}

    def at(self, rows: np.ndarray, uv: Tensor, pose: PoseBatch) -> Tensor:  # [P, 3] unit, world
        """As FrameRenderer tilts them; differentiable in the offset map."""
        pixels = self._pixels
        corners = pixels.faces[pixels.face[rows]]  # [P, 3]
        place = pixels.frame[rows][:, None]
        frames = face_frames(
            torch.from_numpy(pixels.vertices[place, corners]).view(-1, 3),
            torch.arange(3 * len(rows)).view(-1, 3),
            torch.from_numpy(pixels.corner_uv[pixels.face[rows]]),
            torch.from_numpy(pixels.offsets[place, corners]).view(-1),
        )
        normal = torch.from_numpy(pixels.normal[rows])
        gradient = self._avatar.offset_gradient(uv.to(self._device), pose).cpu()
        return detail_normals(normal, gradient, torch.arange(len(rows)), frames)

    def moved(self, uv: Tensor, pose: PoseBatch) -> Tensor:
        """Mean square of how far the map has moved, in units of ANCHOR_M."""
        with torch.no_grad():
            start = self._start(uv.to(self._device), pose)
        return ((self._avatar.offset(uv.to(self._device), pose) - start) / ANCHOR_M).square().mean()

    def tensors(self) -> dict[str, Tensor]:
        """The map at the start, for a resumed run."""
        return {START_PREFIX + name: value.detach().clone() for name, value in self._start.state_dict().items()}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self._start.load_state_dict(start_of(stored))


def start_of(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The offset map's tensors as stage 1 left them, from what a resumed run stored; empty when it does not move."""
    return {name.removeprefix(START_PREFIX): value for name, value in stored.items() if name.startswith(START_PREFIX)}
