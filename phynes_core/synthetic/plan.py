"""What a synthetic capture consists of: the subject, its poses and the cameras; and synthesis.json, which stores it."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.motion.files import load_motion
from phynes_core.body.rotations import axis_angle_to_quaternion, quaternion_to_axis_angle
from phynes_core.data.native import layout
from phynes_core.errors import CaptureError, MotionError
from phynes_core.io.json_files import read_json
from phynes_core.io.output_files import replacing
from phynes_core.io.shipped_files import bundled_motions
from phynes_core.io.untrusted import FileKind, decoding
from phynes_core.render.camera import DEFAULT_FOV_DEG, Camera, orbit_camera
from phynes_core.synthetic.subjects.ada import dress_ada
from phynes_core.synthetic.subjects.josh import dress_josh
from phynes_core.synthetic.subjects.noa import dress_noa
from phynes_core.synthetic.subjects.subject import Subject

_FILL = 0.945  # share of the frame's half size that the bare body may reach; hair and shoes need 5 pixels more
_FIRST_AZIMUTH_DEG = 20.0
_TRAIN_ELEVATIONS_DEG = (6.0, 12.0)  # alternating
_ONE_VIEW_ELEVATION_DEG = 0.0  # as high as the person's middle
_TEST_ELEVATIONS_DEG = (18.0, -4.0, 30.0)
_GROUND_TRUTH_TRAIN_FRAMES = 5
_USUAL_VIEWS = 4
SETTINGS = "synthesis.json"
SETTINGS_JSON = FileKind("list of a run's settings", 1 << 20, CaptureError, "choose another --out")
RENDER_VERSION = 2  # increased whenever lights, exposure or rendering change, so that one capture never mixes two
ONE_VIEW_VERSION = 3  # the same for captures of one training camera: its test cameras stand apart since 3
TURNING_CLIPS = ("turn",)  # who moves so turns by a full turn without `turn_deg`
ONE_VIEW_FRAMES, USUAL_FRAMES = 60, 30


@dataclass(frozen=True)
class SynthesisPlan:
    """Everything that decides the pixels of a synthetic capture."""

    subject: str = "josh"
    views: int = _USUAL_VIEWS
    test_views: int = 3
    frames: int = 30
    novel_frames: int = 5
    size: int = 512
    probe: str = "interior"  # a bundled probe's name
    relight: tuple[str, ...] = ("studio", "sunset", "forest")
    motion: tuple[str, ...] = ("walk", "dance_b", "kick")
    novel_motion: tuple[str, ...] = ("run", "punch")
    turn_deg: float = 360.0  # rotation of each clip's frames about +Y, so that albedo and light can be separated
    spp: int = 196
    seed: int = 0
    texture_size: int = 3072

    def __post_init__(self) -> None:
        for name, most in (("views", 64), ("frames", 100_000), ("size", 8192), ("spp", 10**6), ("texture_size", 8192)):
            if not 1 <= getattr(self, name) <= most:
                raise CaptureError(f"--{name.replace('_', '-')}: expected 1 to {most}, got {getattr(self, name)}")
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
    tested = {int((k + 0.5) * plan.frames / count) for k in range(count)}
    shots = [Shot(frame, pose, "train", frame in tested) for frame, pose in enumerate(train)]
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
            turn, split[name] = k, "train"
            elevation = _TRAIN_ELEVATIONS_DEG[k % 2] if plan.views > 1 else _ONE_VIEW_ELEVATION_DEG
        else:
            number = k - plan.views
            ring = plan.views if plan.views > 1 else _USUAL_VIEWS  # where four cameras are judged, one is, too
            turn, split[name] = (number * ring // plan.test_views + 0.5) * plan.views / ring, "test"
            elevation = _TEST_ELEVATIONS_DEG[number % len(_TEST_ELEVATIONS_DEG)]
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
            in_frame = (camera.project(clouds)[..., :2] - half) / half  # [-1, 1] inside the picture
            low, high = in_frame.amin((0, 1)), in_frame.amax((0, 1))
            target = target - torch.tensor([0.0, 0.5, 0.0]) * (low[1] + high[1]) * distance * math.tan(
                math.radians(0.5 * DEFAULT_FOV_DEG)
            )
        near, far = (distance, far) if float(in_frame.abs().max()) > _FILL else (near, distance)
    return orbit_camera(target, azimuth_deg, elevation_deg, far, size, size)


def _poses(names: tuple[str, ...], count: int, turn_deg: float, body: BodyModel, betas: Tensor) -> list[Pose]:
    """`count` poses, divided evenly over the clips and evenly spaced in time; the body is centered above the origin."""
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


def usual_turn_deg(motion: tuple[str, ...]) -> float:
    """A full turn over the frames of each clip, except where every clip turns by itself."""
    return 0.0 if motion and all(name in TURNING_CLIPS for name in motion) else 360.0


def usual_frames(views: int) -> int:
    """Training frames: one camera needs more moments than several that see every moment from all sides."""
    return ONE_VIEW_FRAMES if views == 1 else USUAL_FRAMES


def render_version(plan: SynthesisPlan) -> int:
    """Which way of rendering a capture has; a folder of another one is not continued."""
    return ONE_VIEW_VERSION if plan.views == 1 else RENDER_VERSION


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


def check_settings(plan: SynthesisPlan, body: BodyModel, root: Path) -> None:
    """CaptureError when `root` holds a capture made with other settings."""
    path = root / SETTINGS
    if not path.is_file():
        if (root / layout.CAMERAS).exists():
            raise CaptureError(f"{root}: holds a capture that was not synthesized here; choose an empty --out")
        return
    stored = cast(dict[str, Any], read_json(path, SETTINGS_JSON))
    with decoding(path, SETTINGS_JSON):
        difference, stored_body, version = plan.difference(stored["plan"]), stored["body"], stored["subject_version"]
        rendered = stored.get("render_version", 1)
    if difference is None and stored_body != body.content_hash:
        difference = "body: another body model"
    current = find_subject(plan.subject).version
    if difference is None and version != current:
        difference = f"subject: the folder has version {version}, this program makes version {current}"
    if difference is None and rendered != render_version(plan):
        difference = f"exposure: the folder has version {rendered}, this program makes version {render_version(plan)}"
    if difference is not None:
        raise CaptureError(f"{path}: made with other settings ({difference}); repeat those or choose another --out")


def save_settings(plan: SynthesisPlan, body: BodyModel, root: Path) -> None:
    """Write synthesis.json."""
    settings: dict[str, Any] = {
        "plan": plan.as_json(),
        "body": body.content_hash,
        "subject_version": find_subject(plan.subject).version,
        "render_version": render_version(plan),
    }
    with replacing(root / SETTINGS) as temporary:
        temporary.write_text(json.dumps(settings, indent=1), encoding="utf-8")


@dataclass(frozen=True)
class SubjectEntry:
    """How a subject is dressed, and what its captures consist of unless the command line says otherwise."""

    dress: Callable[[BodyModel], Subject]
    version: int  # increased whenever geometry or textures change, so that one capture never mixes two
    probe: str  # the training light
    relight: tuple[str, ...]
    motion: tuple[str, ...]
    novel_motion: tuple[str, ...]


SUBJECTS = {
    "josh": SubjectEntry(
        dress_josh, 2, "interior", ("studio", "sunset", "forest"), ("walk", "dance_b", "kick"), ("run", "punch")
    ),
    "ada": SubjectEntry(dress_ada, 2, "courtyard", ("studio", "sunrise", "city"), ("dance_a", "jump"), ("walk",)),
    "noa": SubjectEntry(
        dress_noa, 1, "city", ("studio", "sunset", "forest"), ("walk", "dance_b", "turn"), ("spin", "dance_a")
    ),
}


def find_subject(name: str) -> SubjectEntry:
    """The subject of this name; CaptureError when there is none."""
    if name not in SUBJECTS:
        raise CaptureError(f"--subject {name}: expected one of {', '.join(SUBJECTS)}")
    return SUBJECTS[name]
