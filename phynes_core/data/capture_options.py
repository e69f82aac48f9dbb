"""Which frames, views and pixels of a public dataset make a capture; what is left out, the subject's preset says."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from phynes_core.errors import CaptureError

UP_AXES = ("+x", "-x", "+y", "-y", "+z", "-z")
PARAMETER_FOLDERS = ("new_params", "params")  # in the order of preference: new_params were fitted with pose correctives


@dataclass(frozen=True)
class FrameRange:
    """Places in a dataset's list of frames, counted as Python slices do: what lies past the end is left out."""

    first: int
    count: int
    interval: int = 1

    def positions(self, total: int) -> range:
        """The places that exist in a list of `total` frames."""
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
    up: str = ""  # the dataset's world axis that points up, as in UP_AXES; told from the cameras when empty
    parameters: str = ""  # folder of the body parameters; the first of PARAMETER_FOLDERS that exists when empty
    renders: str = ""  # path template of SyntheticHuman++'s ground truth (relit_files.py)
    lighting: Path | None = None  # folder of its 16 x 32 probes

    def __post_init__(self) -> None:
        if self.evaluate_every is not None and self.evaluate_every < 1:
            raise CaptureError(f"--evaluate-every: expected at least 1, got {self.evaluate_every}")
        if self.ratio is not None and not 0.0 < self.ratio <= 1.0:
            raise CaptureError(f"--ratio: expected more than 0 and at most 1, got {self.ratio}")
        if self.up and self.up not in UP_AXES:
            raise CaptureError(f"--up: expected one of {', '.join(UP_AXES)}, got '{self.up}'")

    def given(self) -> tuple[str, ...]:
        """Names of the fields that were set."""
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
