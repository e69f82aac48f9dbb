"""Which imperfections a capture is to have, how they are typed, and the strengths of real rigs."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from phynes_core.errors import CaptureError

OFF = "none"  # typed for a kind that a preset has and that is not wanted


def _amount(option: str, unit: str, most: float) -> Any:
    """A field that `option` sets, in a unit, from 0 (perfect) to `most`."""
    return field(default=0.0, metadata={"option": option, "unit": unit, "most": most})


@dataclass(frozen=True)
class Imperfections:
    """Strengths of all kinds; 0 is perfect. A number is a standard deviation unless its comment says otherwise."""

    body_deg: float = _amount("body-noise", "deg", 45)  # each axis-angle component of each joint's turn, root included
    body_mm: float = _amount("body-noise", "mm", 1000)  # each component of the root's translation
    mask_px: float = _amount("mask-noise", "px", 50)  # of the contour along its normal
    color_percent: float = _amount("color-noise", "%", 50)  # of the gain by camera and channel, linear light
    camera_deg: float = _amount("camera-noise", "deg", 45)  # each axis-angle component of the camera's turn
    camera_mm: float = _amount("camera-noise", "mm", 1000)  # each component of the camera's center
    jpeg: float = _amount("jpeg", "", 100)  # quality 1 to 100, a whole number; 0: not compressed
    blur_px: float = _amount("blur", "px", 50)  # of the Gaussian
    offset_frames: float = _amount("offset", "frame", 1)  # how much later the pictures are than the body parameters
    seed: int = 0

    def __post_init__(self) -> None:
        for entry in fields(self):
            value, most = getattr(self, entry.name), entry.metadata.get("most", math.inf)
            if not 0 <= value <= most:
                option, unit = entry.metadata.get("option", entry.name), entry.metadata.get("unit", "")
                raise CaptureError(f"--{option}: expected 0 to {most:g}{unit}, got {value:g}{unit}")
        if self.jpeg != round(self.jpeg):
            raise CaptureError(f"--jpeg: expected a whole number, got {self.jpeg:g}")

    @property
    def is_perfect(self) -> bool:
        """Whether nothing would be altered."""
        return self == Imperfections(seed=self.seed)

    @property
    def has_new_poses(self) -> bool:
        """Whether body parameters are altered."""
        return bool(self.body_deg or self.body_mm or self.offset_frames)

    @property
    def has_new_masks(self) -> bool:
        """Whether masks are altered."""
        return bool(self.mask_px or self.blur_px)

    @property
    def has_new_images(self) -> bool:
        """Whether pictures are altered."""
        return bool(self.has_new_masks or self.color_percent or self.jpeg)

    def as_typed(self) -> dict[str, str]:
        """The options that give these strengths, by name."""
        typed: dict[str, list[str]] = {}
        for entry in fields(self):
            if entry.metadata:
                typed.setdefault(entry.metadata["option"], []).append(
                    f"{getattr(self, entry.name):g}{entry.metadata['unit']}"
                )
        shown = {option: ",".join(values) for option, values in typed.items()}
        return {option: text for option, text in shown.items() if re.search(r"[1-9]", text)}


PRESETS: dict[str, Imperfections] = {  # all kinds at once, as rigs for people have them
    "real": Imperfections(
        # From four calibrated views, joints are found within 20.5 to 22.4 mm relative to the pelvis (Iskakov et al.,
        # "Learnable Triangulation of Human Pose", ICCV 2019, Human3.6M; its authors' repository). One degree a joint
        # and 5 mm move those of josh_256 by 19 mm relative to the pelvis, and its vertices by 23 mm, betas included
        # (means of eight seeds).
        body_deg=1.0,
        body_mm=5.0,
        # The code of ZJU-MoCap (Peng et al., "Neural Body", CVPR 2021) leaves the pixels under a 5 x 5 kernel along
        # every mask's edge out of training: its authors trust the segmentation to two pixels.
        mask_px=1.5,
        # Cameras of one type differ by gain and offset of each channel: Joshi et al., "Automatic Color Calibration
        # for Large Camera Arrays", UCSD CS2005-0821, and Ilie and Welch, "Ensuring Color Consistency across
        # Multiple Cameras", ICCV 2005. The size is chosen: what may be left where nobody calibrated colors.
        color_percent=5.0,
        # Zhang, "A Flexible New Technique for Camera Calibration", PAMI 2000: points of the pattern are reprojected
        # within about a third of a pixel (RMS, 640 x 480). These are 0.5 pixels on a person, who is no pattern, in
        # josh_256, whose focal length is 478 pixels, at 3.5 m.
        camera_deg=0.03,
        camera_mm=2.0,
        # Between the qualities that libjpeg (75) and OpenCV (95) take where none is named.
        jpeg=85.0,
        # By arithmetic: a hand at 2 m/s moves 10 mm in a shutter time of 5 ms, 1.3 pixels of josh_256 (8 mm each);
        # a box of that width has a standard deviation of 0.4 pixels, a lens with color filters about as much.
        blur_px=0.6,
        # Published rigs trigger their cameras in hardware; what is left is chosen: 0.7 ms at 30 frames a second.
        offset_frames=0.02,
    ),
}


def parse_imperfections(
    typed: Mapping[str, str | None],  # by option without dashes, as in {"body-noise": "1deg,5mm"}; None: not given
    preset: str | None = None,  # of PRESETS; options that are given replace its own
    seed: int = 0,
) -> Imperfections:
    """What the options say. Raises CaptureError, one line, for anything else than the amounts in their units."""
    if preset is not None and preset not in PRESETS:
        raise CaptureError(f"--preset: expected {' or '.join(PRESETS)}, got '{preset}'")
    made = Imperfections() if preset is None else PRESETS[preset]
    for option, text in typed.items():
        if text is not None:
            made = replace(made, **_amounts(option, text))
    made = replace(made, seed=seed)
    if made.is_perfect:
        options = " ".join(f"--{option}" for option in typed)
        raise CaptureError(f"nothing to degrade: expected --preset {' or '.join(PRESETS)} or at least one of {options}")
    return made


def _amounts(option: str, text: str) -> dict[str, float]:
    wanted = [entry for entry in fields(Imperfections) if entry.metadata.get("option") == option]
    if text.strip() == OFF:
        return {entry.name: 0.0 for entry in wanted}
    parts = [part.strip() for part in text.split(",")]
    values: dict[str, float] = {}
    for entry, part in zip(wanted, parts, strict=False):
        match = re.fullmatch(r"(\d+\.?\d*|\.\d+)([a-z%]*)", part)
        if match and match[2] == entry.metadata["unit"]:
            values[entry.name] = float(match[1])
    if option == "jpeg" and values.get("jpeg") == 0.0:
        raise CaptureError(f"--jpeg: expected a quality from 1 to 100 or {OFF}, got '{text}'")
    if len(values) != len(wanted) or len(parts) != len(wanted):
        shown = ",".join(f"NUMBER{entry.metadata['unit']}" for entry in wanted)
        raise CaptureError(f"--{option}: expected {shown} or {OFF}, got '{text}'")
    return values
