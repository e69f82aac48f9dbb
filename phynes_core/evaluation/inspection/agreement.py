"""What the silhouettes of all pictures say about cameras and poses."""

from collections import defaultdict

import numpy as np

from phynes_core.body.model import BodyModel
from phynes_core.evaluation.inspection.findings import GOOD, USABLE, WRONG, Finding, Plot, Section, level_of, listed
from phynes_core.evaluation.inspection.moments import Moment
from phynes_core.evaluation.inspection.silhouettes import Agreement, compare_silhouettes
from phynes_core.evaluation.report.elements import Table
from phynes_core.evaluation.report.svg import Series

_USABLE_OUTSIDE, WRONG_OUTSIDE = 0.02, 0.15  # of the bare body: 0.002 is perfect, 0.05 fits of 1 degree, 0.11 of 2
_POOR_IOU = 0.3  # less than bare bodies under coats and long skirts reach
_LOWER_IOU = 0.1  # of a camera against the others' median
_BAD_OUTSIDE = 0.2  # of a single picture
_SHIFT_CM, _STEADY = 0.8, 2.0  # a camera's mean shift in centimetres, and in standard deviations over its frames
_LEAST_FRAMES = 3
_NOTE = (
    "The clothed person is larger than the bare body, so the masks reach beyond it: an intersection over union of 0.8"
    " to 0.95 and gaps of 0 to 5 cm are normal, more at skirts and hair. The reverse is suspicious: of the bare body "
    "no more than 2 % lies outside the mask where fits are very good, 5 % with fits of one degree and 5 mm, 11 % with"
    " twice that. 'Shift' says how the mask is moved against the body: the same in all frames of one camera, that "
    "camera is off; different from frame to frame, the poses are."
)


class SilhouetteCheck:
    """Collects how well silhouettes agree."""

    def __init__(self, body: BodyModel) -> None:
        self.body = body
        self.pictures: list[Agreement] = []

    def add(self, moment: Moment) -> None:
        """Compare the pictures of a frame."""
        found = [
            compare_silhouettes(view, moment.frame, self.body, view.is_training and moment.is_training)
            for view in moment.views
        ]
        self.pictures += [one for one in found if one is not None]

    @property
    def outside(self) -> float:
        """Mean share of the bare body outside the masks; 0 without a picture."""
        return float(np.mean([one.outside for one in self.pictures])) if self.pictures else 0.0

    def worst(self, count: int) -> list[Agreement]:
        """The pictures with the most of the body outside the mask."""
        return sorted(self.pictures, key=lambda one: -one.outside)[:count]

    def section(self) -> Section | None:
        """Findings, a row for each camera, and a dot for each picture; None where every mask is empty."""
        if not self.pictures:
            return None
        by_camera: dict[str, list[Agreement]] = defaultdict(list)
        for one in self.pictures:
            by_camera[one.camera].append(one)
        by_camera = dict(sorted(by_camera.items()))
        findings = [self._overall(), *_cameras(by_camera), *self._frames()]
        rows = tuple((f"camera {name}", *_numbers(own)) for name, own in by_camera.items())
        columns = (
            "",
            "IoU",
            "body outside",
            "worst frame",
            "gap 5 %, cm",
            "median",
            "95 %",
            "shift x, px",
            "y, px",
            "cm",
        )
        table = Table("Silhouettes by camera", "Means over the frames; shifts with their spread.", columns, rows)
        plots = (
            Plot("Share of the bare body outside the mask", "%", _series(by_camera, lambda one: 100 * one.outside)),
            Plot("Intersection over union", "", _series(by_camera, lambda one: one.iou)),
        )
        return Section("Silhouettes of body and mask", _NOTE, tuple(findings), (table,), plots)

    def _overall(self) -> Finding:
        outside = self.outside
        iou = float(np.mean([one.iou for one in self.pictures]))
        gaps = np.concatenate([one.gaps_cm for one in self.pictures])
        gap = f", its edge {np.median(gaps):.1f} cm beyond the body" if len(gaps) else ""
        level = WRONG if iou < _POOR_IOU else level_of(outside, _USABLE_OUTSIDE, WRONG_OUTSIDE)
        remedy = {
            GOOD: "",
            USABLE: "fits or cameras are off by some centimetres: fit again with more views, or let training refine "
            "the poses",
            WRONG: "silhouettes do not agree: see the pictures, and the usual mistakes",
        }[level]  # fmt: skip
        return Finding(
            "silhouettes", level,
            f"{outside:.1%} of the bare body lies outside the masks (IoU {iou:.2f}{gap})", remedy,
        )  # fmt: skip

    def _frames(self) -> list[Finding]:
        by_frame: dict[int, list[float]] = defaultdict(list)
        for one in self.pictures:
            by_frame[one.frame].append(one.outside)
        bad = sorted(frame for frame, values in by_frame.items() if np.mean(values) > _BAD_OUTSIDE)
        if not bad or len(bad) > 0.5 * len(by_frame):
            return []
        return [Finding("silhouettes", USABLE, f"frames {listed(bad)} agree much less than the others",
                        "fit these frames again, or leave them out")]  # fmt: skip


def _cameras(by_camera: dict[str, list[Agreement]]) -> list[Finding]:
    """Cameras that agree less than the others, and those that are moved by the same in all frames."""
    findings = []
    ious = {name: float(np.median([one.iou for one in own])) for name, own in by_camera.items()}
    for name, own in by_camera.items():
        others = [value for other, value in ious.items() if other != name]
        moved = _steady_shift(own)
        if moved is not None:
            shift, centimetres = moved
            findings.append(Finding(
                "silhouettes", USABLE, f"camera {name} is off by ({shift[0]:+.1f}, {shift[1]:+.1f}) px in all "
                f"frames, {centimetres:.1f} cm at the body",
                "calibrate this camera again: it has moved, or its lens is distorted",
            ))  # fmt: skip
        elif others and ious[name] < float(np.median(others)) - _LOWER_IOU:
            findings.append(Finding(
                "silhouettes", WRONG if ious[name] < _POOR_IOU else USABLE,
                f"camera {name} agrees less than the others (IoU {ious[name]:.2f}, they {np.median(others):.2f})",
                "its calibration, its frame numbers or its masks are wrong",
            ))  # fmt: skip
    return findings


def _steady_shift(own: list[Agreement]) -> tuple[np.ndarray, float] | None:
    """By how many pixels and centimetres a camera's masks are moved, if it is the same in all frames."""
    known = [one for one in own if np.isfinite(one.shift_cm)]
    if len(known) < _LEAST_FRAMES:
        return None
    shifts, lengths = np.array([one.shift_px for one in known]), np.array([one.shift_cm for one in known])
    shift, spread = np.median(shifts, 0), float(np.linalg.norm(shifts.std(0)))
    length = float(np.linalg.norm(shift))
    centimetres = length * float(np.median(lengths / np.maximum(np.linalg.norm(shifts, axis=1), 1e-6)))
    return (shift, centimetres) if centimetres > _SHIFT_CM and length > _STEADY * spread else None


def _numbers(own: list[Agreement]) -> tuple[str, ...]:
    worst = max(own, key=lambda one: one.outside)
    shifts = np.array([one.shift_px for one in own if np.isfinite(one.shift_px).all()]).reshape(-1, 2)
    shift = ["-", "-"]
    if len(shifts):
        shift = [f"{value:+.1f} ± {spread:.1f}" for value, spread in zip(shifts.mean(0), shifts.std(0), strict=True)]
    seen = [one for one in own if len(one.gaps_cm)]
    gaps = [f"{np.median([one.gap(share) for one in seen]):.1f}" if seen else "-" for share in (5, 50, 95)]
    lengths = [one.shift_cm for one in own if np.isfinite(one.shift_cm)]
    return (
        f"{np.mean([one.iou for one in own]):.3f}", f"{np.mean([one.outside for one in own]):.1%}",
        f"{worst.frame} ({worst.outside:.1%})",
        *gaps, *shift, f"{np.mean(lengths):.1f}" if lengths else "-",
    )  # fmt: skip


def _series(by_camera: dict[str, list[Agreement]], number) -> tuple[Series, ...]:
    return tuple(
        Series(f"camera {name}", tuple(f"frame {one.frame}" for one in own), tuple(number(one) for one in own))
        for name, own in by_camera.items()
    )
