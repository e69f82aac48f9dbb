"""A capture in memory whose pictures show a known body in known poses: four cameras around it, 128 x 128 pixels."""

import dataclasses
import functools
import math
from pathlib import Path

import numpy as np
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.conventions import latlong_directions, linear_to_srgb
from phynes_core.data.capture import Capture
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

SIZE = 128  # pixels
OFFSET_M = 0.003  # of the surface over the body
AZIMUTHS = {"00": 0.0, "01": 90.0, "02": 180.0, "03": 270.0}
NUM_FRAMES = 6


class PicturesInMemory:
    """Pictures by camera and frame, each [H, W, 4] uint8."""

    def __init__(self, pixels: dict[tuple[str, int], np.ndarray]) -> None:
        self.pixels = pixels

    def has(self, camera: str, frame: int) -> bool:
        return (camera, frame) in self.pixels

    def read(self, camera: str, frame: int) -> np.ndarray:
        return self.pixels[camera, frame]

    def files(self, camera: str, frame: int) -> tuple[Path, ...]:
        return ()


@functools.cache
def body() -> BodyModel:
    return load_bundled_body()


def true_poses() -> dict[int, Pose]:
    """Arms that come down while the person turns a little."""
    made = {}
    for frame in range(NUM_FRAMES):
        body_pose = torch.zeros(23, 3)
        body_pose[15, 2], body_pose[16, 2] = -0.4 - 0.12 * frame, 0.5 + 0.1 * frame
        body_pose[0, 0], body_pose[1, 0] = -0.1 * frame, 0.08 * frame  # hips
        body_pose[3, 0] = 0.1 * frame  # a knee
        orient = torch.tensor([0.0, 0.15 * frame, 0.0])
        made[frame] = Pose(body_pose, orient, torch.tensor([0.02 * frame, 0.0, 0.0]), torch.zeros(10))
    return made


def cameras(size: int = SIZE) -> dict[str, Camera]:
    """A quarter of a turn apart."""
    heights = body().v_template[:, 1]
    target = torch.tensor([0.0, float(heights.max() + heights.min()) / 2, 0.0])
    return {name: orbit_camera(target, azimuth, 8.0, 4.2, size, size) for name, azimuth in AZIMUTHS.items()}


def capture_of(pixels: dict[tuple[str, int], np.ndarray], views: dict[str, Camera], poses: dict[int, Pose]) -> Capture:
    """All cameras and frames are for training."""
    frames = tuple(poses)
    return Capture(
        "textured", Path("textured"), body().name, body().content_hash, views, dict.fromkeys(views, "train"), frames,
        dict.fromkeys(frames, "train"), poses, PicturesInMemory(pixels),
    )  # fmt: skip


@functools.cache
def textured_capture() -> Capture:
    """The pictures, with exact poses."""
    avatar = Avatar.untrained(body(), "textured").requires_grad_(False)
    avatar.vertex_offsets = lambda pose_vector: torch.full((body().num_vertices,), OFFSET_M)
    avatar.query_albedo = _albedo
    avatar.query_roughness = lambda uv, pose: torch.full((len(uv),), 0.8)
    bright = (latlong_directions(16, 32) @ torch.tensor([0.3, 0.7, 0.65])).clamp(min=0.0) ** 2
    light = 0.35 + 0.6 * bright[..., None] * torch.tensor([1.0, 0.95, 0.85])
    renderer, pixels, views = FrameRenderer(), {}, cameras()
    for frame, pose in true_poses().items():
        for name, camera in views.items():
            scene = Scene((PosedAvatar(avatar, pose),), camera, Lighting(Environment(light)))
            shown = renderer.render(scene, RenderOptions(frozenset({"radiance"}), supersample=2, antialias=True))
            srgb = linear_to_srgb(shown.radiance.clamp(0.0, 1.0)).numpy()
            picture = np.concatenate([srgb, shown.mask.numpy().reshape(*srgb.shape[:2], 1)], -1)
            pixels[name, frame] = np.round(picture * 255.0).astype(np.uint8)
    return capture_of(pixels, views, true_poses())


def with_noise(capture: Capture, degrees: float, mm: float, seed: int = 0) -> Capture:
    """Every joint turned by chance, and the body moved; standard deviations of each component."""
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    poses = {
        frame: dataclasses.replace(
            pose,
            body_pose=pose.body_pose + math.radians(degrees) * noise(23, 3),
            global_orient=pose.global_orient + math.radians(degrees) * noise(3),
            transl=pose.transl + 1e-3 * mm * noise(3),
        )
        for frame, pose in capture.poses.items()
    }
    return dataclasses.replace(capture, poses=poses)


def vertex_error_mm(poses) -> float:
    """RMS distance between vertices of the bare body in these and the true poses, by frame."""
    truth = true_poses()
    squares = [
        (pose_body(body(), pose).vertices - pose_body(body(), truth[frame]).vertices).square().sum(1).mean()
        for frame, pose in poses.items()
    ]
    return 1e3 * float(torch.stack(squares).mean().sqrt())


def _albedo(uv: torch.Tensor, pose: object) -> torch.Tensor:
    """Soft blotches of a few centimetres in three colors."""
    waves = [
        torch.sin(uv[:, 0] * (40.0 + 9.0 * k) + 2.0 * k) * torch.sin(uv[:, 1] * (47.0 - 8.0 * k) + k) for k in range(3)
    ]
    return 0.45 + 0.3 * torch.stack(waves, -1)
