"""What a synthetic capture consists of: poses, cameras, lights. No Mitsuba here."""

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.motion import MotionClip, bundled_motions
from phynes_core.body.motion_files import load_motion
from phynes_core.body.rotations import axis_angle_to_quaternion, quaternion_to_axis_angle
from phynes_core.errors import CaptureError, MotionError
from phynes_core.render.camera import DEFAULT_FOV_DEG, Camera, orbit_camera

_FILL = 0.945  # of the frame, for the bare body at the most extended pose; hair and shoes need 5 pixels more
_FIRST_AZIMUTH_DEG = 20.0
_TRAIN_ELEVATIONS_DEG = (6.0, 12.0)  # alternating
_TEST_ELEVATIONS_DEG = (18.0, -4.0, 30.0)
_GROUND_TRUTH_TRAIN_FRAMES = 5


@dataclass(frozen=True)
class SynthesisPlan:
    """Everything that decides the pixels of a synthetic capture."""

    subject: str = "josh"
    views: int = 4
    test_views: int = 3
    frames: int = 30
    novel_frames: int = 5
    size: int = 512
    probe: str = "interior"  # a bundled probe's name
    relight: tuple[str, ...] = ("studio", "sunset", "forest")
    motion: tuple[str, ...] = ("walk", "dance_b", "kick")
    novel_motion: tuple[str, ...] = ("run", "punch")
    turn_deg: float = 360.0  # each clip's frames turn through this about +Y: it tells albedo from light
    spp: int = 196
    seed: int = 0
    texture_size: int = 2048

    def __post_init__(self) -> None:
        for name in ("views", "frames", "size", "spp", "texture_size"):
            if getattr(self, name) < 1:
                raise CaptureError(f"--{name.replace('_', '-')}: expected at least 1, got {getattr(self, name)}")
        for name in ("test_views", "novel_frames", "seed"):
            if getattr(self, name) < 0:
                raise CaptureError(f"--{name.replace('_', '-')}: expected at least 0, got {getattr(self, name)}")
        if not self.motion or (self.novel_frames and not self.novel_motion):
            raise CaptureError("--motion: expected at least one clip, got none; see assets/motions")

    def as_json(self) -> dict[str, Any]:
        """Plain values, as stored in synthesis.json."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def difference(self, stored: dict[str, Any]) -> str | None:
        """The first parameter that differs from a stored plan, as "name: stored ..., asked ..."; None if none does."""
        mine = self.as_json()
        for field in fields(self):
            if stored.get(field.name) != mine[field.name]:
                return f"{field.name}: the folder has {stored.get(field.name)}, asked for {mine[field.name]}"
        return None


@dataclass(frozen=True)
class Shot:
    """One frame of the capture."""

    frame: int
    pose: Pose
    split: str  # "train" or "novel_pose"
    has_ground_truth: bool  # seen by the test cameras


def make_shots(plan: SynthesisPlan, body: BodyModel, betas: Tensor) -> tuple[Shot, ...]:
    """Training frames first, then novel poses from other clips."""
    train = _poses(plan.motion, plan.frames, plan.turn_deg, body, betas)
    novel = _poses(plan.novel_motion, plan.novel_frames, plan.turn_deg, body, betas)
    count = min(_GROUND_TRUTH_TRAIN_FRAMES, plan.frames)
    judged = {int((k + 0.5) * plan.frames / count) for k in range(count)}
    shots = [Shot(frame, pose, "train", frame in judged) for frame, pose in enumerate(train)]
    return (*shots, *(Shot(plan.frames + k, pose, "novel_pose", True) for k, pose in enumerate(novel)))


def make_cameras(
    plan: SynthesisPlan, shots: tuple[Shot, ...], body: BodyModel
) -> tuple[dict[str, Camera], dict[str, str]]:
    """A ring of training cameras and held-out ones between them; each as close as the frames it sees allow."""
    clouds = {shot.frame: pose_body(body, shot.pose).vertices[::7] for shot in shots}
    cameras: dict[str, Camera] = {}
    split: dict[str, str] = {}
    for k in range(plan.views + plan.test_views):
        name = f"{k:02d}"
        if k < plan.views:
            turn, elevation, split[name] = k, _TRAIN_ELEVATIONS_DEG[k % 2], "train"
        else:
            between = (k - plan.views) * plan.views // plan.test_views
            turn, split[name] = between + 0.5, "test"
            elevation = _TEST_ELEVATIONS_DEG[(k - plan.views) % len(_TEST_ELEVATIONS_DEG)]
        seen = [clouds[s.frame] for s in shots if (s.split == "train" if k < plan.views else s.has_ground_truth)]
        azimuth = _FIRST_AZIMUTH_DEG + 360.0 * turn / plan.views
        cameras[name] = _closest_camera(torch.stack(seen), azimuth, elevation, plan.size)
    return cameras, split


def _closest_camera(clouds: Tensor, azimuth_deg: float, elevation_deg: float, size: int) -> Camera:
    """The nearest orbit camera that keeps all points [N, V, 3] inside `_FILL` of the frame."""
    near, far = 1.0, 20.0
    target = torch.tensor([0.0, float(clouds[..., 1].mean()), 0.0])
    half = 0.5 * size
    for _ in range(24):
        distance = 0.5 * (near + far)
        for _ in range(4):  # aim between the highest and the lowest point
            camera = orbit_camera(target, azimuth_deg, elevation_deg, distance, size, size)
            place = (camera.project(clouds)[..., :2] - half) / half
            low, high = place.amin((0, 1)), place.amax((0, 1))
            target = target - torch.tensor([0.0, 0.5, 0.0]) * (low[1] + high[1]) * distance * math.tan(
                math.radians(0.5 * DEFAULT_FOV_DEG)
            )
        near, far = (distance, far) if float(place.abs().max()) > _FILL else (near, distance)
    return orbit_camera(target, azimuth_deg, elevation_deg, far, size, size)


def _poses(names: tuple[str, ...], count: int, turn_deg: float, body: BodyModel, betas: Tensor) -> list[Pose]:
    """`count` poses, shared out evenly over the clips and evenly spaced in time; the body stays above the origin."""
    poses: list[Pose] = []
    for index, name in enumerate(names):
        clip = _clip(name)
        number = (index + 1) * count // len(names) - index * count // len(names)
        for k in range(number):
            pose = clip.pose_at((k + 0.5) / number * clip.duration_s, betas, loop=False)
            turned = _turn(pose.global_orient, turn_deg * (k + index / len(names)) / number)
            pose = Pose(pose.body_pose, turned, pose.transl, betas)
            cloud = pose_body(body, pose).vertices
            middle = 0.5 * (cloud.amin(0) + cloud.amax(0)) * torch.tensor([1.0, 0.0, 1.0])
            poses.append(replace(pose, transl=pose.transl - middle))
    return poses


def _clip(name: str) -> MotionClip:
    known = bundled_motions()
    if name not in known:
        raise MotionError(f"--motion {name}: expected one of {', '.join(known)}")
    return load_motion(known[name])


def _turn(axis_angle: Tensor, yaw_deg: float) -> Tensor:  # [3] -> [3]
    """A rotation followed by a turn about +Y."""
    half = 0.5 * math.radians(yaw_deg)
    w, x, y, z = axis_angle_to_quaternion(axis_angle).tolist()
    c, s = math.cos(half), math.sin(half)
    return quaternion_to_axis_angle(torch.tensor([c * w - s * y, c * x + s * z, c * y + s * w, c * z - s * x]))
