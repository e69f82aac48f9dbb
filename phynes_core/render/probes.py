"""Environments and the directional probes that stand for them in shading."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.conventions import (
    PROBE_COLUMNS,
    PROBE_PATCH,
    PROBE_ROWS,
    latlong_directions,
    latlong_solid_angles,
    srgb_to_linear,
)
from phynes_core.errors import ImageError
from phynes_core.io.exr_files import read_exr
from phynes_core.io.image_files import ENVIRONMENT, read_png
from phynes_core.io.radiance_files import read_hdr

LARGEST_RADIANCE = 1e9  # of a texel; the sun's disc in photographed skies has 1e5, and sums of 1e9 stay finite


@dataclass(frozen=True)
class Probes:
    """L directional samples of the sky; fixed in the world, so that visibility never depends on the light."""

    directions: Tensor  # [L, 3] unit, surface -> light, world
    radiance: Tensor  # [L, 3] linear RGB, mean over the probe's cell
    solid_angle: Tensor  # [L] steradian

    def to(self, device: torch.device) -> "Probes":
        """The same probes there."""
        return Probes(self.directions.to(device), self.radiance.to(device), self.solid_angle.to(device))

    def in_patches(self) -> "Probes":
        """The same probes in patches of neighbors: what blocks one mostly blocks all, and shading skips the patch."""
        order = patch_order(self.directions)
        return Probes(self.directions[order], self.radiance[order], self.solid_angle[order])

    @property
    def power(self) -> Tensor:  # [L, 3]
        """Radiance times solid angle: the irradiance each probe gives to a surface that faces it."""
        return self.radiance * self.solid_angle[:, None]


@dataclass(frozen=True)
class Environment:
    """A lat-long picture of the surrounding light, turned and scaled."""

    image: Tensor  # [H, W, 3] linear radiance, conventions.py's mapping; always on the host
    yaw_deg: float = 0.0  # about +Y: what stood at +Z stands at +X after 90
    intensity: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


def probe_directions(rows: int = PROBE_ROWS, columns: int = PROBE_COLUMNS) -> Tensor:  # [rows * columns, 3]
    """World directions of the probes, row by row from the top."""
    return latlong_directions(rows, columns).reshape(-1, 3)


def probes_from_image(radiance: Tensor) -> Probes:  # [rows, columns, 3] linear
    """Probes that are exactly the cells of a small lat-long image."""
    rows, columns = radiance.shape[:2]
    check_tensor("radiance", radiance, [rows, columns, 3])
    return Probes(
        probe_directions(rows, columns), radiance.reshape(-1, 3), latlong_solid_angles(rows, columns).reshape(-1)
    )


def patch_order(directions: Tensor) -> Tensor:  # [L, 3] -> [L] int64
    """The order in which neighbors lie together, patch by patch."""
    return _patch_order(directions.cpu().numpy().tobytes())


@lru_cache(maxsize=4)
def _patch_order(directions: bytes) -> Tensor:  # float32 [L, 3] -> [L]
    """Halve the directions across their widest axis until PROBE_PATCH are left."""
    rows = np.frombuffer(directions, np.float32).reshape(-1, 3)

    def halved(members: np.ndarray) -> np.ndarray:
        if len(members) <= PROBE_PATCH:
            return members
        chosen = rows[members]
        members = members[np.argsort(chosen[:, np.ptp(chosen, axis=0).argmax()], kind="stable")]
        middle = max(1, round(len(members) / (2 * PROBE_PATCH))) * PROBE_PATCH
        return np.concatenate([halved(members[:middle]), halved(members[middle:])])

    return torch.from_numpy(halved(np.arange(len(rows))))


def environment_to_probes(environment: Environment, rows: int = PROBE_ROWS, columns: int = PROBE_COLUMNS) -> Probes:
    """Mean radiance of each cell, exact for any yaw: the energy is kept.

    The average weighs by solid angle; cell borders that cut texels take the cut share of them.
    """
    image = environment.image
    height, width = image.shape[:2]
    check_tensor("environment.image", image, [height, width, 3])
    # rows of a large picture are averaged once, since only its yaw changes; training changes small ones
    means = _kept_row_means(image, rows) if width > 2 * columns else row_means(image, rows)
    # a light at longitude phi = atan2(z, x) moves to phi - yaw when the sky turns about +Y
    column_weights = _column_overlap(width, columns, shift=-environment.yaw_deg / 360.0)
    tint = torch.tensor(environment.tint) * environment.intensity
    cells = torch.einsum("rwk,cw->rck", means, column_weights) * tint
    return probes_from_image(cells)


def row_means(image: Tensor, rows: int) -> Tensor:  # [H, W, 3] -> [rows, W, 3]
    """Means over zones of the sphere, all that probes of any yaw are made of."""
    return torch.einsum("rh,hwk->rwk", _row_overlap(image.shape[0], rows), image)


_kept_row_means = lru_cache(maxsize=8)(row_means)  # by the picture's identity: pictures are not changed after reading


def _row_overlap(source: int, target: int) -> Tensor:  # [target, source], rows sum to one
    """Share of each source row in each target row, by solid angle (zones of the sphere, not rows of the image)."""
    source_edges = torch.cos(torch.arange(source + 1, dtype=torch.float64) * (torch.pi / source))
    target_edges = torch.cos(torch.arange(target + 1, dtype=torch.float64) * (torch.pi / target))
    top = torch.minimum(source_edges[None, :-1], target_edges[:-1, None])
    bottom = torch.maximum(source_edges[None, 1:], target_edges[1:, None])
    overlap = (top - bottom).clamp(min=0.0)
    return (overlap / (target_edges[:-1] - target_edges[1:])[:, None]).float()


def _column_overlap(source: int, target: int, shift: float) -> Tensor:  # [target, source], rows sum to one
    """Share of each source column, moved right by `shift` turns with wrap, in each target column."""
    overlap = torch.zeros(target, source, dtype=torch.float64)
    source_start = torch.arange(source, dtype=torch.float64) / source + shift % 1.0
    target_start = torch.arange(target, dtype=torch.float64) / target
    for turn in (0.0, -1.0):
        start = torch.maximum(source_start[None] + turn, target_start[:, None])
        end = torch.minimum(source_start[None] + turn + 1.0 / source, target_start[:, None] + 1.0 / target)
        overlap += (end - start).clamp(min=0.0)
    return (overlap * target).float()


def _linear(stored: np.ndarray) -> np.ndarray:  # [H, W, C] uint8 sRGB -> float32 linear
    """Row by row: the largest environments would take gigabytes at once."""
    table = srgb_to_linear(torch.arange(256, dtype=torch.float32) / 255.0).numpy()
    pixels = np.empty(stored.shape, np.float32)
    for row, values in zip(pixels, stored, strict=True):
        row[...] = table[values]
    return pixels


def load_environment_image(path: Path) -> Tensor:  # [H, W, 3] linear
    """Read a lat-long .exr, .hdr or .png (taken as sRGB). Negative and non-finite texels become 0, radiance is capped.

    Raises ImageError when it cannot be read, is not twice as wide as high, or holds no light.
    """
    suffix = path.suffix.lower()
    if suffix == ".exr":
        pixels = read_exr(path, ENVIRONMENT)
    elif suffix == ".hdr":
        pixels = read_hdr(path, ENVIRONMENT)
    elif suffix == ".png":
        pixels = _linear(read_png(path, ENVIRONMENT))
    else:
        raise ImageError(f"environment {path}: expected an .exr, .hdr or .png file, got '{suffix}'; convert it first")
    height, width, channels = pixels.shape
    if width != 2 * height:
        raise ImageError(
            f"environment {path}: expected a lat-long image twice as wide as high, got {width} x {height}; "
            "export it as equirectangular"
        )
    pixels = pixels[..., :3] if channels >= 3 else np.repeat(pixels[..., :1], 3, -1)
    pixels = np.ascontiguousarray(pixels, np.float32)
    np.nan_to_num(pixels, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.clip(pixels, 0.0, LARGEST_RADIANCE, out=pixels)
    if not pixels.any():
        raise ImageError(f"environment {path}: expected some light, got only zeros or invalid texels")
    return torch.from_numpy(pixels)
