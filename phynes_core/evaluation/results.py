"""Results of an evaluation: numbers by name, one row a picture, and panels for the report."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.evaluation.metrics.masks import bounding_rectangle
from phynes_core.evaluation.options import HeldOutView

RGB_KINDS = ("texture", "relit")
_MARGIN_PX = 8  # around the person in a panel


@dataclass(frozen=True)
class Panel:
    """A row of the report: truth, ours and their difference, sRGB in [0, 1]."""

    group: str  # the view, or another heading
    title: str
    truth: Tensor  # [H, W, 3]
    ours: Tensor  # [H, W, 3]
    score: str


@dataclass
class Evaluation:
    """All results for one avatar."""

    name: str
    metrics: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)  # one a picture: split, camera, frame, kind, numbers
    panels: list[Panel] = field(default_factory=list)
    provenance: dict[str, str | int | float] = field(default_factory=dict)  # of the avatar
    capture: str = ""  # name of the capture's folder


class ResultCollector:
    """Collects numbers, rows and panels view by view."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self._numbers: dict[tuple[str, ...], list[float]] = defaultdict(list)

    def add(self, path: tuple[str, ...], numbers: dict[str, float]) -> None:
        """Values whose means appear under `path` in the metrics."""
        for name, value in numbers.items():
            self._numbers[(*path, name)].append(value)

    def add_picture(
        self, view: HeldOutView, path: tuple[str, ...], numbers: dict[str, float], kind: str = "", light: str = ""
    ) -> None:
        """Numbers of one picture, for the means and as a row of their own."""
        self.add(path, numbers)
        row = {"split": view.split, "camera": view.camera, "frame": view.frame, "kind": kind or path[-1]}
        self.evaluation.rows.append(row | ({"light": light} if light else {}) | numbers)

    def add_panel(self, view: HeldOutView, title: str, truth: Tensor, ours: Tensor, numbers: dict[str, float]) -> None:
        """A panel, cropped to the person, if the report shows this view."""
        if not view.is_pictured:
            return
        rows, columns = bounding_rectangle(view.coverage > 0)
        rows, columns = _grown(rows, view.coverage.shape[0]), _grown(columns, view.coverage.shape[1])
        score = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in numbers.items())
        panel = Panel(view.title, title, truth[rows, columns].clone(), ours[rows, columns].clone(), score)
        self.evaluation.panels.append(panel)

    def means(self) -> dict[str, Any]:
        """Means, nested by path."""
        metrics: dict[str, Any] = {}
        for path, values in self._numbers.items():
            node = metrics
            for group in path[:-1]:
                node = node.setdefault(group, {})
            node[path[-1]] = mean_of(values)
        return metrics


def means_over(
    rows: Collection[dict[str, Any]], views: Collection[HeldOutView], names: Collection[str]
) -> dict[str, Any]:
    """Means of the named numbers over some pictures: by split and kind for RGB, by kind for the others."""
    chosen = {(view.camera, view.frame) for view in views}
    found: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if (row["camera"], row["frame"]) in chosen:
            found[(row["split"], row["kind"]) if row["kind"] in RGB_KINDS else (row["kind"],)].append(row)
    means: dict[str, Any] = {}
    for path, members in found.items():
        node = means
        for group in path:
            node = node.setdefault(group, {})
        node |= {name: mean_of([row[name] for row in members]) for name in names if name in members[0]}
    return means


def mean_of(values: list[float]) -> float | None:
    """Mean, or None of an empty list (JSON has no NaN)."""
    return float(np.mean(values)) if values else None


def gray(values: Tensor) -> Tensor:  # [H, W] -> [H, W, 3]
    """A gray picture of one number per pixel."""
    return values.clamp(0.0, 1.0)[..., None].expand(-1, -1, 3)


def normal_picture(normal: Tensor) -> Tensor:  # [H, W, 3] unit or 0 -> [0, 1]
    """Normals as colors, black where there is none."""
    return torch.where(normal.norm(dim=-1, keepdim=True) > 0.5, 0.5 + 0.5 * normal, torch.zeros(()))


def _grown(span: slice, size: int) -> slice:
    return slice(max(span.start - _MARGIN_PX, 0), min(span.stop + _MARGIN_PX, size))
