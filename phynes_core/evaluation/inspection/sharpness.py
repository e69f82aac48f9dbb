"""How sharp the pictures are: the blur at their edges, as the standard deviation of a Gaussian in pixels.

Blurring a picture once more by sigma_0 flattens an edge of blur sigma by R = sqrt(sigma^2 + sigma_0^2) / sigma (Zhuo
and Sim, "Defocus map estimation from a single image", 2011), so the ratio of both gradients gives sigma, whatever the
edge's height. Only edges inside the person count: the mask's own edge is cut out by hand.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.conventions import LUMINANCE
from phynes_core.evaluation.inspection.findings import GOOD, USABLE, Finding, Plot, Section, listed
from phynes_core.evaluation.inspection.moments import Moment
from phynes_core.evaluation.report.elements import Table
from phynes_core.evaluation.report.svg import Series

_AGAIN_PX = 1.5  # sigma_0
_INSET_PX = 5  # from the mask's edge, where the picture is cut: the reach of the second blur
_STRONG = 0.9  # quantile of the gradients: edges
_LEAST_STEP = 0.015  # of 1, sRGB luminance a pixel: weaker edges are noise
_LEAST_EDGES = 40  # pixels
_SOFT_PX = 1.6  # absolute: detail of two pixels is gone
_RELATIVE, _RELATIVE_PX = 1.3, 0.25  # against the other cameras' median: factor and least difference
_MOVED_PX = 0.5  # a frame against its camera's median
_NOTE = (
    "Blur at the edges inside the person, as the standard deviation of a Gaussian in pixels. 0.5 to 1.2 is sharp; "
    "from 1.6 on the pictures hold no more than pictures of half the size would. A camera that is softer than the "
    "others teaches the surface that it alone sees blurred."
)


@dataclass(frozen=True)
class Blur:
    """Of one picture."""

    camera: str
    frame: int
    sigma_px: float


class SharpnessCheck:
    """Collects the blur of every picture."""

    def __init__(self) -> None:
        self.pictures: list[Blur] = []

    def add(self, moment: Moment) -> None:
        """Look at a frame."""
        for view in moment.views:
            sigma = blur_px(view.image, view.coverage)
            if sigma is not None:
                self.pictures.append(Blur(view.name, moment.frame, sigma))

    def section(self) -> Section:
        """Findings, a row for each camera, and a dot for each picture."""
        by_camera: dict[str, list[Blur]] = {}
        for picture in self.pictures:
            by_camera.setdefault(picture.camera, []).append(picture)
        if not by_camera:
            said = "not measured: the pictures show no edges inside the person"
            return Section("Sharpness", _NOTE, (Finding("sharpness", GOOD, said),))
        medians = {name: float(np.median([one.sigma_px for one in own])) for name, own in sorted(by_camera.items())}
        rows, series, soft, softer, moved = [], [], [], [], []
        for name, median in medians.items():
            own = by_camera[name]
            worst = max(own, key=lambda one: one.sigma_px)
            rows.append((f"camera {name}", f"{median:.2f}", f"{min(one.sigma_px for one in own):.2f}",
                         f"{worst.sigma_px:.2f} (frame {worst.frame})"))  # fmt: skip
            series.append(Series(f"camera {name}", tuple(f"frame {one.frame}" for one in own),
                                 tuple(one.sigma_px for one in own)))  # fmt: skip
            others = [value for other, value in medians.items() if other != name]
            usual = float(np.median(others)) if others else median
            if median > max(_RELATIVE * usual, usual + _RELATIVE_PX):
                softer.append(f"{name} ({median:.1f} px, the others {usual:.1f})")
            elif median > _SOFT_PX:
                soft.append(f"{name} ({median:.1f} px)")
            moved += [f"{name} frame {one.frame}" for one in own if one.sigma_px > median + _MOVED_PX]
        findings = []
        if softer:
            findings.append(Finding("sharpness", USABLE, f"softer than the others: camera {listed(softer)}",
                                    "focus it, close its aperture, or leave it out of the training"))  # fmt: skip
        if soft:
            findings.append(Finding("sharpness", USABLE, f"no detail in single pixels: camera {listed(soft)}",
                                    "smaller pictures lose nothing (--ratio 0.5 for public layouts)"))  # fmt: skip
        if moved:
            findings.append(Finding("sharpness", USABLE, f"{len(moved)} pictures are softer than their camera's usual: "
                                    f"camera {listed(moved, most=4)}", "a shorter exposure; leave out frames of fast "
                                    "motion"))  # fmt: skip
        if not findings:
            usual = float(np.median(list(medians.values())))
            findings.append(Finding("sharpness", GOOD, f"blur of {usual:.2f} px, the same in all cameras and frames"))
        columns = ("", "median, px", "sharpest", "softest")
        plot = Plot("Blur by picture", "px", tuple(series))
        return Section(
            "Sharpness", _NOTE, tuple(findings), (Table("Blur by camera", "", columns, tuple(rows)),), (plot,)
        )


def blur_px(
    image: np.ndarray,  # [H, W, 3] uint8 sRGB
    coverage: np.ndarray,  # [H, W] uint8
) -> float | None:
    """Standard deviation of the blur; None for a person without edges."""
    outside = torch.from_numpy(coverage < 255).float()[None, None]
    inner = torch.nn.functional.max_pool2d(outside, 2 * _INSET_PX + 1, stride=1, padding=_INSET_PX)[0, 0] == 0
    if not inner.any():
        return None
    rows, columns = torch.nonzero(inner.any(1))[:, 0], torch.nonzero(inner.any(0))[:, 0]
    window = (slice(max(int(rows[0]) - _INSET_PX, 0), int(rows[-1]) + _INSET_PX + 1),
              slice(max(int(columns[0]) - _INSET_PX, 0), int(columns[-1]) + _INSET_PX + 1))  # fmt: skip
    luminance = torch.from_numpy(image[window]).float() @ torch.tensor(LUMINANCE) / 255.0
    sharp, inner = _gradient(luminance), inner[window]
    again = _gradient(gaussian(luminance, _AGAIN_PX))
    strong = inner & (sharp > _LEAST_STEP)
    if int(strong.sum()) < _LEAST_EDGES:
        return None
    strong &= sharp >= torch.quantile(sharp[strong], _STRONG)
    ratio = (sharp[strong] / again[strong].clamp(min=1e-6)).median().clamp(min=1.0 + 1e-3)
    return float(_AGAIN_PX / (ratio.square() - 1.0).sqrt())


def gaussian(image: Tensor, sigma_px: float) -> Tensor:  # [H, W] -> [H, W]
    """Blur; the picture's border is repeated outward."""
    reach = max(1, round(3 * sigma_px))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma_px).square())
    weights = weights / weights.sum()
    padded = torch.nn.functional.pad(image[None, None], (reach,) * 4, mode="replicate")
    across = torch.nn.functional.conv2d(padded, weights[None, None, None])
    return torch.nn.functional.conv2d(across, weights[None, None, :, None])[0, 0]


def _gradient(image: Tensor) -> Tensor:  # [H, W] -> [H, W]
    padded = torch.nn.functional.pad(image[None, None], (1,) * 4, mode="replicate")[0, 0]
    across = (padded[1:-1, 2:] - padded[1:-1, :-2]) / 2
    down = (padded[2:, 1:-1] - padded[:-2, 1:-1]) / 2
    return torch.hypot(across, down)
