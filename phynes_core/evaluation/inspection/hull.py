"""Masks that disagree between views: what one camera calls the person, another calls background.

The visual hull is everything that all masks allow. A pixel of a mask whose ray meets no part of the hull is in
contradiction to the other masks: either they lack a part, or this one has too much. Which mask is at fault is told by
leaving one out: the contradictions that then vanish are its own.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.evaluation.inspection.findings import USABLE, WRONG, Finding, Section, level_of, listed
from phynes_core.evaluation.inspection.moments import Moment, View
from phynes_core.evaluation.report.elements import Table

_VOXEL_M = 0.02
_MARGIN_M = 0.3  # around the body: wide clothes and lifted hair
_SIDE_PX = 160  # masks are reduced to about this
_LEAST_VIEWS = 2
_USABLE, _WRONG = 0.015, 0.15  # of a mask's pixels
_CLEARLY = 1.5  # times as much as any other camera
_OFTEN = 0.2  # of the frames
_NOTE = (
    "Pixels of a mask that no point in space explains which all other masks allow, in percent of the mask. Below 1 % "
    "is normal. 'Its own' are those that vanish when this camera is left out: its mask lacks what the others see."
)


@dataclass(frozen=True)
class Contradictions:
    """Of one frame, by camera."""

    frame: int
    uncovered: dict[str, float]  # share of the camera's mask that the hull does not explain
    caused: dict[str, float]  # share of another mask that is explained only without this camera, the most

    @property
    def blamed(self) -> str | None:
        """The camera whose mask explains clearly the most of it."""
        first, *others = sorted(self.caused, key=lambda name: -self.caused[name])
        return first if all(self.caused[first] > _CLEARLY * self.caused[name] for name in others) else None


class HullCheck:
    """Compares the masks of a frame with one another."""

    def __init__(self) -> None:
        self.frames: list[Contradictions] = []

    def add(self, moment: Moment) -> None:
        """Look at a frame."""
        found = contradictions(moment)
        if found is not None:
            self.frames.append(found)

    def section(self) -> Section | None:
        """None where no frame has two masks."""
        if not self.frames:
            return None
        cameras = sorted({name for frame in self.frames for name in frame.uncovered})
        rows, findings = [], []
        for name in cameras:
            own = [frame for frame in self.frames if name in frame.uncovered]
            worst = max(own, key=lambda frame: frame.caused[name])
            caused = float(np.mean([frame.caused[name] for frame in own]))
            uncovered = float(np.mean([frame.uncovered[name] for frame in own]))
            rows.append((f"camera {name}", f"{uncovered:.2%}", f"{caused:.2%}", str(worst.frame)))
            blamed = [frame for frame in own if frame.caused[name] > _USABLE and frame.blamed == name]
            bad = [frame.frame for frame in blamed]
            if bad:
                level = WRONG if sum(frame.caused[name] > _WRONG for frame in blamed) > _OFTEN * len(own) else USABLE
                findings.append(Finding(
                    "masks between views", level,
                    f"camera {name} lacks what the others see in {len(bad)} of {len(own)} frames ({listed(bad)})",
                    "look at its masks of these frames: a part is missing, or the camera stands elsewhere",
                ))  # fmt: skip
        total = float(np.mean([value for frame in self.frames for value in frame.uncovered.values()]))
        if not findings:
            findings.append(Finding(
                "masks between views", level_of(total, _USABLE, _WRONG), f"{total:.2%} of the masks contradict the "
                "others", "" if total <= _USABLE else "masks or cameras are off a little everywhere",
            ))  # fmt: skip
        table = Table("Contradictions by camera", "", ("", "of its mask", "its own", "worst frame"), tuple(rows))
        return Section("Masks that disagree between views", _NOTE, tuple(findings), (table,))


def contradictions(moment: Moment) -> Contradictions | None:
    """Carve voxels around the body by all masks; None for fewer than two masks that show anything."""
    views = [view for view in moment.views if view.inside.any()]
    if len(views) < _LEAST_VIEWS:
        return None
    points = _voxels(moment.vertices)
    seen = [_Small(view, points) for view in views]
    held = torch.stack([small.holds for small in seen])  # [C, N]
    count = held.sum(0)
    hull = count == len(seen)
    uncovered = [small.uncovered(hull) for small in seen]
    caused = []
    for index in range(len(seen)):
        without = hull | ((count == len(seen) - 1) & ~held[index])
        gained = [
            float((uncovered[other] & ~small.uncovered(without)).sum()) / small.area
            for other, small in enumerate(seen) if other != index
        ]  # fmt: skip
        caused.append(max(gained))
    return Contradictions(
        moment.frame,
        {view.name: float(bad.sum()) / small.area for view, bad, small in zip(views, uncovered, seen, strict=True)},
        {view.name: value for view, value in zip(views, caused, strict=True)},
    )


class _Small:
    """A reduced mask, and where the voxels lie in it."""

    def __init__(self, view: View, points: Tensor) -> None:
        scale = min(1.0, _SIDE_PX / max(view.camera.width, view.camera.height))
        width, height = max(round(view.camera.width * scale), 1), max(round(view.camera.height * scale), 1)
        camera = view.camera.resized(width, height)
        coverage = torch.from_numpy(view.coverage).float()[None, None]
        self.mask = torch.nn.functional.interpolate(coverage, (height, width), mode="area")[0, 0] > 127.5
        self.area = max(float(self.mask.sum()), 1.0)
        image = camera.project(points)
        x, y = image[:, 0].floor(), image[:, 1].floor()
        is_inside = (image[:, 2] > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
        self.pixel = torch.where(is_inside, y * width + x, -1.0).long()
        self.reach = max(1, round(float(camera.intrinsics[0, 0] / image[:, 2].clamp(min=0.1).median()) * _VOXEL_M))
        widened = _widened(self.mask, self.reach)  # a voxel counts where any of it may lie in the mask
        self.holds = ~is_inside | widened.view(-1)[self.pixel.clamp(min=0)]  # beyond the picture nothing is known

    def uncovered(self, hull: Tensor) -> Tensor:  # [N] bool -> [H, W] bool
        """Pixels of the mask that no voxel of a hull falls on or beside."""
        drawn = torch.zeros(self.mask.numel(), dtype=torch.bool)
        chosen = self.pixel[hull]
        drawn[chosen[chosen >= 0]] = True
        return self.mask & ~_widened(drawn.view(self.mask.shape), self.reach)


def _voxels(vertices: Tensor) -> Tensor:  # [V, 3] -> [N, 3] world
    low, high = vertices.amin(0) - _MARGIN_M, vertices.amax(0) + _MARGIN_M
    axes = [torch.arange(float(a), float(b), _VOXEL_M) for a, b in zip(low, high, strict=True)]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def _widened(image: Tensor, pixels: int) -> Tensor:  # [H, W] bool
    grown = torch.nn.functional.max_pool2d(image.float()[None, None], 2 * pixels + 1, stride=1, padding=pixels)
    return grown[0, 0] > 0
