"""Exposure of the pictures: pixels of the person that are clipped, and pixels that are nearly black."""

from dataclasses import dataclass

import numpy as np

from phynes_core.evaluation.inspection.findings import GOOD, USABLE, WRONG, Finding, Section, listed
from phynes_core.evaluation.inspection.moments import Moment, View
from phynes_core.evaluation.report.elements import Table

CLIPPED, NEARLY_BLACK = 254, 8  # of 255: a channel from here on; all channels down to here
_USABLE_CLIPPED, _WRONG_CLIPPED = 0.02, 0.3  # of the person's pixels
_USABLE_BLACK = 0.1
_NOTE = (
    "Share of the person's pixels, those that the mask holds wholly. A clipped pixel has a channel at its end: its "
    "color is lost, and highlights of it are learned too dim. Half a percent is normal. Nearly black pixels carry "
    "noise alone; black clothes have some."
)


@dataclass(frozen=True)
class Exposure:
    """Of one picture."""

    camera: str
    frame: int
    clipped: float  # share of the pixels
    black: float
    brightness: float  # mean of the sRGB values, 0 to 1


class ExposureCheck:
    """Collects the exposure of every picture."""

    def __init__(self) -> None:
        self.pictures: list[Exposure] = []

    def add(self, moment: Moment) -> None:
        """Look at a frame."""
        self.pictures += [found for view in moment.views if (found := exposure(view, moment.frame))]

    def section(self) -> Section | None:
        """None where every mask is empty."""
        if not self.pictures:
            return None
        rows, bright, dark, lost = [], [], [], []
        for name in sorted({picture.camera for picture in self.pictures}):
            own = [picture for picture in self.pictures if picture.camera == name]
            clipped, black, brightness = np.mean([(one.clipped, one.black, one.brightness) for one in own], 0)
            worst = max(own, key=lambda one: one.clipped)
            rows.append((f"camera {name}", f"{clipped:.2%}", f"{black:.2%}", f"{255 * brightness:.0f}",
                         f"frame {worst.frame}: {worst.clipped:.2%}"))  # fmt: skip
            (lost if clipped > _WRONG_CLIPPED else bright if clipped > _USABLE_CLIPPED else []).append(
                f"{name} ({clipped:.1%})"
            )
            if black > _USABLE_BLACK:
                dark.append(f"{name} ({black:.1%})")
        findings = []
        if lost or bright:
            findings.append(Finding(
                "exposure", WRONG if lost else USABLE, f"clipped pixels in camera {listed(lost + bright)}",
                "expose shorter, or open raw files darker: what is clipped cannot be brought back",
            ))  # fmt: skip
        if dark:
            findings.append(Finding(
                "exposure", USABLE, f"nearly black pixels in camera {listed(dark)}",
                "more light or a longer exposure, unless the clothes are black",
            ))  # fmt: skip
        if not findings:
            clipped, black = np.mean([(one.clipped, one.black) for one in self.pictures], 0)
            findings.append(Finding("exposure", GOOD, f"{clipped:.2%} clipped, {black:.2%} nearly black"))
        columns = ("", "clipped", "nearly black", "mean of 255", "most clipped")
        return Section("Exposure", _NOTE, tuple(findings), (Table("Exposure by camera", "", columns, tuple(rows)),))


def exposure(view: View, frame: int) -> Exposure | None:
    """Of one picture; None where the mask holds no pixel wholly."""
    pixels = view.image[view.coverage == 255]
    if len(pixels) == 0:
        return None
    return Exposure(
        camera=view.name,
        frame=frame,
        clipped=float((pixels >= CLIPPED).any(-1).mean()),
        black=float((pixels <= NEARLY_BLACK).all(-1).mean()),
        brightness=float(pixels.mean() / 255.0),
    )
