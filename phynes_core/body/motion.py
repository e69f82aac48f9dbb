"""Motion clips: SMPL poses over time."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import MAX_BETAS, Pose
from phynes_core.body.rotations import axis_angle_to_quaternion, quaternion_to_axis_angle, slerp
from phynes_core.conventions import NUM_JOINTS
from phynes_core.errors import MotionError
from phynes_core.paths import ASSETS


@dataclass(frozen=True, eq=False)
class MotionClip:
    """Poses at a constant rate, in smplx's parameters."""

    name: str
    fps: float
    global_orient: Tensor  # [N, 3] axis-angle, rad
    body_pose: Tensor  # [N, 23, 3] axis-angle, rad
    transl: Tensor  # [N, 3] metres, world
    betas: Tensor | None  # [B] of the person recorded, if known

    @property
    def num_frames(self) -> int:
        """N."""
        return self.global_orient.shape[0]

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the last."""
        return (self.num_frames - 1) / self.fps

    def pose(self, frame: int, betas: Tensor | None = None) -> Pose:
        """The pose of one frame; `betas` None takes the clip's own, else the mean shape."""
        if not 0 <= frame < self.num_frames:
            raise ValueError(f"frame: expected 0..{self.num_frames - 1} of the clip '{self.name}', got {frame}")
        return Pose(self.body_pose[frame], self.global_orient[frame], self.transl[frame], self._betas(betas))

    def pose_at(self, time_s: float, betas: Tensor | None = None, loop: bool = True) -> Pose:
        """The pose at any time, by slerp. Looping jumps from the last frame to the first; else the ends are held."""
        duration = self.duration_s
        if loop and duration > 0:
            time_s = time_s % duration
        place = min(max(time_s, 0.0), duration) * self.fps
        frame = min(int(place), max(self.num_frames - 2, 0))
        fraction = place - frame
        if fraction < 1e-6:
            return self.pose(frame, betas)
        following = frame + 1
        start, end = (
            axis_angle_to_quaternion(torch.cat([self.global_orient[index][None], self.body_pose[index]]))
            for index in (frame, following)
        )
        between = quaternion_to_axis_angle(slerp(start, end, fraction))
        transl = torch.lerp(self.transl[frame], self.transl[following], fraction)
        return Pose(between[1:], between[0], transl, self._betas(betas))

    def _betas(self, betas: Tensor | None) -> Tensor:
        if betas is not None:
            return betas
        return torch.zeros(MAX_BETAS) if self.betas is None else self.betas


def bundled_motions() -> dict[str, Path]:
    """Name -> file of the clips that ship with the project, by name."""
    return {path.stem: path for path in sorted((ASSETS / "motions").glob("*.npz"))}


def load_motion(path: Path) -> MotionClip:
    """Read an .npz with global_orient [N, 3], body_pose [N, 23, 3] or [N, 69], transl [N, 3], fps and perhaps betas."""
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except OSError as error:
        names = ", ".join(bundled_motions())
        reason = error.strerror or "not an .npz"
        raise MotionError(
            f"{path}: cannot read this motion ({reason}); bundled clips in assets/motions: {names}"
        ) from error
    except (ValueError, zipfile.BadZipFile, EOFError, KeyError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())[:80]
        raise MotionError(f"{path}: not a readable .npz of plain arrays ({reason}); save the clip again") from error
    missing = [key for key in ("global_orient", "body_pose", "transl", "fps") if key not in arrays]
    if missing:
        raise MotionError(f"{path}: expected global_orient, body_pose, transl and fps, missing {', '.join(missing)}")
    orient = _floats(path, arrays, "global_orient", (None, 3))
    count = len(orient)
    if arrays["body_pose"].ndim == 2:
        arrays["body_pose"] = _floats(path, arrays, "body_pose", (count, 3 * (NUM_JOINTS - 1))).reshape(count, -1, 3)
    fps = _floats(path, arrays, "fps", ())
    if not 0 < float(fps) <= 1000:
        raise MotionError(f"{path}: fps: expected frames per second in (0, 1000], got {float(fps)}; correct it")
    betas = _floats(path, arrays, "betas", (None,))[:MAX_BETAS] if "betas" in arrays else None
    return MotionClip(
        name=path.stem,
        fps=float(fps),
        global_orient=torch.from_numpy(orient),
        body_pose=torch.from_numpy(_floats(path, arrays, "body_pose", (count, NUM_JOINTS - 1, 3))),
        transl=torch.from_numpy(_floats(path, arrays, "transl", (count, 3))),
        betas=None if betas is None else torch.from_numpy(betas.copy()),
    )


def _floats(path: Path, arrays: dict[str, np.ndarray], key: str, shape: tuple[int | None, ...]) -> np.ndarray:
    value = arrays[key]
    fits = value.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, value.shape, strict=False))
    if not fits or value.dtype.kind not in "fiu" or 0 in value.shape:
        wanted = "[" + ", ".join("*" if size is None else str(size) for size in shape) + "]"
        raise MotionError(
            f"{path}: {key}: expected numbers {wanted}, got {value.dtype} {list(value.shape)}; save it so"
        )
    if not np.isfinite(value).all():
        raise MotionError(f"{path}: {key}: expected finite numbers, got NaN or infinity; repair the clip")
    return np.array(value, np.float32, order="C")
