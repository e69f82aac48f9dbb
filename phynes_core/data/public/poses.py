"""Body parameters of EasyMocap converted to ours.

EasyMocap: v = R(Rh) LBS(poses) + Th, a rotation about the world's origin. smplx and we rotate about the pelvis J0 of
this shape: v = G (LBS0 - J0) + J0 + transl. Both are equal for G = R(Rh) R(poses[:3]) and transl = R(Rh) J0 + Th - J0;
turning the dataset's world into ours multiplies R(Rh) and Th.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from phynes_core.body.model import MAX_BETAS, BodyModel, Pose
from phynes_core.body.rotations import matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.conventions import NUM_JOINTS
from phynes_core.data.public.cameras import rotation_matrix
from phynes_core.errors import CaptureError, one_line
from phynes_core.io.array_files import read_npz
from phynes_core.io.restricted_pickle import read_object_array
from phynes_core.io.untrusted import FileKind

LARGEST = 1e6  # radians or metres
MOTION_ROWS = FileKind("motion", 1 << 28, CaptureError, "download it again")
_KEYS = ("poses", "Rh", "Th", "shapes")
_SMPL, _SMPLH = 3 * NUM_JOINTS, 3 * 52
_SHARED = 3 * 22  # pelvis to wrists: the joints that SMPL-H has in common with SMPL


def easymocap_pose(
    body: BodyModel,
    poses: np.ndarray,  # [72] (SMPL) or [156] (SMPL-H) axis-angle, rad
    Rh: np.ndarray,  # [3] axis-angle, rad
    Th: np.ndarray,  # [3] metres
    shapes: np.ndarray,  # [10 or more]
    world: np.ndarray,  # [3, 3] dataset's world -> ours
) -> Pose:
    """The same vertices in our parameters and our world. SMPL-H's hand joints are dropped, which SMPL does not have."""
    betas = shapes[: min(MAX_BETAS, body.shapedirs.shape[2])].astype(np.float64)
    directions = body.shapedirs.double().numpy()[..., : len(betas)]
    pelvis = body.joint_regressor[0].double().numpy() @ (body.v_template.double().numpy() + directions @ betas)
    turn = world @ rotation_matrix(Rh)
    orient = torch.from_numpy(turn @ rotation_matrix(poses[:3]))
    joints = np.zeros(_SMPL)
    joints[:_SHARED] = poses[:_SHARED]
    if len(poses) == _SMPL:
        joints[_SHARED:] = poses[_SHARED:]
    return Pose(
        body_pose=torch.from_numpy(joints[3:]).float().view(NUM_JOINTS - 1, 3),
        global_orient=quaternion_to_axis_angle(matrix_to_quaternion(orient)).float(),
        transl=torch.from_numpy(turn @ pelvis + world @ Th - pelvis).float(),
        betas=torch.from_numpy(betas).float(),
    )


def poses_from_params(
    folder: Path, numbers: Iterable[int], body: BodyModel, world: np.ndarray
) -> dict[int, Pose]:  # by number
    """One file a frame, <number>.npy or <six digits>.npy."""
    return {number: _read_params(folder, number, body, world) for number in numbers}


def poses_from_motion(path: Path, numbers: Iterable[int], body: BodyModel, world: np.ndarray) -> dict[int, Pose]:
    """One .npz with a row for each frame; all frames take the shape of the first row."""
    arrays = read_npz(path, MOTION_ROWS, _KEYS)
    rows = {key: _rows(path, arrays, key) for key in _KEYS}
    made = {}
    for number in numbers:
        if number >= len(rows["poses"]):
            raise CaptureError(
                f"{path}: expected a row for frame {number}, got {len(rows['poses'])}; give fewer --frames"
            )
        values = [rows["shapes"][0] if key == "shapes" else rows[key][number] for key in _KEYS]
        made[number] = _pose(f"{path}: row {number}", values, body, world)
    return made


def _read_params(folder: Path, number: int, body: BodyModel, world: np.ndarray) -> Pose:
    names = (f"{number}.npy", f"{number:06d}.npy")
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise CaptureError(f"{folder / names[0]}: expected body parameters of a frame, got none; copy them or skip it")
    content = read_object_array(path)
    if not isinstance(content, dict) or not set(_KEYS) <= set(content):
        got = ", ".join(content) if isinstance(content, dict) else type(content).__name__
        raise CaptureError(f"{path}: expected {', '.join(_KEYS)}, got {got}; fit the body again")
    return _pose(str(path), [content[key] for key in _KEYS], body, world)


def _pose(where: str, values: list, body: BodyModel, world: np.ndarray) -> Pose:
    try:
        poses, Rh, Th, shapes = (np.asarray(value, np.float64).reshape(-1) for value in values)
    except (TypeError, ValueError, OverflowError) as error:
        raise CaptureError(f"{where}: expected numbers, got others ({one_line(error)}); fit the body again") from error
    if poses.size not in (_SMPL, _SMPLH) or Rh.size != 3 or Th.size != 3 or shapes.size < MAX_BETAS:
        raise CaptureError(
            f"{where}: expected poses of {_SMPL} or {_SMPLH} numbers, Rh of 3, Th of 3 and shapes of at least "
            f"{MAX_BETAS}, got {poses.size}, {Rh.size}, {Th.size} and {shapes.size}; fit the body again"
        )
    if not (np.abs(np.concatenate([poses, Rh, Th, shapes])) <= LARGEST).all():
        raise CaptureError(f"{where}: expected finite numbers up to {LARGEST:g}, got others; drop this frame")
    return easymocap_pose(body, poses, Rh, Th, shapes, world)


def _rows(path: Path, arrays: dict[str, np.ndarray], key: str) -> np.ndarray:  # [N, *]
    if key not in arrays or arrays[key].ndim < 2 or not len(arrays[key]) or arrays[key].dtype.kind not in "fiu":
        got = "none" if key not in arrays else f"{arrays[key].dtype} {list(arrays[key].shape)}"
        raise CaptureError(f"{path}: {key}: expected numbers [frames, *], got {got}; write it again")
    if key != "shapes" and len(arrays[key]) != len(arrays.get("poses", ())):
        raise CaptureError(f"{path}: {key}: expected as many rows as poses, got {len(arrays[key])}; write it again")
    return arrays[key].reshape(len(arrays[key]), -1)
