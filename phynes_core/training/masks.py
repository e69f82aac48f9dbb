"""What masks do not know: the pixels along their edges, as wide as their edges wobble, and pieces that they lack.

The registered surface explains the masks of all frames and views together. How far its outlines lie from the edges says
how uncertain edges are; where it covers much that one mask leaves out, that mask lacks a piece of the person.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from scipy.ndimage import binary_dilation, label, maximum
from torch import Tensor

from phynes_core.registration.pictures import distance_inside
from phynes_core.registration.registration import Registration
from phynes_core.render.rasterize import rasterize
from phynes_core.training.frames import TrainingFrame, TrainingView
from phynes_core.training.presets import Stage1Config

MODEL_SHARE = (
    0.004  # of the person's height in pixels: how far outlines of a surface lie from exact masks (0.8 px of 200)
)
MISSING_DEPTHS = 2.5  # times the distance of outlines that the surface must reach into what a mask leaves out


@dataclass(frozen=True)
class MaskDoubt:
    """Pixels of the training pictures whose masks are not believed."""

    edge_px: int = 0  # to both sides of every edge
    missing: Mapping[tuple[str, int], np.ndarray] = field(default_factory=dict)  # by camera and frame, [H, W] bool

    def applied_to(self, frames: Sequence[TrainingFrame]) -> tuple[TrainingFrame, ...]:
        """The frames without those pixels."""
        if not self.edge_px and not self.missing:
            return tuple(frames)
        return tuple(
            replace(frame, views=tuple(self._without(view, frame.number) for view in frame.views)) for frame in frames
        )

    def weighed(self, config: Stage1Config) -> Stage1Config:
        """Less weight to silhouettes, by the square of their errors; no surface for each pose, which would follow them.

        A frame has a few masks alone to fit its own surface to; what all frames share averages over all of them.
        """
        if not self.edge_px:
            return config
        weight = config.silhouette_weight / (1.0 + self.edge_px**2)
        return replace(config, silhouette_weight=weight, has_pose=False)

    def _without(self, view: TrainingView, frame: int) -> TrainingView:
        inside = view.coverage > 127
        reach = self.edge_px
        doubtful = np.zeros_like(inside)
        if reach:
            doubtful = (distance_inside(inside) <= reach) & (distance_inside(~inside) <= reach)
        missing = self.missing.get((view.camera_name, frame))
        known = None
        if missing is not None:
            doubtful, known = doubtful | missing, ~missing
        certain = ~doubtful.reshape(-1)
        kept = view.mask_pixels[certain[view.mask_pixels]]
        if not len(kept):  # a person of a few pixels
            return replace(view, known=known)
        return replace(view, mask_pixels=kept, ring_pixels=view.ring_pixels[certain[view.ring_pixels]], known=known)

    def tensors(self) -> dict[str, Tensor]:
        """Everything, to be stored."""
        stored = {"edge_px": torch.tensor([self.edge_px])}
        for (camera, frame), missing in self.missing.items():
            stored[f"missing.{frame}.{camera}"] = torch.from_numpy(np.argwhere(missing).astype(np.int32))
            stored[f"size.{frame}.{camera}"] = torch.tensor(missing.shape)
        return stored

    @staticmethod
    def from_tensors(stored: Mapping[str, Tensor]) -> "MaskDoubt":
        """The inverse of `tensors`."""
        missing = {}
        for name, value in stored.items():
            kind, _, key = name.partition(".")
            if kind == "missing":
                frame, _, camera = key.partition(".")
                image = np.zeros(tuple(stored[f"size.{key}"].tolist()), bool)
                image[tuple(value.numpy().T)] = True
                missing[camera, int(frame)] = image
        return MaskDoubt(int(stored["edge_px"]), missing)


def find_mask_doubt(registration: Registration, frames: Sequence[TrainingFrame]) -> MaskDoubt:
    """Compare every mask with the outline of the registered surface."""
    distances, heights = [], []
    covered: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}
    for frame in frames:
        surface = registration.surface(registration.poses.get(frame.number, frame.pose))
        for view in frame.views:
            ours = (rasterize(surface.vertices, surface.faces, view.camera).face_index >= 0).numpy()
            theirs = view.coverage > 127
            covered[view.camera_name, frame.number] = ours, theirs
            border = ours & ~_shrunk(ours)
            distance = np.where(theirs, distance_inside(theirs), -distance_inside(~theirs))
            distances.append(distance[border] - np.sign(distance[border]) * 0.5)
            heights.append(np.ptp(np.nonzero(theirs)[0]) if theirs.any() else 0)
    if not distances:
        return MaskDoubt()
    spread_px = 1.4826 * float(np.median(np.abs(np.concatenate(distances))))
    usual_px = max(MODEL_SHARE * float(np.median(heights)), 0.8)
    edge_px = round(math.sqrt(max(spread_px**2 - usual_px**2, 0.0)))
    depth_px = MISSING_DEPTHS * max(spread_px, usual_px)
    pieces = {key: _missing_piece(ours, theirs, depth_px) for key, (ours, theirs) in covered.items()}
    missing = {key: piece for key, piece in pieces.items() if piece.any()}
    return MaskDoubt(edge_px, missing)


def _missing_piece(ours: np.ndarray, theirs: np.ndarray, depth_px: float) -> np.ndarray:  # [H, W] bool
    """Connected pixels that the surface covers and the mask does not, where they reach deep into both."""
    found: Any = label(ours & ~theirs)
    pieces, count = found
    if count == 0:
        return np.zeros_like(ours)
    depth = np.minimum(distance_inside(ours), distance_inside(~theirs))
    deepest = maximum(depth, pieces, np.arange(1, count + 1))
    lacking = np.isin(pieces, 1 + np.nonzero(deepest > depth_px)[0])
    return binary_dilation(lacking, iterations=2)


def _shrunk(inside: np.ndarray) -> np.ndarray:
    return distance_inside(inside) > 1.0
