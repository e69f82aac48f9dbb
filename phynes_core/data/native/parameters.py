"""Read cameras.json and body.npz of the native capture layout, checked before anything is computed from them."""

from pathlib import Path

import numpy as np
import torch

from phynes_core.body.model import MAX_BETAS, Pose
from phynes_core.conventions import NUM_JOINTS
from phynes_core.data.native import layout
from phynes_core.errors import CaptureError
from phynes_core.io.array_files import read_npz
from phynes_core.io.json_files import read_json
from phynes_core.io.untrusted import FileKind, is_file_name
from phynes_core.render.camera import Camera

CAMERA_SPLITS = ("train", "test")
FRAME_SPLITS = ("train", "novel_pose")
CAMERAS_JSON = FileKind("list of cameras", 1 << 24, CaptureError, "correct it; docs/dataset.md shows one")
BODY_PARAMETERS = FileKind("set of body parameters", 1 << 28, CaptureError, "save it again; docs/dataset.md shows one")
LARGEST = 1e6  # pixels, metres or radians: far above any capture, far below what overflows
LAST_FRAME, MOST_FRAMES = 9_999_999, 100_000
_ARRAYS = ("frames", "betas", "global_orient", "body_pose", "transl", "split", "body")
_CAMERA_KEYS = {"intrinsics", "T_cam_world", "width", "height", "split"}


def read_cameras(path: Path) -> tuple[dict[str, Camera], dict[str, str], bool]:
    """cameras.json: cameras, their splits, and whether the pictures are premultiplied. Raises CaptureError."""
    content = read_json(path, CAMERAS_JSON)
    if not isinstance(content, dict) or content.get("format") != layout.FORMAT:
        got = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise CaptureError(
            f"{path}: expected 'format': {layout.FORMAT}, got {got}; update PhyNES or convert the capture"
        )
    unknown = set(content) - {"format", "cameras", "premultiplied"}
    entries = content.get("cameras")
    if unknown or not isinstance(entries, dict) or not entries:
        raise CaptureError(f"{path}: expected format, cameras (at least one) and perhaps premultiplied, got others")
    is_premultiplied = content.get("premultiplied", True)
    if not isinstance(is_premultiplied, bool):
        raise CaptureError(f"{path}: premultiplied: expected true or false, got {is_premultiplied!r}")
    for name in entries:
        if not is_file_name(name):
            raise CaptureError(f"{path}: expected names of folders for cameras, got {name[:60]!r}; rename it")
    cameras = {name: _camera(f"{path}: camera {name}", entry) for name, entry in sorted(entries.items())}
    return cameras, {name: entries[name]["split"] for name in cameras}, is_premultiplied


def _camera(where: str, entry: object) -> Camera:
    if not isinstance(entry, dict) or set(entry) != _CAMERA_KEYS:
        got = ", ".join(sorted(entry)) if isinstance(entry, dict) else type(entry).__name__
        raise CaptureError(f"{where}: expected {', '.join(sorted(_CAMERA_KEYS))}, got {got}; docs/dataset.md shows one")
    intrinsics = _matrix(where, "intrinsics", entry["intrinsics"], 3)
    extrinsics = _matrix(where, "T_cam_world", entry["T_cam_world"], 4)
    if min(intrinsics[0, 0], intrinsics[1, 1]) <= 0 or not np.allclose(intrinsics[2], (0, 0, 1)):
        raise CaptureError(f"{where}: intrinsics: expected [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] with fx, fy > 0")
    rotation = extrinsics[:3, :3]
    off = abs(rotation @ rotation.T - np.eye(3)).max()
    if off > 1e-3 or np.linalg.det(rotation) < 0 or not np.allclose(extrinsics[3], (0, 0, 0, 1)):
        raise CaptureError(
            f"{where}: T_cam_world: expected a rotation (R R^T = 1, det 1) and last row 0 0 0 1, got "
            f"|R R^T - 1| = {off:.2g}, det {np.linalg.det(rotation):.3g}; it takes world to camera axes, in metres"
        )
    for key in ("width", "height"):
        if type(entry[key]) is not int or not 0 < entry[key] <= 2**14:
            raise CaptureError(f"{where}: {key}: expected pixels in 1..16384, got {entry[key]!r}; correct it")
    if entry["split"] not in CAMERA_SPLITS:
        raise CaptureError(f"{where}: split: expected {' or '.join(CAMERA_SPLITS)}, got {entry['split']!r}; correct it")
    return Camera(
        torch.from_numpy(intrinsics).float(), torch.from_numpy(extrinsics).float(), entry["width"], entry["height"]
    )


def _matrix(where: str, key: str, value: object, size: int) -> np.ndarray:
    try:
        matrix = np.array(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        matrix = np.empty(0)
    if matrix.shape != (size, size) or not (np.abs(matrix) <= LARGEST).all():
        is_shaped = matrix.shape == (size, size)
        got = f"others than finite ones up to {LARGEST:g}" if is_shaped else f"shape {list(matrix.shape)}"
        raise CaptureError(f"{where}: {key}: expected {size} x {size} finite numbers, got {got}; correct it")
    return matrix


def read_body_parameters(path: Path) -> tuple[str, str, dict[int, str], dict[int, Pose]]:
    """body.npz: the body's name and hash, the frames' splits, and their poses. Raises CaptureError."""
    arrays = read_npz(path, BODY_PARAMETERS, _ARRAYS)
    frames = _numbers(path, arrays, "frames", (None,), LAST_FRAME)
    count = len(frames)
    if count > MOST_FRAMES:
        raise CaptureError(f"{path}: frames: expected at most {MOST_FRAMES}, got {count}; split the capture")
    is_whole = (frames == np.round(frames)).all() and frames.min() >= 0
    if not is_whole or len(set(frames.tolist())) != count:
        raise CaptureError(f"{path}: frames: expected different whole numbers from 0, got others; number the images so")
    betas = torch.from_numpy(_numbers(path, arrays, "betas", (MAX_BETAS,)).astype(np.float32))
    shapes = {"global_orient": (count, 3), "body_pose": (count, 3 * (NUM_JOINTS - 1)), "transl": (count, 3)}
    orient, body_pose, transl = (
        torch.from_numpy(_numbers(path, arrays, key, shape).astype(np.float32)) for key, shape in shapes.items()
    )
    split = arrays.get("split", np.empty(0))
    unknown = set(split.reshape(-1).tolist()) - set(FRAME_SPLITS)
    if split.shape != (count,) or unknown:
        got = ", ".join(sorted(map(str, unknown))) or f"shape {list(split.shape)}"
        raise CaptureError(
            f"{path}: split: expected {' or '.join(FRAME_SPLITS)} for {count} frames, got {got}; correct it"
        )
    body = arrays.get("body", np.array(0))
    if body.dtype.kind != "U" or body.shape != ():
        raise CaptureError(f"{path}: body: expected a string such as 'bundled', got {body.dtype} {list(body.shape)}")
    name, _, content_hash = str(body).partition(":")
    order = np.argsort(frames)
    poses = {int(frames[i]): Pose(body_pose[i].view(-1, 3), orient[i], transl[i], betas) for i in order}
    return name, content_hash, {int(frames[i]): str(split[i]) for i in order}, poses


def _numbers(
    path: Path, arrays: dict[str, np.ndarray], key: str, shape: tuple[int | None, ...], most: float = LARGEST
) -> np.ndarray:
    wanted = "[" + ", ".join("*" if size is None else str(size) for size in shape) + "]"
    if key not in arrays:
        raise CaptureError(f"{path}: {key}: expected numbers {wanted}, got no such array; docs/dataset.md lists them")
    value = arrays[key]
    fits = value.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, value.shape, strict=False))
    if not fits or value.dtype.kind not in "fiu" or 0 in value.shape:
        raise CaptureError(
            f"{path}: {key}: expected numbers {wanted}, got {value.dtype} {list(value.shape)}; correct it"
        )
    if not -LARGEST <= float(value.min()) <= float(value.max()) <= most:  # false for NaN
        raise CaptureError(f"{path}: {key}: expected finite numbers up to {most:g}, got others; drop those frames")
    return value
