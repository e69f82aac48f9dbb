"""Which frames, views and pixels of a public dataset make a capture, with presets of the public subjects.

Presets are found by the folder's name. Sources: neuralbody's supplementary table and animatable_nerf's configs/sdf_pdf
(ZJU-MoCap, SyntheticHuman), RelightableAvatar's configs/synthetic_human (SyntheticHuman++). PhyNES trains all subjects
of both from four views and does not name them; 1, 4, 7, 9 is the only published choice of four in ten.
"""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

from phynes_core.errors import CaptureError

UP_AXES = ("+x", "-x", "+y", "-y", "+z", "-z")
PARAMETER_FOLDERS = ("new_params", "params")  # in the order of preference: new_params were fitted with pose correctives
_TO_THE_END = 10**6  # ranges are cut where the dataset ends
_FOUR_OF_TEN = (1, 4, 7, 9)


@dataclass(frozen=True)
class FrameRange:
    """A slice of a dataset's list of frames; indices past its end are left out."""

    first: int
    count: int
    interval: int = 1

    def indices(self, total: int) -> range:
        """The indices that exist in a list of `total` frames."""
        return range(total)[self.first : self.first + self.count * self.interval : self.interval]


@dataclass(frozen=True)
class CaptureOptions:
    """None and empty fields are taken from the preset of the subject that the folder is named after."""

    frames: FrameRange | None = None  # to train on
    novel_frames: FrameRange | None = None  # of novel motion, only evaluated
    train_views: tuple[int, ...] | None = None  # camera numbers
    test_views: tuple[int, ...] | None = None
    evaluate_every: int | None = None  # test cameras see every n-th frame of both splits
    ratio: float | None = None  # pictures are resized by it
    up: str = ""  # the dataset's world axis that points up, one of UP_AXES; found from the cameras when empty
    parameters: str = ""  # folder of the body parameters; the first of PARAMETER_FOLDERS that exists when empty
    renders: str = ""  # path template of SyntheticHuman++'s ground truth (public/ground_truth.py)
    lighting: Path | None = None  # folder of its 16 x 32 probes

    def __post_init__(self) -> None:
        if self.evaluate_every is not None and self.evaluate_every < 1:
            raise CaptureError(f"--evaluate-every: expected at least 1, got {self.evaluate_every}")
        if self.ratio is not None and not 0.0 < self.ratio <= 1.0:
            raise CaptureError(f"--ratio: expected more than 0 and at most 1, got {self.ratio}")
        if self.up and self.up not in UP_AXES:
            raise CaptureError(f"--up: expected one of {', '.join(UP_AXES)}, got '{self.up}'")

    def given(self) -> tuple[str, ...]:
        """Names of the fields that are set."""
        fields = dataclasses.fields(self)
        return tuple(field.name for field in fields if getattr(self, field.name) not in (None, ""))


def frame_range(option: str, text: str | None) -> FrameRange | None:
    """ "first:count" or "first:count:interval", as typed after `option`."""
    if text is None:
        return None
    words = text.split(":")
    if len(words) not in (2, 3) or not all(word.isdecimal() for word in words):
        raise CaptureError(f"{option}: expected first:count or first:count:interval as in 0:300:1, got '{text}'")
    numbers = FrameRange(*map(int, words))
    if numbers.count < 1 or numbers.interval < 1:
        raise CaptureError(f"{option}: expected a count and an interval of at least 1, got '{text}'")
    return numbers


def view_list(option: str, text: str | None) -> tuple[int, ...] | None:
    """ "0,6,12,18", as typed after `option`."""
    if text is None:
        return None
    words = text.split(",")
    if not all(word.strip().isdecimal() for word in words) or len(set(map(int, words))) != len(words):
        raise CaptureError(f"{option}: expected different camera numbers as in 0,6,12,18, got '{text}'")
    return tuple(map(int, words))


@dataclass(frozen=True)
class SubjectPreset:
    """Values for fields that CaptureOptions leaves empty."""

    frames: FrameRange
    train_views: tuple[int, ...]
    test_views: tuple[int, ...] | None = None  # None: all others
    novel_frames: FrameRange | None = None
    evaluate_every: int = 30
    ratio: float = 1.0
    counts_from_one: bool = False  # names as CoreView_313_Camera_(1)_0001_<time>.jpg


def _zju(first: int, count: int, novel_first: int, novel_end: int = _TO_THE_END) -> SubjectPreset:
    novel = FrameRange(novel_first, novel_end - novel_first)
    return SubjectPreset(FrameRange(first, count), (0, 6, 12, 18), novel_frames=novel, ratio=0.5)


def _synthetic(first: int, count: int) -> SubjectPreset:
    return SubjectPreset(FrameRange(first, count), _FOUR_OF_TEN, evaluate_every=10)


def _relightable(first: int, count: int, evaluate_every: int) -> SubjectPreset:
    frames = FrameRange(first, count)
    return SubjectPreset(frames, _FOUR_OF_TEN, test_views=(12, 15, 19), evaluate_every=evaluate_every, ratio=0.5)


ZJU_MOCAP = {
    "313": dataclasses.replace(_zju(0, 60, 60, 1060), counts_from_one=True),
    "315": dataclasses.replace(_zju(0, 400, 400, 1400), counts_from_one=True),
    "377": _zju(0, 300, 300),
    "386": _zju(0, 300, 300),
    "387": _zju(0, 300, 300),
    "390": _zju(700, 300, 0, 700),
    "392": _zju(0, 300, 300),
    "393": _zju(0, 300, 300),
    "394": _zju(0, 300, 300),
}
SYNTHETIC_HUMAN = {
    "nathan": _synthetic(0, 69),
    "manuel": _synthetic(10, 300),
    "malcolm": _synthetic(0, 70),
    "megan": _synthetic(0, 100),
    "leonard": _synthetic(0, 100),
    "josh": _synthetic(0, 100),
    "jody": _synthetic(0, 100),
}
SYNTHETIC_HUMAN_PLUS = {
    "jody": _relightable(0, 100, 21),
    "josh": _relightable(0, 100, 21),
    "leonard": _relightable(0, 100, 21),
    "megan": _relightable(0, 100, 21),
    "malcolm": _relightable(1, 69, 13),
    "nathan": _relightable(1, 68, 13),
    "manuel": _relightable(100, 800, 100),
}


def subject_preset(folder_name: str, subjects: dict[str, SubjectPreset]) -> SubjectPreset | None:
    """The preset whose name is a word of the folder's name: CoreView_377, rp_nathan, josh."""
    words = re.split(r"[\W_]+", folder_name.lower())
    return next((preset for name, preset in subjects.items() if name in words), None)
