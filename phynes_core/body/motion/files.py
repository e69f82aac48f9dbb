"""Motion clips from files: our .npz, AMASS .npz, AIST++ .pkl and .bvh."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from phynes_core.body.model import MAX_BETAS
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.motion.retarget import load_bvh
from phynes_core.conventions import NUM_JOINTS
from phynes_core.errors import MotionError
from phynes_core.io.array_files import read_npz
from phynes_core.io.restricted_pickle import read_pickle
from phynes_core.io.shipped_files import bundled_motions
from phynes_core.io.untrusted import FileKind, decoding

LARGEST = 1e6  # radians, metres or units of a file: far above any motion, far below what overflows
MOTION_SUFFIXES = (".npz", ".pkl", ".bvh")
AIST_FPS = 60.0  # of the recorded videos; the files do not store it
_OURS = ("global_orient", "body_pose", "transl", "fps")
_AMASS = ("poses", "root_orient", "pose_body", "trans", "mocap_framerate", "mocap_frame_rate")
MOST_BYTES = 1 << 28
AIST_PICKLE = FileKind("motion", MOST_BYTES, MotionError, "give an AIST++ .pkl, or download it again")
_BODY_COLUMNS = 66  # root and 21 joints; hands and face follow, which have no counterpart in SMPL


def load_motion(path: Path) -> MotionClip:
    """Read a clip; raises MotionError. `MotionClip.placed_on` adapts it to a body."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".bvh":
        return load_bvh(path)
    if suffix == ".pkl":
        return _aist(path, read_pickle(path, AIST_PICKLE))
    names = ", ".join(bundled_motions())
    kind = FileKind("motion", MOST_BYTES, MotionError, f"save the clip again, or take one of assets/motions: {names}")
    arrays = read_npz(path, kind, (*_OURS, *_AMASS, "betas"))  # not the pickled names that other clips hold, too
    if "trans" in arrays and ("poses" in arrays or "pose_body" in arrays):
        return _amass(path, arrays)
    return _ours(path, arrays)


def _ours(path: Path, arrays: dict[str, np.ndarray]) -> MotionClip:
    """global_orient [N, 3], body_pose [N, 23, 3] or [N, 69], transl [N, 3], fps and perhaps betas."""
    missing = [key for key in ("global_orient", "body_pose", "transl", "fps") if key not in arrays]
    if missing:
        raise MotionError(f"{path}: expected global_orient, body_pose, transl and fps, missing {', '.join(missing)}")
    orient = _floats(path, arrays, "global_orient", (None, 3))
    count = len(orient)
    if arrays["body_pose"].ndim == 2:
        arrays["body_pose"] = _floats(path, arrays, "body_pose", (count, 3 * (NUM_JOINTS - 1))).reshape(count, -1, 3)
    fps = _rate(path, "fps", float(_floats(path, arrays, "fps", ())))
    betas = _floats(path, arrays, "betas", (None,))[:MAX_BETAS] if "betas" in arrays else None
    return MotionClip(
        name=path.stem,
        fps=fps,
        global_orient=torch.from_numpy(orient),
        body_pose=torch.from_numpy(_floats(path, arrays, "body_pose", (count, NUM_JOINTS - 1, 3))),
        transl=torch.from_numpy(_floats(path, arrays, "transl", (count, 3))),
        betas=None if betas is None else torch.from_numpy(betas.copy()),
    )


def _amass(path: Path, arrays: dict[str, np.ndarray]) -> MotionClip:
    """poses [N, 66 or more] or root_orient and pose_body; trans [N, 3] as smplx's transl; +Z up."""
    if "poses" in arrays:
        poses = _floats(path, arrays, "poses", (None, None))
        if poses.shape[1] < _BODY_COLUMNS:
            raise MotionError(f"{path}: poses: expected at least {_BODY_COLUMNS} columns, got {poses.shape[1]}")
    else:
        root = _floats(path, arrays, "root_orient", (None, 3)) if "root_orient" in arrays else np.zeros((0, 3))
        poses = np.concatenate([root, _floats(path, arrays, "pose_body", (len(root), _BODY_COLUMNS - 3))], 1)
    rate = next((key for key in ("mocap_framerate", "mocap_frame_rate") if key in arrays), None)
    if rate is None:
        raise MotionError(f"{path}: expected mocap_framerate or mocap_frame_rate, missing both; give an AMASS .npz")
    fps = _rate(path, rate, float(_floats(path, arrays, rate, ())))
    rotations = np.zeros((len(poses), NUM_JOINTS * 3), np.float32)
    rotations[:, :_BODY_COLUMNS] = poses[:, :_BODY_COLUMNS]
    transl = torch.from_numpy(_floats(path, arrays, "trans", (len(poses), 3)))
    return _clip(path, fps, rotations, transl, is_z_up=True)


def _aist(path: Path, loaded: Mapping[str, object]) -> MotionClip:
    """smpl_poses [N, 72]; smpl_trans [N, 3] in units of smpl_scaling; +Y up."""
    keys = ("smpl_poses", "smpl_trans", "smpl_scaling")
    missing = [key for key in keys if key not in loaded]
    if missing:
        raise MotionError(f"{path}: expected {', '.join(keys)}, missing {', '.join(missing)}; give an AIST++ .pkl")
    with decoding(path, AIST_PICKLE):
        arrays = {key: np.asarray(loaded[key]) for key in keys}  # lists may be ragged
    rotations = _floats(path, arrays, "smpl_poses", (None, NUM_JOINTS * 3))
    arrays["smpl_scaling"] = arrays["smpl_scaling"].reshape(-1)
    scale = float(_floats(path, arrays, "smpl_scaling", (1,))[0])
    if not scale > 0:
        raise MotionError(f"{path}: smpl_scaling: expected a number above 0, got {scale:g}; download it again")
    transl = torch.from_numpy(_floats(path, arrays, "smpl_trans", (len(rotations), 3)) / np.float32(scale))
    return _clip(path, AIST_FPS, rotations, transl, is_z_up=False)


def _clip(path: Path, fps: float, rotations: np.ndarray, transl: torch.Tensor, is_z_up: bool) -> MotionClip:
    joints = torch.from_numpy(rotations).view(-1, NUM_JOINTS, 3)
    return MotionClip(path.stem, fps, joints[:, 0], joints[:, 1:], transl, None, is_z_up)


def _rate(path: Path, key: str, fps: float) -> float:
    if not 0 < fps <= 1000:
        raise MotionError(f"{path}: {key}: expected frames per second in (0, 1000], got {fps}; correct it")
    return fps


def _floats(path: Path, arrays: dict[str, np.ndarray], key: str, shape: tuple[int | None, ...]) -> np.ndarray:
    value = arrays[key]
    fits = value.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, value.shape, strict=False))
    if not fits or value.dtype.kind not in "fiu" or 0 in value.shape:
        wanted = "[" + ", ".join("*" if size is None else str(size) for size in shape) + "]"
        raise MotionError(
            f"{path}: {key}: expected numbers {wanted}, got {value.dtype} {list(value.shape)}; save it so"
        )
    if not -LARGEST <= float(value.min()) <= float(value.max()) <= LARGEST:  # false for NaN
        raise MotionError(f"{path}: {key}: expected finite numbers up to {LARGEST:g}, got others; repair the clip")
    return np.array(value, np.float32, order="C")
