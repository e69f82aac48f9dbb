"""Normals of stage 2's pixels with the detail of the offset map, and how that detail may move to fit the light.

The mesh stays where stage 1 left it: the pixels, their uv and their shadows are those of the start. Only the hash grid
moves, in a map that is held at the vertices, so what changes is the relief between them.
"""

import copy
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from phynes_core.avatar.avatar import Avatar
from phynes_core.conventions import PROBE_ROWS
from phynes_core.maps.neural_map import PoseBatch
from phynes_core.render.detail_normals import detail_normals, face_frames
from phynes_core.render.probes import probe_directions
from phynes_core.training.frames import TrainingFrame
from phynes_core.training.presets import Stage2Config
from phynes_core.training.surface_pixels import SurfacePixels, gather_surface_pixels

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
        frame_index = pixels.frame[rows][:, None]
        frames = face_frames(
            torch.from_numpy(pixels.vertices[frame_index, corners]).view(-1, 3),
            torch.arange(3 * len(rows)).view(-1, 3),
            torch.from_numpy(pixels.corner_uv[pixels.face[rows]]),
            torch.from_numpy(pixels.offsets[frame_index, corners]).flatten(0, 1),
            None if pixels.blends is None else torch.from_numpy(pixels.blends[frame_index, corners]).flatten(0, 1),
        )
        normal = torch.from_numpy(pixels.normal[rows])
        gradient = self._avatar.offset_gradient(uv.to(self._device), pose).cpu()
        return detail_normals(normal, gradient, torch.arange(len(rows)), frames)

    def moved(self, chosen: np.ndarray, pose: PoseBatch) -> Tensor:  # [N] of the uv entries
        """Mean square of how far the map has moved at vertices, in units of ANCHOR_M; in between it is free."""
        uv = self._avatar.body.uv[torch.from_numpy(chosen)].to(self._device)
        with torch.no_grad():
            start = self._start(uv, pose)
        return ((self._avatar.offset(uv, pose) - start) / ANCHOR_M).square().mean()

    def tilt(self, rows: np.ndarray, normal: Tensor) -> Tensor:  # of `at`
        """Mean square of how far the detail tilts the normals of the mesh."""
        return (normal - torch.from_numpy(self._pixels.normal[rows])).square().sum(1).mean()

    def tensors(self) -> dict[str, Tensor]:
        """The map at the start, for a resumed run."""
        return {START_PREFIX + name: value.detach().clone() for name, value in self._start.state_dict().items()}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self._start.load_state_dict(start_of(stored))


def start_of(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The offset map's tensors as stage 1 left them, from what a resumed run stored; empty when it does not move."""
    return {name.removeprefix(START_PREFIX): value for name, value in stored.items() if name.startswith(START_PREFIX)}


def half_variance(normal_error_deg: float) -> float:  # rad^2 along each axis
    """How far half vectors spread for what training does not know: its normals' error, and where in a probe's cell."""
    if normal_error_deg == 0.0:
        return 0.0
    in_cell = math.pi / PROBE_ROWS / math.sqrt(12.0)  # standard deviation of a direction within its cell, along an axis
    return math.radians(normal_error_deg) ** 2 + (0.5 * in_cell) ** 2  # a half vector turns half as far as its light


def gather_pixels(
    avatar: Avatar, frames: Sequence[TrainingFrame], config: Stage2Config, seed: int, stored: Mapping[str, Tensor]
) -> SurfacePixels:
    """What stage 2 learns from: of the geometry that it started with, which a resumed run has in `stored`."""
    now = {name: value.clone() for name, value in avatar.offset.state_dict().items()}
    avatar.offset.load_state_dict(start_of(stored) or now)
    pixels = gather_surface_pixels(avatar, frames, probe_directions(), config.has_visibility, config.most_pixels, seed)
    avatar.offset.load_state_dict(now)
    return pixels
