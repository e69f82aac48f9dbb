"""Biovision hierarchy files: a skeleton with offsets and channels, and a row of numbers for each frame."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phynes_core.errors import MotionError
from phynes_core.io.untrusted import FileKind, read_untrusted

BVH = FileKind("motion", 1 << 27, MotionError, "give a .bvh file, or cut the clip")
MOST_JOINTS = 1000
MOST_POSES = 2_000_000  # joints times frames: nine minutes of 60 joints at 60 frames a second, 400 MB of rotations
MOST_CHANNELS = 6  # of a joint
LONGEST_HIERARCHY = 4_000_000  # characters
LONGEST_WORD = 100
LARGEST = 1e6  # degrees or the file's units: far above any motion, far below what overflows
_POSITIONS = ("Xposition", "Yposition", "Zposition")
_ROTATIONS = ("Xrotation", "Yrotation", "Zrotation")


@dataclass(frozen=True, eq=False)
class Bvh:
    """A skeleton and its motion in the file's own units and axes."""

    names: tuple[str, ...]  # of the J joints, parents first; end sites are left out
    parents: tuple[int, ...]  # -1 for the root
    offsets: np.ndarray  # [J, 3] from the parent, in its axes
    ends: tuple[np.ndarray | None, ...]  # [3] offset of each joint's end site, if it has one
    rotations: np.ndarray  # [N, J, 3, 3] each joint in its parent's axes
    translations: np.ndarray  # [N, J, 3] from the parent: the offset, or the position channels where a joint has them
    fps: float


def read_bvh(path: Path) -> Bvh:
    """Rotations are intrinsic in the order of the channels: R = R_first R_second R_third, degrees."""
    path = Path(path)
    text = read_untrusted(path, BVH).decode("utf-8", "replace")
    head, found, motion = text.partition("MOTION")
    if "HIERARCHY" not in head or not found or len(head) > LONGEST_HIERARCHY:
        raise MotionError(f"{path}: expected HIERARCHY and MOTION, got neither or one; give a .bvh file")
    names, parents, offsets, ends, channels = _hierarchy(path, head)
    values, fps = _frames(path, motion, len(names), sum(len(names) for names in channels))
    rotations, translations = _local(values, channels, np.array(offsets))
    return Bvh(tuple(names), tuple(parents), np.array(offsets), tuple(ends), rotations, translations, fps)


def world_transforms(
    bvh: Bvh,
    rotations: np.ndarray,  # [N, J, 3, 3] in the parent's axes
    translations: np.ndarray,  # [N, J, 3] from the parent
) -> tuple[np.ndarray, np.ndarray]:  # [N, J, 3, 3], [N, J, 3]
    """Each joint's rotation and position in the file's world."""
    world, positions = np.empty_like(rotations), np.empty_like(translations)
    for joint, parent in enumerate(bvh.parents):
        if parent < 0:
            world[:, joint], positions[:, joint] = rotations[:, joint], translations[:, joint]
            continue
        world[:, joint] = world[:, parent] @ rotations[:, joint]
        positions[:, joint] = positions[:, parent] + (world[:, parent] @ translations[:, joint, :, None])[..., 0]
    return world, positions


def _hierarchy(path: Path, text: str) -> tuple[list[str], list[int], list[np.ndarray], list, list[list[str]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[np.ndarray] = []
    ends: list[np.ndarray | None] = []
    channels: list[list[str]] = []
    open_joints: list[int] = []  # the joints whose braces are open; an end site repeats its joint
    pending: int | None = None  # the joint that the next brace opens
    is_end = False
    rows = [row.split() for row in text.replace("{", "\n{\n").replace("}", "\n}\n").splitlines()]
    for words in filter(None, rows):
        kind = words[0].upper()
        if kind in ("ROOT", "JOINT"):
            is_root = not names
            if (
                len(words) < 2
                or len(names) >= MOST_JOINTS
                or (kind == "ROOT") != is_root
                or bool(open_joints) == is_root
            ):
                raise MotionError(
                    f"{path}: HIERARCHY: expected one ROOT and named JOINTs in it, got {' '.join(words)[:60]}"
                )
            names.append(re.sub(r"\s+", " ", " ".join(words[1:])))
            parents.append(open_joints[-1] if open_joints else -1)
            offsets.append(np.zeros(3))
            ends.append(None)
            channels.append([])
            pending = len(names) - 1
        elif kind == "END":
            is_end, pending = True, open_joints[-1] if open_joints else None
        elif kind == "{":
            if pending is None:
                raise MotionError(
                    f"{path}: HIERARCHY: expected braces after ROOT, JOINT or End, got one alone; repair it"
                )
            open_joints.append(pending)
            pending = None
        elif kind == "}":
            if not open_joints:
                raise MotionError(f"{path}: HIERARCHY: expected braces in pairs, got a closing one alone; repair it")
            open_joints.pop()
            is_end = False
        elif kind == "OFFSET" and open_joints:
            offset = _numbers(path, "OFFSET", words[1:], 3)
            if is_end:
                ends[open_joints[-1]] = offset
            else:
                offsets[open_joints[-1]] = offset
        elif kind == "CHANNELS" and open_joints:
            wanted = [word.capitalize() for word in words[2:]]
            is_known = len(wanted) <= MOST_CHANNELS and all(name in (*_POSITIONS, *_ROTATIONS) for name in wanted)
            if not is_known or words[1:2] != [str(len(wanted))]:
                got = " ".join(words[1:])[:60]
                raise MotionError(f"{path}: CHANNELS: expected a number and names such as Zrotation, got '{got}'")
            channels[open_joints[-1]] = wanted
    if not names or open_joints:
        raise MotionError(f"{path}: HIERARCHY: expected a ROOT and braces in pairs, got others; repair the file")
    return names, parents, offsets, ends, channels


def _frames(
    path: Path, text: str, num_joints: int, num_channels: int
) -> tuple[np.ndarray, float]:  # [N, num_channels], frames per second
    header = re.match(r"\s*Frames:\s*(\d{1,9})\s+Frame Time:\s*(\S{1,40})", text, re.IGNORECASE)
    if header is None:
        raise MotionError(f"{path}: MOTION: expected 'Frames:' and 'Frame Time:', got others; repair the file")
    count, step_s = int(header[1]), _numbers(path, "Frame Time", [header[2]], 1)[0]
    if count < 1 or not 1e-3 <= step_s <= 10.0:
        raise MotionError(f"{path}: expected frames of 1 ms to 10 s, got {count} of {step_s:g} s; correct the header")
    if count * num_joints > MOST_POSES:
        raise MotionError(f"{path}: expected at most {MOST_POSES // num_joints} frames, got {count}; cut the clip")
    values = np.empty(count * num_channels)
    filled = 0
    for words in _chunks(text, header.end()):
        if filled + len(words) <= len(values):
            values[filled : filled + len(words)] = _numbers(path, "MOTION", words, len(words))
        filled += len(words)
    if num_channels == 0 or filled != len(values):
        raise MotionError(
            f"{path}: MOTION: expected {count} frames of {num_channels} numbers, got {filled} numbers; repair it"
        )
    return values.reshape(count, num_channels), 1.0 / step_s


def _chunks(text: str, start: int) -> Iterator[list[str]]:
    """The words of a text, some at a time: all of a long text would take ten times its memory."""
    while start < len(text):
        end = min(start + (1 << 20), len(text))
        stop = re.compile(r"\s|$").search(text, end, end + LONGEST_WORD)
        end = stop.start() if stop else end + LONGEST_WORD
        yield text[start:end].split()
        start = end


def _numbers(path: Path, what: str, words: list[str], count: int) -> np.ndarray:
    try:
        values = np.array([float(word) for word in words])
    except ValueError:
        values = np.zeros(0)
    if values.shape != (count,) or not (np.abs(values) <= LARGEST).all():
        got = " ".join(words[:3])[:60]
        raise MotionError(f"{path}: {what}: expected {count} finite numbers up to {LARGEST:g}, got '{got}'; repair it")
    return values


def _local(values: np.ndarray, channels: list[list[str]], offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = len(values)
    rotations = np.tile(np.eye(3), (count, len(channels), 1, 1))
    translations = np.tile(offsets, (count, 1, 1))
    column = 0
    for joint, names in enumerate(channels):
        for name in names:
            if name in _POSITIONS:  # exporters write absolute positions here, which replace the offset
                translations[:, joint, _POSITIONS.index(name)] = values[:, column]
            else:
                angle = np.radians(values[:, column])
                rotations[:, joint] = rotations[:, joint] @ _about(_ROTATIONS.index(name), angle)
            column += 1
    return rotations, translations


def _about(axis: int, angle: np.ndarray) -> np.ndarray:  # [N] rad -> [N, 3, 3]
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn = np.zeros((len(angle), 3, 3))
    turn[:, axis, axis] = 1.0
    turn[:, first, first] = turn[:, second, second] = np.cos(angle)
    turn[:, second, first] = np.sin(angle)
    turn[:, first, second] = -turn[:, second, first]
    return turn
