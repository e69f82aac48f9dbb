"""Biovision hierarchy files: a skeleton with offsets and channels, and a row of numbers for each frame."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phynes_core.errors import MotionError

MOST_BYTES = 400_000_000
MOST_JOINTS = 1000
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
    try:
        if path.stat().st_size > MOST_BYTES:
            raise MotionError(f"{path}: expected at most {MOST_BYTES >> 20} MB, got more; cut the clip")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MotionError(f"{path}: cannot read this motion ({error.strerror or error}); check the path") from error
    head, found, motion = text.partition("MOTION")
    if "HIERARCHY" not in head or not found:
        raise MotionError(f"{path}: expected HIERARCHY and MOTION, got neither or one; give a .bvh file")
    names, parents, offsets, ends, channels = _hierarchy(path, head)
    values, fps = _frames(path, motion, sum(len(names) for names in channels))
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
    is_end = False
    rows = [row.split() for row in text.replace("{", "\n{\n").replace("}", "\n}\n").splitlines()]
    for words in filter(None, rows):
        kind = words[0].upper()
        if kind in ("ROOT", "JOINT"):
            if len(words) < 2 or len(names) >= MOST_JOINTS or (kind == "JOINT") != bool(open_joints):
                raise MotionError(f"{path}: HIERARCHY: expected one ROOT and named JOINTs in it, got {' '.join(words)}")
            names.append(re.sub(r"\s+", " ", " ".join(words[1:])))
            parents.append(open_joints[-1] if open_joints else -1)
            offsets.append(np.zeros(3))
            ends.append(None)
            channels.append([])
            pending = len(names) - 1
        elif kind == "END":
            is_end, pending = True, open_joints[-1] if open_joints else -1
        elif kind == "{":
            open_joints.append(pending if names else -1)
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
            if any(name not in (*_POSITIONS, *_ROTATIONS) for name in wanted) or words[1] != str(len(wanted)):
                raise MotionError(f"{path}: CHANNELS: expected a number and names such as Zrotation, got {words[1:]!r}")
            channels[open_joints[-1]] = wanted
    if not names or open_joints:
        raise MotionError(f"{path}: HIERARCHY: expected a ROOT and braces in pairs, got others; repair the file")
    return names, parents, offsets, ends, channels


def _frames(path: Path, text: str, num_channels: int) -> tuple[np.ndarray, float]:  # [N, num_channels]
    header = re.match(r"\s*Frames:\s*(\d+)\s*Frame Time:\s*(\S+)", text, re.IGNORECASE)
    if header is None:
        raise MotionError(f"{path}: MOTION: expected 'Frames:' and 'Frame Time:', got others; repair the file")
    count, step_s = int(header[1]), _numbers(path, "Frame Time", [header[2]], 1)[0]
    if count < 1 or not 1e-3 <= step_s <= 10.0:
        raise MotionError(f"{path}: expected frames of 1 ms to 10 s, got {count} of {step_s:g} s; correct the header")
    words = text[header.end() :].split()
    if num_channels == 0 or len(words) != count * num_channels:
        raise MotionError(
            f"{path}: MOTION: expected {count} frames of {num_channels} numbers, got {len(words)} numbers; repair it"
        )
    return _numbers(path, "MOTION", words, count * num_channels).reshape(count, num_channels), 1.0 / step_s


def _numbers(path: Path, what: str, words: list[str], count: int) -> np.ndarray:
    try:
        values = np.array(words, np.float64)
    except ValueError:
        values = np.zeros(0)
    if values.shape != (count,) or not np.isfinite(values).all():
        raise MotionError(f"{path}: {what}: expected {count} finite numbers, got {' '.join(words[:3])!r}; repair it")
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
