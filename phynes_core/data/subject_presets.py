"""Frames and views of the public subjects, told from the folder's name.

Sources: neuralbody's supplementary table and animatable_nerf's configs/sdf_pdf (ZJU-MoCap, SyntheticHuman),
RelightableAvatar's configs/synthetic_human (SyntheticHuman++). PhyNES trains all subjects of both from four views
and does not name them; 1, 4, 7, 9 is the only choice of four in ten that anybody published.
"""

import dataclasses
import re
from dataclasses import dataclass

from phynes_core.data.capture_options import FrameRange

_TO_THE_END = 10**6  # ranges are cut where the dataset ends
_FOUR_OF_TEN = (1, 4, 7, 9)


@dataclass(frozen=True)
class SubjectPreset:
    """What CaptureOptions leaves out."""

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
