"""What masks do not know: the pixels along their edges, as wide as their edges wobble, and pieces that they lack.

The registered surface explains the masks of all frames and views together. How far its outlines lie from the edges says
how uncertain edges are; where it covers much that one mask leaves out, that mask lacks a piece of the person. Where the
background is seen inside a mask, its edge is corrected (registration/matting.py).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from scipy.ndimage import binary_dilation, label, maximum
from torch import Tensor

from phynes_core.kernels.cpu.threads import run_in_threads
from phynes_core.registration.matting import Matte, edge_uncertainty, mattes, questioned, signed_depth, usual_spread
from phynes_core.registration.pictures import distance_inside, encoded
from phynes_core.registration.registration import Registration
from phynes_core.render.rasterize import rasterize
from phynes_core.training.frames import TrainingFrame, TrainingView
from phynes_core.training.presets import Stage1Config

MISSING_DEPTHS = 2.5  # times the distance of outlines that the surface must reach into what a mask leaves out


@dataclass(frozen=True)
class CorrectedEdge:
    """What one picture shows of the person's edge; flat indices of its pixels."""

    pixels: np.ndarray  # [N] int32: near the mask's edge
    values: np.ndarray  # [N, 4] uint8: sRGB, premultiplied by the coverage after it
    is_open: np.ndarray  # [N] bool: the person may reach there, nothing tells
    is_unclear: np.ndarray  # [N] bool: nothing but the mask tells


@dataclass(frozen=True)
class MaskDoubt:
    """What of the training pictures' masks is not believed, and what is known better."""

    edge_px: int = 0  # how uncertain edges are
    missing: Mapping[tuple[str, int], np.ndarray] = field(default_factory=dict)  # by camera and frame, [H, W] bool
    edges: Mapping[tuple[str, int], CorrectedEdge] = field(default_factory=dict)  # by camera and frame

    def applied_to(self, frames: Sequence[TrainingFrame]) -> tuple[TrainingFrame, ...]:
        """The frames with corrected masks, and without the pixels that nothing is known of."""
        if not self.edge_px and not self.missing:
            return tuple(frames)
        return tuple(
            replace(frame, views=tuple(self._without(view, frame.number) for view in frame.views)) for frame in frames
        )

    def weighed(self, config: Stage1Config) -> Stage1Config:
        """No surface for each pose, which would follow the errors of a few masks; all frames share one."""
        return replace(config, has_pose=False) if self.edge_px else config

    def _without(self, view: TrainingView, frame: int) -> TrainingView:
        doubtful, trust = np.zeros(view.coverage.size, bool), np.ones(view.coverage.size, np.float32)
        if edge := self.edges.get((view.camera_name, frame)):
            image, coverage = view.image.reshape(-1, 3).copy(), view.coverage.reshape(-1).copy()
            image[edge.pixels], coverage[edge.pixels] = edge.values[:, :3], edge.values[:, 3]
            view = replace(view, image=image.reshape(view.image.shape), coverage=coverage.reshape(view.coverage.shape))
            doubtful[edge.pixels] = edge.is_open | edge.is_unclear
            trust[edge.pixels[edge.is_unclear]] = 1.0 / math.sqrt(1.0 + self.edge_px**2)
            trust[edge.pixels[edge.is_open]] = 0.0
        missing = self.missing.get((view.camera_name, frame))
        if missing is not None:
            doubtful |= missing.reshape(-1)
            trust[missing.reshape(-1)] = 0.0
        drawn = np.concatenate([view.mask_pixels, view.ring_pixels])
        drawn = drawn[~doubtful[drawn]]
        is_person = view.coverage.reshape(-1)[drawn] > 0
        view = replace(view, trust=trust.reshape(view.coverage.shape))
        if not is_person.any():  # a person of a few pixels
            return view
        return replace(view, mask_pixels=np.sort(drawn[is_person]), ring_pixels=np.sort(drawn[~is_person]))

    def tensors(self) -> dict[str, Tensor]:
        """Everything, to be stored."""
        stored = {"edge_px": torch.tensor([self.edge_px])}
        for (camera, frame), missing in self.missing.items():
            stored[f"missing.{frame}.{camera}"] = torch.from_numpy(np.argwhere(missing).astype(np.int32))
            stored[f"size.{frame}.{camera}"] = torch.tensor(missing.shape)
        for (camera, frame), edge in self.edges.items():
            flags = np.stack([edge.is_open, edge.is_unclear], 1).astype(np.uint8)
            stored[f"pixels.{frame}.{camera}"] = torch.from_numpy(edge.pixels)
            stored[f"values.{frame}.{camera}"] = torch.from_numpy(np.concatenate([edge.values, flags], 1))
        return stored

    @staticmethod
    def from_tensors(stored: Mapping[str, Tensor]) -> "MaskDoubt":
        """The inverse of `tensors`."""
        missing, edges = {}, {}
        for name, value in stored.items():
            kind, _, key = name.partition(".")
            frame, _, camera = key.partition(".")
            if kind == "missing":
                image = np.zeros(tuple(stored[f"size.{key}"].tolist()), bool)
                image[tuple(value.numpy().T)] = True
                missing[camera, int(frame)] = image
            elif kind == "pixels":
                values = stored[f"values.{key}"].numpy()
                flags = values[:, 4:] > 0
                edges[camera, int(frame)] = CorrectedEdge(value.numpy(), values[:, :4], flags[:, 0], flags[:, 1])
        return MaskDoubt(int(stored["edge_px"]), missing, edges)


def find_mask_doubt(registration: Registration, frames: Sequence[TrainingFrame]) -> MaskDoubt:
    """Compare every mask with the outline of the registered surface, and its edges with the background behind them."""
    covered: dict[tuple[str, int], tuple[np.ndarray, TrainingView]] = {}
    for frame in frames:
        surface = registration.surface(registration.poses.get(frame.number, frame.pose))
        for view in frame.views:
            ours = (rasterize(surface.vertices, surface.faces, view.camera).face_index >= 0).numpy()
            covered[view.camera_name, frame.number] = ours, view
    if not covered:
        return MaskDoubt()
    keys = list(covered)
    distances, pieces = [np.empty(0)] * len(keys), [np.empty(0)] * len(keys)

    def measure(number: int) -> None:
        ours, view = covered[keys[number]]
        distances[number] = _outline_depths(ours, view.coverage > 127)

    run_in_threads(measure, range(len(keys)))
    spread_px = 1.4826 * float(np.median(np.abs(np.concatenate(distances))))
    height_px = float(np.median([_height(view.coverage > 127) for _, view in covered.values()]))
    edge_px = edge_uncertainty(spread_px, height_px)
    depth_px = MISSING_DEPTHS * max(spread_px, usual_spread(height_px))

    def search(number: int) -> None:
        ours, view = covered[keys[number]]
        pieces[number] = _missing_piece(ours, view.coverage > 127, depth_px)

    run_in_threads(search, range(len(keys)))
    missing = {key: piece for key, piece in zip(keys, pieces, strict=True) if piece.any()}
    return MaskDoubt(edge_px, missing, _corrected_edges(covered, edge_px) if edge_px else {})


def _corrected_edges(
    covered: Mapping[tuple[str, int], tuple[np.ndarray, TrainingView]], edge_px: int
) -> dict[tuple[str, int], CorrectedEdge]:
    """Of every picture, camera by camera."""
    edges = {}
    for name in sorted({camera for camera, _ in covered}):
        own = {key: value for key, value in covered.items() if key[0] == name}
        pictures = {key: questioned(view.image, view.coverage, ours, edge_px) for key, (ours, view) in own.items()}
        size = next(iter(own.values()))[1].coverage.shape
        for (key, picture), found in zip(pictures.items(), mattes(list(pictures.values()), size, edge_px), strict=True):
            edges[key] = _kept(found, picture.coverage, picture.corner, size[1])
    return edges


def _kept(found: Matte, coverage: np.ndarray, corner: tuple[int, int], width: int) -> CorrectedEdge:
    """The pixels where a matte says something else than the mask."""
    row, column = np.nonzero(found.is_open | found.is_unclear | (np.abs(found.coverage - coverage) > 0.5 / 255.0))
    values = np.concatenate([encoded(found.linear), found.coverage[..., None]], -1)[row, column]
    pixels = ((row + corner[0]) * width + column + corner[1]).astype(np.int32)
    flags = found.is_open[row, column], found.is_unclear[row, column]
    return CorrectedEdge(pixels, np.round(255.0 * values.clip(0.0, 1.0)).astype(np.uint8), *flags)


def _outline_depths(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:  # [N]
    """How deep inside the mask the pixels along the surface's outline lie."""
    part = _part_around(ours, theirs)
    ours, theirs = ours[part], theirs[part]
    return signed_depth(theirs)[ours & ~_shrunk(ours)]


def _part_around(ours: np.ndarray, theirs: np.ndarray) -> tuple[slice, slice]:
    """The rectangle that holds both and a pixel more: distances to their edges are the same in it as in the picture."""
    row, column = np.nonzero(ours | theirs)
    if not theirs.any():
        return slice(None), slice(None)
    return slice(max(row.min() - 1, 0), row.max() + 2), slice(max(column.min() - 1, 0), column.max() + 2)


def _height(mask: np.ndarray) -> int:  # px
    row = np.nonzero(mask.any(1))[0]
    return int(row[-1] - row[0]) if len(row) else 0


def _missing_piece(ours: np.ndarray, theirs: np.ndarray, depth_px: float) -> np.ndarray:  # [H, W] bool
    """Connected pixels that the surface covers and the mask does not, where they reach deep into both."""
    lacking, part = np.zeros_like(ours), _part_around(ours, theirs)
    ours, theirs = ours[part], theirs[part]
    found: Any = label(ours & ~theirs)
    pieces, count = found
    if count == 0:
        return lacking
    depth = np.minimum(distance_inside(ours), distance_inside(~theirs))
    deepest = maximum(depth, pieces, np.arange(1, count + 1))
    if not (deepest > depth_px).any():
        return lacking
    lacking[part] = np.isin(pieces, 1 + np.nonzero(deepest > depth_px)[0])
    return binary_dilation(lacking, iterations=2)


def _shrunk(inside: np.ndarray) -> np.ndarray:
    """Without the pixels that touch one outside by a side; the picture's own border is no side."""
    kept = inside.copy()
    kept[1:] &= inside[:-1]
    kept[:-1] &= inside[1:]
    kept[:, 1:] &= inside[:, :-1]
    kept[:, :-1] &= inside[:, 1:]
    return kept
