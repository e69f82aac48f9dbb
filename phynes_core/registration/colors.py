"""Cameras that disagree about colors: a gain for each, from points of the surface that two of them see in one frame.

In one frame a point has one color, whatever its material and the light, but for what it mirrors. So the ratio of two
cameras' colors of a point is the ratio of their gains; the median over all points and frames leaves out highlights and
points whose pose or offset is wrong.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from phynes_core.registration.residuals import SeenSurface

CELLS = 128  # of the UV square, a side: about a pixel of a person 200 px tall
DARKEST, BRIGHTEST = 0.01, 0.95  # linear colors that are compared: below is noise, above a picture is clipped
FEWEST_POINTS = 200  # that two cameras must share
LEAST_DIFFERENCE = 0.02  # RMS of the gains' logarithms below which they are highlights, not gains


class SharedColors:
    """Collects what pairs of cameras see of the same points in the same frames."""

    def __init__(self, cameras: Sequence[str]) -> None:
        self._cameras = tuple(cameras)
        self._ratios: dict[tuple[str, str], list[np.ndarray]] = {}

    def add_frame(self, views: Sequence[SeenSurface]) -> None:
        """Compare all pairs of views of one frame."""
        cells = {view.picture.camera_name: _cell_colors(view) for view in views}
        for first, second in combinations([name for name in self._cameras if name in cells], 2):
            (weight, color), (other_weight, other) = cells[first], cells[second]
            shared = (np.minimum(weight, other_weight) > 0.5) & (np.minimum(color, other).min(1) > DARKEST)
            shared &= np.maximum(color, other).max(1) < BRIGHTEST
            self._ratios.setdefault((first, second), []).append(np.log(color[shared] / other[shared]))

    def gains(self) -> Mapping[str, np.ndarray]:  # camera -> [3]; empty where the cameras agree or share too little
        """What to multiply linear colors by; the mean of their logarithms is 0, for their common part is unknowable.

        Not one camera is held but their mean: an error of the held one would be everybody's.
        """
        rows, differences, weights = [], [], []
        for (first, second), parts in self._ratios.items():
            ratios = np.concatenate(parts)
            if len(ratios) < FEWEST_POINTS:
                continue
            row = np.zeros(len(self._cameras))
            row[self._cameras.index(first)], row[self._cameras.index(second)] = 1.0, -1.0
            rows.append(row)
            differences.append(-np.median(ratios, axis=0))
            weights.append(np.sqrt(len(ratios)))
        if not rows:
            return {}
        weight = np.array(weights)[:, None]
        matrix = np.concatenate([np.array(rows) * weight, np.full((1, len(self._cameras)), weight.max())])
        logarithms = np.linalg.lstsq(matrix, np.concatenate([np.array(differences) * weight, np.zeros((1, 3))]))[0]
        size = float(np.sqrt((logarithms**2).mean()))
        if size < LEAST_DIFFERENCE:
            return {}
        return {name: np.exp(own).astype(np.float32) for name, own in zip(self._cameras, logarithms, strict=True)}


def _cell_colors(view: SeenSurface) -> tuple[np.ndarray, np.ndarray]:  # weight [CELLS^2], linear color [CELLS^2, 3]
    column, row = (view.uv * CELLS).astype(np.int64).clip(0, CELLS - 1).T
    cell, weight = row * CELLS + column, view.facing**2
    total = np.bincount(cell, weight, CELLS**2)
    sums = [np.bincount(cell, weight * view.color[:, channel], CELLS**2) for channel in range(3)]
    return total, np.stack(sums, 1) / np.maximum(total, 1e-9)[:, None]
