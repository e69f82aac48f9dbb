"""Whether cameras agree on color: the same point of the surface, seen by two of them at one moment.

Under one light a matte point has one color, so the ratio of its linear values in two pictures is the ratio of the
cameras' gains. The surface is not known yet, so the bare body's vertices stand for it: colors are averaged over some
centimetres and the median over thousands of points is taken, which leaves texture, highlights and wrong points out.
What remains: clothes stand off, so each camera sees points that are turned a little toward it, and surfaces shine
toward one camera more than toward another. The first makes the cameras on the light's side brighter (5 % for matte
clothes of 12 mm under strong light from one side, 2 % where light is even), the second darker; on the sample capture,
whose cameras are equal, both cancel to 2 % (30 frames) or 5 % (10), 6 % on ada in satin. Moving the points outward by
the clothes takes the first away and leaves 12 % of the second there.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel
from phynes_core.conventions import srgb_to_linear
from phynes_core.evaluation.inspection.exposure import CLIPPED
from phynes_core.evaluation.inspection.findings import GOOD, USABLE, WRONG, Finding, Section, listed
from phynes_core.evaluation.inspection.moments import Moment, View, seen_points
from phynes_core.evaluation.inspection.sharpness import gaussian
from phynes_core.evaluation.report.elements import Table

LEAST_POINTS = 300  # of a pair of cameras
_LEAST_COSINE = 0.35  # between normal and ray: neither camera may see the point at a grazing angle
_AVERAGED_M = 0.015  # standard deviation of the average over the surface
_DARK = 0.004  # linear: below it 8-bit values are too coarse for a ratio
_COVERED = 0.9  # of the averaged region
_USABLE_GAIN, _WRONG_GAIN = 0.07, 0.4  # logarithms
_NOTE = (
    "Gain of each camera and channel in linear light, against the median camera: 1.05 shows everything 5 % brighter. "
    "From points that two cameras see at once. Within 7 % nothing needs to be done: shine and thick clothes alone "
    "make as much. More bakes into albedo and light as stains where one camera's view ends."
)


@dataclass(frozen=True)
class Gains:
    """Gains that explain the ratios best."""

    factor: dict[str, np.ndarray]  # [3] by camera; the median over the cameras is 1
    points: dict[tuple[str, str], int]  # of each pair of cameras
    residual: float  # root mean square of what the gains do not explain, as a share


class ColorCheck:
    """Collects color ratios of pairs of cameras."""

    def __init__(self, body: BodyModel) -> None:
        self.body = body
        self.ratios: dict[tuple[str, str], list[Tensor]] = {}  # of [N, 3]: logarithm of first over second

    def add(self, moment: Moment) -> None:
        """Compare the cameras of a frame."""
        seen = [(view.name, *_colors(view, moment.vertices, moment.normals)) for view in moment.views]
        for index, (first, is_seen, colors) in enumerate(seen):
            for second, is_seen_too, other_colors in seen[index + 1 :]:
                both = is_seen & is_seen_too
                if both.any():
                    ratio = (colors[both] / other_colors[both]).log()
                    self.ratios.setdefault((first, second), []).append(ratio)

    def gains(self) -> Gains | None:
        """None where no two cameras see enough points at once."""
        joined = {pair: torch.cat(parts) for pair, parts in self.ratios.items()}
        medians = {
            pair: (ratio.median(0).values.numpy(), len(ratio))
            for pair, ratio in joined.items() if len(ratio) >= LEAST_POINTS
        }  # fmt: skip
        return _solved(medians) if medians else None

    def section(self, num_cameras: int, outside: float = 0.0) -> Section:
        """Findings, gains by camera, and how many points each pair shares.

        The more of the body lies `outside` the masks, the less two cameras see the same point: gains have to differ by
        as much more (measured: 8 % where 5 % lie outside, 19 % where 11 % do).
        """
        gains = self.gains()
        if gains is None:
            why = "there is one camera" if num_cameras < 2 else "no two cameras see the same part of the surface"
            return Section("Colors of the cameras", _NOTE, (Finding("colors", GOOD, f"not compared: {why}"),))
        rows, off, lost = [], [], []
        for name, factor in gains.factor.items():
            most = float(abs(np.log(factor)).max())
            rows.append((f"camera {name}", *(f"{value:.3f}" for value in factor)))
            if most > _USABLE_GAIN + outside:
                shown = "/".join(f"{value:.2f}" for value in factor)
                (lost if most > _WRONG_GAIN else off).append(f"{name} ({shown})")
        level = WRONG if lost else USABLE if off else GOOD
        most = max(float(abs(np.log(factor)).max()) for factor in gains.factor.values())
        vague = ", as far as bodies that do not fit well can tell" if most > _USABLE_GAIN else ""
        said, remedy = f"cameras agree within {np.expm1(most):.1%}{vague}", ""
        if level != GOOD:
            said = f"gains in red/green/blue differ: camera {listed(lost + off)}"
            remedy = (
                "lock exposure and white balance of all cameras and divide these pictures by the gains in linear light"
            )
        finding = Finding("colors", level, said, remedy)
        pairs = [
            (f"cameras {first} and {second}", str(count)) for (first, second), count in sorted(gains.points.items())
        ]
        tables = (
            Table("Gain by camera", "", ("", "red", "green", "blue"), tuple(rows)),
            Table("Points that two cameras see", f"What gains do not explain: {gains.residual:.1%}.", ("", "points"),
                  tuple(pairs)),
        )  # fmt: skip
        return Section("Colors of the cameras", _NOTE, (finding,), tables)


def _colors(view: View, points: Tensor, normals: Tensor) -> tuple[Tensor, Tensor]:  # [V] bool, [V, 3]
    """Which points the camera sees well, and their averaged linear colors."""
    camera = view.camera
    image = camera.project(points)
    is_seen, x, y = seen_points(view, points, normals, _LEAST_COSINE)
    pixels = torch.from_numpy(view.image)
    usable = torch.from_numpy((view.coverage == 255) & (view.image < CLIPPED).all(-1)).float()
    focal = float(camera.intrinsics[:2, :2].diagonal().mean())
    sigma = max(0.7, focal * _AVERAGED_M / float(image[:, 2].median().clamp(min=0.1)))
    weight = gaussian(usable, sigma)
    linear = srgb_to_linear(pixels.float() / 255.0) * usable[..., None]
    averaged = torch.stack([gaussian(linear[..., channel], sigma) for channel in range(3)], -1)
    colors = averaged[y, x] / weight[y, x, None].clamp(min=1e-6)
    return is_seen & (weight[y, x] > _COVERED) & (colors > _DARK).all(-1), colors.clamp(min=_DARK)


def _solved(medians: dict[tuple[str, str], tuple[np.ndarray, int]]) -> Gains:
    """Least squares over the pairs, weighted by their points; the median camera of each channel has gain 1."""
    names = sorted({name for pair in medians for name in pair})
    terms, wanted = np.zeros((len(medians) + 1, len(names))), np.zeros((len(medians) + 1, 3))
    for row, ((first, second), (ratio, count)) in enumerate(medians.items()):
        weight = np.sqrt(count)
        terms[row, names.index(first)], terms[row, names.index(second)] = weight, -weight
        wanted[row] = weight * ratio
    terms[-1] = 1e-3  # holds the mean; groups of cameras that share no point each keep their own
    solved = np.linalg.lstsq(terms, wanted, rcond=None)[0]
    weights = np.array([count for _, count in medians.values()], np.float64)
    error = np.stack([
        solved[names.index(first)] - solved[names.index(second)] - ratio
        for (first, second), (ratio, _) in medians.items()
    ])  # fmt: skip
    residual = float(np.sqrt((weights[:, None] * error**2).sum() / (3 * weights.sum())))
    factor = np.exp(solved - np.median(solved, 0))
    points = {pair: count for pair, (_, count) in medians.items()}
    return Gains(dict(zip(names, factor, strict=True)), points, residual)
