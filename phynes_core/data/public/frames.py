"""Frames and picture files of a dataset of EasyMocap's family, from annots.npy or from its folders."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeGuard

import numpy as np

from phynes_core.errors import CaptureError

MOST_DIGITS = 7  # of a frame's number
MOST_PICTURES = 500_000  # named in annots.npy; ZJU-MoCap's longest has 34,000
_PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class SourceFrame:
    """One frame of the dataset, with the pictures of all cameras."""

    number: int  # in our capture
    parameters: int  # number of its body parameters
    pictures: dict[int, str]  # by camera number; relative, with forward slashes; a file may be missing


def is_list(value: object) -> TypeGuard[list | np.ndarray]:
    """Whether a value of annots.npy can be gone through by index."""
    return isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def frames_from_annots(path: Path, ims: object, counts_from_one: bool) -> tuple[SourceFrame, ...]:
    """The list `ims` of annots.npy: for each frame a dictionary whose "ims" lists a path for each camera number."""
    if not is_list(ims) or not len(ims):
        raise CaptureError(f"{path}: ims: expected a list of frames, got others; export annots.npy again")
    if sum(len(item) for item in _lists(ims)) > MOST_PICTURES:
        raise CaptureError(f"{path}: ims: expected at most {MOST_PICTURES} pictures, got more; split the dataset")
    return tuple(_frame(f"{path}: ims[{index}]", item, counts_from_one) for index, item in enumerate(ims))


def _lists(ims: list | np.ndarray) -> Iterator[list | np.ndarray]:
    """The lists of paths of those frames that have one."""
    for item in ims:
        paths = item.get("ims") if isinstance(item, dict) else None
        if is_list(paths):
            yield paths


def frames_from_folders(root: Path, names: dict[int, str]) -> tuple[SourceFrame, ...]:  # cameras' names by number
    """images/<camera name>/<frame>.jpg or .png."""
    found: dict[int, dict[int, str]] = {}
    for camera, name in names.items():
        for file in sorted((root / "images" / name).glob("*")):
            if file.suffix.lower() in _PICTURE_SUFFIXES and file.stem.isdecimal() and len(file.stem) <= MOST_DIGITS:
                found.setdefault(int(file.stem), {})[camera] = f"images/{name}/{file.name}"
    if not found:
        raise CaptureError(
            f"{root / 'images'}: expected pictures as images/{min(names.values())}/000000.jpg, got none; add them"
        )
    return tuple(SourceFrame(number, number, found[number]) for number in sorted(found))


def _frame(where: str, item: object, counts_from_one: bool) -> SourceFrame:
    paths = item.get("ims") if isinstance(item, dict) else None
    if not is_list(paths) or not len(paths):
        raise CaptureError(f"{where}: expected a dictionary with a list 'ims' of paths, got others; export it again")
    pictures = {}
    for camera, text in enumerate(paths):
        relative = PurePosixPath(str(text).replace("\\", "/"))
        if relative.is_absolute() or ".." in relative.parts or re.match(r"\w:", str(text)):
            raise CaptureError(f"{where}: expected paths inside the dataset's folder, got '{text}'; do not trust it")
        if relative.name:
            pictures[camera] = str(relative)
    numbers = {_number(f"{where}: '{text}'", text, counts_from_one) for text in pictures.values()}
    if len(numbers) != 1:
        raise CaptureError(f"{where}: expected pictures of one frame, got numbers {sorted(numbers)}; export it again")
    parameters = numbers.pop()
    return SourceFrame(parameters - 1 if counts_from_one else parameters, parameters, pictures)


def _number(where: str, text: str, counts_from_one: bool) -> int:
    """000012.jpg is frame 12; CoreView_313_Camera_(1)_0013_<time>.jpg is frame 12 with the parameters 13."""
    stem = PurePosixPath(text).stem
    words = stem.split("_")
    word = words[4] if counts_from_one and len(words) > 4 else stem
    if not word.isdecimal() or len(word) > MOST_DIGITS:
        example = "CoreView_313_Camera_(1)_0001_..." if counts_from_one else "000012"
        raise CaptureError(f"{where}: expected a picture named as {example}, got '{stem}'; rename it")
    return int(word)
