"""Body parameters that an avatar is judged with: the capture's own, the same refined for the avatar, or true ones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.data.capture import Capture
from phynes_core.data.held_out import is_judged_by_test_cameras
from phynes_core.errors import CaptureError
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.registration.config import RegistrationConfig
from phynes_core.registration.known_person import FoundPoses, KnownPerson, KnownPersonFit
from phynes_core.render.camera import Camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

POSE_SOURCES = {  # --poses
    "given": "the capture's own body parameters",
    "refined": "the capture's own, fitted once more to the pictures of training cameras with the avatar held",
    "true": "the true body parameters, which only a degraded capture keeps apart (ground_truth/body.npz)",
}
_FRAMES_SHOWN = 6
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PosedCapture:
    """A capture with the body parameters that it is judged with."""

    capture: Capture
    source: str  # one of POSE_SOURCES
    text: str  # what was done, for metrics.json and the report
    vertex_mm: Mapping[str, float] = field(default_factory=dict)  # by source, where true poses are known
    is_changed: bool = True  # False: the poses are the given ones

    def entries(self) -> dict[str, Any]:
        """For metrics.json, by source."""
        return {source: {"vertex_mm": distance} for source, distance in self.vertex_mm.items()}


def check_source(capture: Capture, source: str) -> None:
    """Raises CaptureError where the capture does not have these poses."""
    truth = capture.ground_truth
    if source == "true" and (truth is None or not truth.has_poses):
        raise CaptureError(
            f"{capture.root}: --poses true: expected ground_truth/body.npz, which only `degrade` writes, got none; "
            "leave --poses out: the capture's own poses are the only ones"
        )


def available_sources(capture: Capture) -> tuple[str, ...]:
    """Of POSE_SOURCES, those that can be measured."""
    truth = capture.ground_truth
    return tuple(name for name in POSE_SOURCES if name != "true" or (truth is not None and truth.has_poses))


def posed_capture(
    avatar: Avatar,
    capture: Capture,
    source: str,  # one of POSE_SOURCES
    frames: Sequence[int],  # that are judged
    progress: Progress = lambda done, total: None,
) -> PosedCapture:
    """The capture with these poses; pictures and cameras stay. Raises CaptureError where it does not have them."""
    check_source(capture, source)
    if source == "refined":
        return refined(avatar, capture, frames, progress=progress)
    true = _true_poses(capture)
    posed = capture if source == "given" or true is None else replace(capture, poses=true)
    distances = {} if true is None else {source: vertex_distance_mm(avatar.body, posed.poses, true, frames)}
    return PosedCapture(posed, source, POSE_SOURCES[source], distances, posed is not capture)


def refined(
    avatar: Avatar,
    capture: Capture,
    frames: Sequence[int],  # that are judged
    known: Mapping[int, Pose] | None = None,  # poses that training found: these stay
    given: Mapping[int, Pose] | None = None,  # before training, to tell what was gained; None: the capture's
    config: RegistrationConfig | None = None,
    progress: Progress = lambda done, total: None,
) -> PosedCapture:
    """The judged frames fitted to the training cameras' pictures under the avatar's surface, materials and light.

    Frames that no training camera saw keep their given pose; all keep theirs where that explains the pictures as well.
    """
    known = known or {}
    open_frames = [frame for frame in frames if frame not in known]
    fit = KnownPersonFit(
        capture, known_person(avatar), open_frames, config or RegistrationConfig(), progress=progress
    )  # fmt: skip
    found = fit.fit()
    poses = {frame: capture.poses[frame] for frame in capture.frames}
    is_changed = bool(known or found.poses)
    if is_changed:  # the avatar's surface belongs to its own shape
        poses = {frame: replace(pose, betas=avatar.betas) for frame, pose in poses.items()} | dict(known)
    poses |= found.poses
    true = _true_poses(capture)
    distances = {}
    if true is not None:
        distances = {
            "given": vertex_distance_mm(avatar.body, given or capture.poses, true, frames),
            "refined": vertex_distance_mm(avatar.body, poses, true, frames),
        }
    text = f"{POSE_SOURCES['refined']}: {_told(found, open_frames, [frame for frame in frames if frame in known])}"
    if found.poses and not is_judged_by_test_cameras(capture):
        text += "; without a test camera these are the pictures that judge, too"
    return PosedCapture(replace(capture, poses=poses), "refined", text, distances, is_changed)


def known_person(avatar: Avatar) -> KnownPerson:
    """The avatar under its learned light, as a fit needs it."""
    renderer = FrameRenderer()
    lighting = Lighting(Environment(avatar.light))
    options = RenderOptions(frozenset({"radiance", "mask"}), antialias=True)

    @torch.no_grad()
    def offsets(pose: Pose) -> np.ndarray:
        return avatar.vertex_offsets(pose.vector()).numpy()

    @torch.no_grad()
    def picture(pose: Pose, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
        shown = renderer.render(Scene((PosedAvatar(avatar, pose),), camera, lighting), options)
        return shown.image("radiance").numpy(), shown.mask[..., 0].numpy()

    return KnownPerson(avatar.body, avatar.betas, offsets, picture)


@torch.no_grad()
def vertex_distance_mm(
    body: BodyModel, poses: Mapping[int, Pose], true: Mapping[int, Pose], frames: Collection[int]
) -> float:
    """Mean distance of the bare body's vertices in two sets of poses."""
    apart = [
        float((pose_body(body, poses[frame]).vertices - pose_body(body, true[frame]).vertices).norm(dim=-1).mean())
        for frame in frames
    ]
    return 1e3 * float(np.mean(apart))


def _true_poses(capture: Capture) -> dict[int, Pose] | None:
    truth = capture.ground_truth
    if truth is None or not truth.has_poses:
        return None
    poses = truth.poses()
    if set(poses) != set(capture.frames):
        raise CaptureError(f"{capture.root}: ground_truth/body.npz: expected the frames of body.npz, got others")
    return {frame: poses[frame] for frame in capture.frames}


def _told(found: FoundPoses, frames: Sequence[int], known: Sequence[int]) -> str:
    """What came of it, a sentence."""
    parts = []
    if known:
        parts.append(f"{_frames(known)} as training found")
    seen = [frame for frame in frames if frame not in found.unseen]
    before, after = found.misfits
    if found.poses:
        parts.append(f"{_frames(seen)} fitted, misfit {after / before:.2f} of the given poses'")
    elif seen:
        parts.append(f"{_frames(seen)} as given, which no fit improved much (misfit {after / before:.2f})")
    if found.unseen:
        parts.append(f"{_frames(found.unseen)} as given, unseen by training cameras")
    return ", ".join(parts) or "no frame"


def _frames(frames: Sequence[int]) -> str:
    shown = ", ".join(map(str, frames[:_FRAMES_SHOWN])) + (", ..." if len(frames) > _FRAMES_SHOWN else "")
    return f"frame {shown}" if len(frames) == 1 else f"{len(frames)} frames ({shown})"
