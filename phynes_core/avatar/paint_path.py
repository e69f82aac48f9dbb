"""A paint stroke as a path in space: distances of points to it, and their paint weights."""

from dataclasses import dataclass

import torch
from torch import Tensor

SOFT_EDGE_M = 0.002  # least width of a brush's soft edge: a texel, so that hard brushes have smooth edges
FACING, TURNED_AWAY = 0.2, -0.2  # cosines to the stroke's normal between which the weight falls from 1 to 0
POINTS_PER_STEP = 1 << 12


@dataclass(frozen=True, eq=False)
class Path:
    """Segments, each from a point to the next or to itself."""

    start: Tensor  # [S, 3] metres
    end: Tensor  # [S, 3]
    start_normal: Tensor  # [S, 3] unit
    end_normal: Tensor  # [S, 3]

    @staticmethod
    def through(points: Tensor, normals: Tensor, longest_m: float) -> "Path":  # [K, 3], [K, 3], K >= 1
        """Through the points in order, with gaps where two are farther apart than `longest_m`."""
        following = torch.arange(len(points)) + 1
        following[-1] = len(points) - 1
        is_far = (points[following] - points).norm(dim=-1) > longest_m
        following = torch.where(is_far, following - 1, following)
        return Path(points, points[following], normals, normals[following])

    def distance(self, points: Tensor) -> tuple[Tensor, Tensor]:  # [N, 3] -> [N] metres, [N, 3] unit
        """Distance to the closest point of the path, and the normal there."""
        distances, normals = zip(*(self._distance(part) for part in points.split(POINTS_PER_STEP)), strict=True)
        return torch.cat(distances), torch.cat(normals)

    def _distance(self, points: Tensor) -> tuple[Tensor, Tensor]:  # as `distance`
        segment = self._closest_segment(points)
        start, along = self.start[segment], (self.end - self.start)[segment]  # [N, 3]
        offset = points - start
        share = (offset * along).sum(-1) / (along * along).sum(-1).clamp(min=1e-12)
        share = share.clamp(0.0, 1.0)[:, None]
        normal = torch.lerp(self.start_normal[segment], self.end_normal[segment], share)
        return (offset - share * along).norm(dim=-1), torch.nn.functional.normalize(normal, dim=-1)

    def _closest_segment(self, points: Tensor) -> Tensor:  # [N, 3] -> [N] int64
        """With squares expanded, so that no tensor of [N, S, 3] is made: a stroke asks for thousands of points."""
        middle = self.start.mean(0)
        start, along, point = self.start - middle, self.end - self.start, points - middle
        length2 = (along * along).sum(-1)
        from_start = (point * point).sum(-1)[:, None] + (start * start).sum(-1) - 2.0 * point @ start.T  # [N, S]
        onward = point @ along.T - (start * along).sum(-1)
        share = (onward / length2.clamp(min=1e-12)).clamp_(0.0, 1.0)
        return (from_start + share * (share * length2 - 2.0 * onward)).argmin(1)


def paint_weight(
    path: Path,
    points: Tensor,  # [N, 3] metres
    normals: Tensor,  # [N, 3] of any length
    radius_m: float,
    hardness: float,  # in [0, 1]: share of the radius with full paint
) -> Tensor:  # [N] in [0, 1]
    """1 near the path, falling smoothly to 0 at the radius, and 0 on surfaces that face away from it."""
    apart, facing = path.distance(points)
    inner = min(hardness * radius_m, max(0.0, radius_m - SOFT_EDGE_M))
    cosine = (torch.nn.functional.normalize(normals, dim=-1) * facing).sum(-1)
    return (1.0 - smooth_step(inner, radius_m, apart)) * smooth_step(TURNED_AWAY, FACING, cosine)


def smooth_step(low: float, high: float, value: Tensor) -> Tensor:
    """0 below `low`, 1 above `high`, 3 t^2 - 2 t^3 between."""
    share = ((value - low) / max(high - low, 1e-9)).clamp(0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
