"""What is wrong with single masks: empty, cut off by the picture's border, in several pieces, with holes."""

from dataclasses import dataclass

import numpy as np
import torch

from phynes_core.evaluation.inspection.findings import GOOD, USABLE, WRONG, Finding, Section, listed
from phynes_core.evaluation.inspection.moments import Moment, View
from phynes_core.evaluation.report.elements import Table

_NOTED_PIECE = 0.005  # of the person's area; smaller specks are told apart from pieces
_NOTED_HOLE = 0.003  # of the person's area: a hole where the bare body is
_RIM_M = 0.04  # of the silhouette, where a hole is no fault of the mask
_NOTED_BORDER = 0.02  # of the mask's outline along the picture's border
_FEW = 0.1  # of the pictures: more of them with a fault are worth a remedy
_NOTE = (
    "A mask is one piece. Gaps between arm and trunk are no holes: a hole counts deep inside the bare body. A "
    "person that the picture's border cuts off is learned from the other cameras alone there."
)


@dataclass(frozen=True)
class MaskFaults:
    """Shares of one mask's area, but `border`."""

    camera: str
    frame: int
    is_training: bool
    is_empty: bool
    pieces: int  # besides the largest, each at least _NOTED_PIECE of the area
    loose: float  # in all pieces but the largest
    holes: float  # pixels of closed gaps deep inside the bare body
    border: float  # of the mask's rows and columns that end at the picture's border


class MaskCheck:
    """Collects the faults of every picture's mask."""

    def __init__(self) -> None:
        self.faults: list[MaskFaults] = []

    def add(self, moment: Moment) -> None:
        """Look at a frame."""
        for view in moment.views:
            self.faults.append(mask_faults(view, moment.frame, view.is_training and moment.is_training))

    def section(self) -> Section:
        """Findings and a row for each camera."""
        faults, cameras = self.faults, sorted({fault.camera for fault in self.faults})
        rows = []
        for name in cameras:
            own = [fault for fault in faults if fault.camera == name]
            counts = (
                sum(fault.is_empty for fault in own),
                sum(fault.border > _NOTED_BORDER for fault in own),
                sum(fault.pieces > 0 for fault in own),
                sum(fault.holes > _NOTED_HOLE for fault in own),
            )
            rows.append((f"camera {name}", str(len(own)), *map(str, counts)))
        columns = ("", "masks", "empty", "cut off", "in pieces", "with holes")
        table = Table("Masks by camera", "Pictures with the fault.", columns, tuple(rows))
        findings = [finding for finding in (self._empty(), self._border(), self._pieces(), self._holes()) if finding]
        if not findings:
            findings = [Finding("masks", GOOD, f"all {len(faults)} in one piece, without holes, inside their pictures")]
        return Section("Masks", _NOTE, tuple(findings), (table,))

    def _empty(self) -> Finding | None:
        empty = [fault for fault in self.faults if fault.is_empty]
        if not empty:
            return None
        level = WRONG if any(fault.is_training for fault in empty) else USABLE
        return Finding(
            "masks", level, f"{len(empty)} empty: {_named(empty)}", "segment these pictures again, or remove the frames"
        )

    def _border(self) -> Finding | None:
        cut = [fault for fault in self.faults if fault.border > _NOTED_BORDER]
        if not cut:
            return None
        level = USABLE if len(cut) > _FEW * len(self.faults) else GOOD
        remedy = _unless_good(level, "move the camera back, or choose frames in which the person is whole")
        said = f"{len(cut)} of {len(self.faults)} touch the picture's border: {_named(cut)}"
        return Finding("masks", level, said, remedy)

    def _pieces(self) -> Finding | None:
        torn = sorted((fault for fault in self.faults if fault.pieces), key=lambda fault: -fault.loose)
        if not torn:
            return None
        level = USABLE if len(torn) > _FEW * len(self.faults) or torn[0].loose > _FEW else GOOD
        return Finding(
            "masks", level,
            f"{len(torn)} of {len(self.faults)} in several pieces, up to {torn[0].loose:.0%} of the area beside the "
            f"largest: {_named(torn)}", _unless_good(level, "keep the largest piece of each mask, or segment again"),
        )  # fmt: skip

    def _holes(self) -> Finding | None:
        holed = sorted((fault for fault in self.faults if fault.holes > _NOTED_HOLE), key=lambda fault: -fault.holes)
        if not holed:
            return None
        level = USABLE if len(holed) > _FEW * len(self.faults) or holed[0].holes > _FEW else GOOD
        return Finding(
            "masks", level,
            f"{len(holed)} of {len(self.faults)} with holes where the body is, up to {holed[0].holes:.1%} of the area: "
            f"{_named(holed)}", _unless_good(level, "fill them: a hole carves the surface away"),
        )  # fmt: skip


def mask_faults(view: View, frame: int, is_training: bool) -> MaskFaults:
    """Look at one mask."""
    mask, area = view.inside, int(view.inside.sum())
    if area == 0:
        return MaskFaults(view.name, frame, is_training, True, pieces=0, loose=0.0, holes=0.0, border=0.0)
    sizes = np.sort(np.bincount(pieces(mask).ravel())[1:])[::-1]
    gaps = pieces(~mask)
    edge = np.unique(np.concatenate([gaps[0], gaps[-1], gaps[:, 0], gaps[:, -1]]))
    closed = (gaps > 0) & ~np.isin(gaps, edge)
    deep = _deep_inside(view)
    ends = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).sum()
    around = mask.any(0).sum() + mask.any(1).sum()
    return MaskFaults(
        camera=view.name,
        frame=frame,
        is_training=is_training,
        is_empty=False,
        pieces=int((sizes[1:] >= _NOTED_PIECE * area).sum()),
        loose=float(sizes[1:].sum() / area),
        holes=float((closed & deep).sum() / area),
        border=float(ends / around),
    )


def _deep_inside(view: View) -> np.ndarray:  # [H, W] bool
    """The bare body's silhouette without its rim, which a gap between arm and trunk may meet where fits are inexact."""
    body = view.body
    if not body.any():
        return body
    focal = float(view.camera.intrinsics[0, 0])
    reach = max(1, round(focal * _RIM_M / float(view.fragments.depth.numpy()[body].mean())))
    outside = torch.from_numpy(~body).float()[None, None]
    return torch.nn.functional.max_pool2d(outside, 2 * reach + 1, stride=1, padding=reach)[0, 0].numpy() == 0


def pieces(mask: np.ndarray) -> np.ndarray:  # [H, W] bool -> [H, W] int32
    """Number the pieces that hang together by their pixels' edges, from 1; 0 outside. Runs of a row are joined."""
    parents: list[int] = [0]

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    labels = np.zeros(mask.shape, np.int32)
    above: list[tuple[int, int, int]] = []  # first and last column and label of the row above
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    for row, steps in enumerate(np.diff(padded, axis=1)):
        runs, position = [], 0
        for first, end in zip(np.nonzero(steps == 1)[0].tolist(), np.nonzero(steps == -1)[0].tolist(), strict=True):
            label = 0
            while position < len(above) and above[position][1] < first:
                position += 1
            for left, _, other in above[position:]:
                if left >= end:
                    break
                label, other = label or root(other), root(other)
                if label != other:
                    parents[max(label, other)] = min(label, other)
                    label = min(label, other)
            if not label:
                label = len(parents)
                parents.append(label)
            labels[row, first:end] = label
            runs.append((first, end - 1, label))
        above = runs
    roots = np.array([root(label) for label in range(len(parents))])
    return np.unique(roots, return_inverse=True)[1].astype(np.int32)[labels]


def _unless_good(level: str, remedy: str) -> str:
    return "" if level == GOOD else remedy


def _named(faults: list[MaskFaults]) -> str:
    return listed([f"camera {fault.camera} frame {fault.frame}" for fault in faults], most=4)
