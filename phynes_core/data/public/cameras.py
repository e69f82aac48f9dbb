"""Cameras of EasyMocap's family of datasets (annots.npy, intri.yml, extri.yml): OpenCV, with lens distortion."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from phynes_core.data.public.frames import is_list
from phynes_core.data.public.options import UP_AXES
from phynes_core.errors import CaptureError, one_line
from phynes_core.io.untrusted import FileKind, decoding, is_file_name, read_untrusted
from phynes_core.render.camera import Camera

CAMERAS_YAML = FileKind("OpenCV YAML file", 1 << 22, CaptureError, "write it again; docs/dataset.md lists the files")
LARGEST = 1e6  # pixels, metres or coefficients: far above any camera, far below what overflows
MOST_DIGITS = 6  # of a camera's number
_LEAST_DISTANCE_M = 0.05  # cameras closer to the world's origin have T in metres, not millimetres
_MATRIX = re.compile(
    r"^(\w[\w.-]*):\s*!!opencv-matrix\s+rows:\s*(\d+)\s+cols:\s*(\d+)\s+dt:\s*\"?(\w+)\"?\s+data:\s*\[([^\[\]]*)\]",
    re.MULTILINE,
)
_NAMES = re.compile(r"^names:\s*(?:\[([^\]]*)\]|((?:\s*-[^\n]*\n?)*))", re.MULTILINE)


@dataclass(frozen=True)
class SourceCamera:
    """x_cam = rotation x_world + translation; a pixel's center has whole coordinates."""

    intrinsics: np.ndarray  # [3, 3] pixels of the photograph
    distortion: np.ndarray  # [5] k1 k2 p1 p2 k3
    rotation: np.ndarray  # [3, 3] world -> camera
    translation: np.ndarray  # [3] metres

    def pinhole(
        self,
        size: tuple[int, int],  # of the photograph, width and height
        new_size: tuple[int, int],  # of the picture
        world: np.ndarray,  # [3, 3] dataset's world -> ours
    ) -> Camera:
        """The camera of the undistorted, resized picture.

        Whole numbers at centers become + 0.5, and only then does resizing scale: x_new = (x + 0.5) * ratio. The public
        loaders scale without the 0.5 and are off by 0.25 pixels at ratio 0.5.
        """
        intrinsics = self.intrinsics.copy()
        intrinsics[:2, 2] += 0.5
        intrinsics[:2] *= np.array(new_size)[:, None] / np.array(size)[:, None]
        T_cam_world = np.eye(4)
        T_cam_world[:3, :3] = self.rotation @ world.T
        T_cam_world[:3, 3] = self.translation
        return Camera(torch.from_numpy(intrinsics).float(), torch.from_numpy(T_cam_world).float(), *new_size)


def cameras_from_annots(path: Path, cams: object) -> dict[int, SourceCamera]:
    """The lists K, D, R, T of annots.npy, indexed by camera number; empty entries are skipped."""
    if not isinstance(cams, dict) or not {"K", "D", "R", "T"} <= set(cams):
        raise CaptureError(f"{path}: cams: expected lists K, D, R, T, got others; export annots.npy again")
    lists = {key: _entries(path, key, cams[key]) for key in ("K", "D", "R", "T")}
    count = len(lists["K"])
    if count == 0 or any(len(entries) != count for entries in lists.values()):
        lengths = ", ".join(f"{key} {len(entries)}" for key, entries in lists.items())
        raise CaptureError(f"{path}: cams: expected lists of one length, got {lengths}; export annots.npy again")
    cameras = {}
    for number in range(count):
        K, D, R, T = (lists[key][number] for key in ("K", "D", "R", "T"))
        if K is not None and _numbers(K).any():
            cameras[number] = _camera(f"{path}: camera {number}", K, D, R, _numbers(T) / 1000.0)
    distances = [float(np.linalg.norm(camera.translation)) for camera in cameras.values()]
    if distances and max(distances) < _LEAST_DISTANCE_M:
        raise CaptureError(f"{path}: cams: T: expected millimetres, got at most {1000 * max(distances):.3g}; scale it")
    return cameras


def cameras_from_yaml(
    intrinsic_path: Path, extrinsic_path: Path
) -> tuple[dict[int, str], dict[int, SourceCamera]]:  # names and cameras by number
    """intri.yml and extri.yml, T in metres. A camera's number is its name, else its index in natural order."""
    names, intrinsics = read_opencv_yaml(intrinsic_path)
    more_names, extrinsics = read_opencv_yaml(extrinsic_path)
    listed = [name for name in dict.fromkeys([*names, *more_names]) if f"K_{name}" in intrinsics]
    if not listed:
        raise CaptureError(f"{intrinsic_path}: names: expected cameras that have a K_<name>, got none; write it again")
    listed.sort(
        key=lambda name: [(int(word), "") if word.isdecimal() else (0, word) for word in re.split(r"(\d+)", name)]
    )
    numbered = {int(name): name for name in listed if name.isdecimal() and len(name) <= MOST_DIGITS}
    if len(numbered) < len(listed):
        numbered = dict(enumerate(listed))
    cameras = {}
    for number, name in numbered.items():
        where = f"{extrinsic_path}: camera {name}"
        K, T = intrinsics[f"K_{name}"], extrinsics.get(f"T_{name}")
        D = intrinsics.get(f"dist_{name}", intrinsics.get(f"D_{name}", np.zeros(5)))
        R = extrinsics.get(f"Rot_{name}")
        axis_angle = extrinsics.get(f"R_{name}", np.zeros(0))
        if R is None and axis_angle.size == 3:
            R = rotation_matrix(axis_angle)
        if R is None or T is None:
            raise CaptureError(f"{where}: expected Rot_{name} (or R_{name}) and T_{name}, got none; write it again")
        cameras[number] = _camera(where, K, D, R, T)
    return numbered, cameras


def rotation_matrix(axis_angle: np.ndarray) -> np.ndarray:  # any shape of 3 numbers, rad -> [3, 3]
    """Rodrigues' formula in double precision."""
    vector = np.asarray(axis_angle, np.float64).reshape(3)
    angle = float(np.linalg.norm(vector))
    x, y, z = vector / angle if angle > 1e-12 else vector
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross


def up_axis(where: Path, cameras: Sequence[SourceCamera]) -> str:
    """The world axis closest to the cameras' mean up direction; one of UP_AXES."""
    up = -np.mean([camera.rotation[1] for camera in cameras], axis=0)
    up /= max(float(np.linalg.norm(up)), 1e-9)
    axis = int(np.argmax(abs(up)))
    if abs(up[axis]) < 0.8:  # more than 37 degrees off: rolled or vertical cameras
        raise CaptureError(f"{where}: cannot tell from the cameras which axis of the world points up; give --up, as +z")
    return ("-" if up[axis] < 0 else "+") + "xyz"[axis]


def world_rotation(up: str) -> np.ndarray:  # [3, 3]
    """Turns a world whose `up` axis points up into ours, where +Y does. +z: (x, y, z) -> (x, z, -y)."""
    turns = {
        "+y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
        "+z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
        "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
        "+x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
        "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    }
    if up not in turns:
        raise ValueError(f"up: expected one of {', '.join(UP_AXES)}, got '{up}'")
    return np.array(turns[up], np.float64)


def _entries(path: Path, key: str, value: object) -> list[Any]:
    if not is_list(value):
        raise CaptureError(
            f"{path}: cams: {key}: expected a list by camera number, got others; export annots.npy again"
        )
    return list(value)


def _camera(where: str, K: object, D: object, R: object, T: object) -> SourceCamera:
    intrinsics, rotation, translation = _numbers(K), _numbers(R), _numbers(T).reshape(-1)
    distortion = _numbers(D).reshape(-1)
    shapes = (intrinsics.shape, rotation.shape, translation.shape)
    if shapes != ((3, 3), (3, 3), (3,)):
        raise CaptureError(f"{where}: expected K [3, 3], R [3, 3], T [3], got {list(map(list, shapes))}; correct it")
    if distortion.size < 4 or distortion[5:].any():
        raise CaptureError(f"{where}: D: expected k1 k2 p1 p2 k3, got {distortion.size} numbers; undistort it first")
    everything = np.concatenate([intrinsics.ravel(), rotation.ravel(), translation, distortion])
    if not (np.abs(everything) <= LARGEST).all():
        raise CaptureError(f"{where}: expected finite numbers up to {LARGEST:g}, got others; calibrate it again")
    if min(intrinsics[0, 0], intrinsics[1, 1]) <= 0 or not np.allclose(intrinsics[2], (0, 0, 1)):
        raise CaptureError(f"{where}: K: expected [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] with fx, fy > 0; correct it")
    off = abs(rotation @ rotation.T - np.eye(3)).max()
    if off > 1e-3 or np.linalg.det(rotation) < 0:
        raise CaptureError(f"{where}: R: expected a rotation, got |R R^T - 1| = {off:.2g}; correct it")
    five = np.zeros(5)
    five[: min(distortion.size, 5)] = distortion[:5]
    return SourceCamera(intrinsics, five, rotation, translation)


def _numbers(value: object) -> np.ndarray:
    """float64, or one NaN if it holds no numbers, which the checks that follow report."""
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.full(1, np.nan)


def read_opencv_yaml(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:  # names; [rows, cols] float64
    """The list `names` and every matrix by its key, from an OpenCV FileStorage file; no other YAML."""
    content = read_untrusted(path, CAMERAS_YAML)
    with decoding(path, CAMERAS_YAML):
        text = content.decode("utf-8").replace("\r\n", "\n")
    matrices = {}
    for key, rows, columns, _, content in _MATRIX.findall(text):
        try:
            values = np.array([float(word) for word in content.replace(",", " ").split()])
            matrices[key] = values.reshape(int(rows), int(columns))
        except (ValueError, OverflowError) as error:
            raise CaptureError(
                f"{path}: {key}: expected {rows[:9]} x {columns[:9]} numbers ({one_line(error)}); write it again"
            ) from error
        if not np.isfinite(matrices[key]).all():
            raise CaptureError(f"{path}: {key}: expected finite numbers, got NaN or infinity; calibrate it again")
    if not matrices:
        raise CaptureError(f"{path}: expected matrices as cv2.FileStorage writes them, got none; write it again")
    listed = _NAMES.search(text)
    words = re.split(r"[,\n]", listed[1] if listed[1] is not None else listed[2]) if listed else []
    names = [word.strip().removeprefix("-").strip().strip("\"'") for word in words]
    return [name for name in names if is_file_name(name)], matrices
