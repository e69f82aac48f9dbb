"""How well the bare body's silhouette and the mask of one picture agree.

Clothes and hair make the person larger than the bare body, so the mask is expected to reach beyond the body's outline,
by a different distance at every part. What is suspicious is the reverse, the bare body outside the mask, and a mask
that is moved against the body as a whole.
"""

from dataclasses import dataclass

import numpy as np
import torch

from phynes_core.body.model import BodyModel
from phynes_core.evaluation.inspection.moments import View

_MOST_OUTLINE = 1500  # pixels of the body's outline that are compared
_MOST_EDGE = 4000  # pixels of the mask's edge
_CENTIMETRES = 100.0
_KEPT = 0.8  # of the outline's pixels decide on the shift, those that fit it best: garments stand off at some parts
_LEAST_OUTLINE = 20  # pixels, for a shift


@dataclass(frozen=True, eq=False)
class Agreement:
    """Numbers of one picture. A gap is the signed distance from the body's outline to the mask's edge."""

    camera: str
    frame: int
    is_training: bool
    iou: float  # intersection over union of both silhouettes
    outside: float  # share of the bare body's pixels that the mask does not hold
    gaps_cm: np.ndarray  # [N] at the outline's pixels; positive: the mask reaches beyond the body
    parts: np.ndarray  # [N] int64, the joint that the outline's surface belongs to
    shift_px: np.ndarray  # [2] x, y: how the mask is moved against the body, apart from being larger; NaN if unknown
    shift_cm: float  # its length at the body's distance

    def gap(self, percentile: float) -> float:
        """A percentile of the gaps in centimetres; NaN where no outline is seen."""
        return float(np.percentile(self.gaps_cm, percentile)) if len(self.gaps_cm) else float("nan")


def compare_silhouettes(
    view: View,
    frame: int,
    body: BodyModel,
    is_training: bool,  # the view and the frame both
) -> Agreement | None:
    """Compare the silhouettes of a view; None when its mask is empty."""
    if not view.inside.any():
        return None
    both, either = view.body & view.inside, view.body | view.inside
    rows, columns = np.nonzero(outline(view.body))
    stride = max(1, -(-len(rows) // _MOST_OUTLINE))
    rows, columns = rows[::stride], columns[::stride]
    gaps_px = _signed_distances(view.inside, rows, columns)
    depth = view.fragments.depth.numpy()[rows, columns]
    focal = float(view.camera.intrinsics[:2, :2].diagonal().mean())
    corners = body.faces[view.fragments.face_index[rows, columns].long(), 0]
    shift = _shift(view.body, rows, columns, gaps_px)
    metres_a_pixel = float(np.median(depth)) / focal if len(depth) else float("nan")
    return Agreement(
        camera=view.name,
        frame=frame,
        is_training=is_training,
        iou=float(both.sum() / either.sum()),
        outside=float(1.0 - both.sum() / max(view.body.sum(), 1)) if view.body.any() else 1.0,
        gaps_cm=gaps_px * depth / focal * _CENTIMETRES,
        parts=body.weights[corners].argmax(-1).numpy(),
        shift_px=shift,
        shift_cm=float(np.linalg.norm(shift)) * metres_a_pixel * _CENTIMETRES,
    )


def outline(silhouette: np.ndarray) -> np.ndarray:  # [H, W] bool -> [H, W] bool
    """Its pixels with a neighbor above, below, left or right that is outside; the picture's border is no outline."""
    padded = np.pad(silhouette, 1, mode="edge")
    surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return silhouette & ~surrounded


def _signed_distances(mask: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:  # [N] px
    """From some pixels to the mask's outline, positive inside; 0 where all of the mask's edge is cut off."""
    edge = np.argwhere(outline(mask))
    edge = edge[:: max(1, -(-len(edge) // _MOST_EDGE))]
    if len(edge) == 0 or len(rows) == 0:
        return np.zeros(len(rows))
    points = torch.from_numpy(np.stack([rows, columns], -1)).float()
    distance = torch.cdist(points, torch.from_numpy(edge).float()).amin(1).numpy()
    return np.where(mask[rows, columns], distance, -distance)


def _shift(body: np.ndarray, rows: np.ndarray, columns: np.ndarray, gaps_px: np.ndarray) -> np.ndarray:  # [2] px
    """Least squares of gap = growth + normal . shift over the outline, twice without what fits worst."""
    if len(rows) < _LEAST_OUTLINE:
        return np.full(2, np.nan)
    soft = torch.nn.functional.avg_pool2d(torch.from_numpy(body).float()[None, None], 7, stride=1, padding=3)[0, 0]
    down, right = np.gradient(soft.numpy())
    normal = -np.stack([right[rows, columns], down[rows, columns]], -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    terms = np.concatenate([normal, np.ones((len(rows), 1))], -1)
    kept = np.arange(len(rows))
    for _ in range(3):
        solved = np.linalg.lstsq(terms[kept], gaps_px[kept], rcond=None)[0]
        residual = abs(terms @ solved - gaps_px)
        kept = np.argsort(residual)[: max(_LEAST_OUTLINE, int(_KEPT * len(rows)))]
    return solved[:2]
