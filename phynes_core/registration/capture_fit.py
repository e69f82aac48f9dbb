"""What registration finds out about a capture: body parameters, cameras and colors that fit its pictures better."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.data.capture import Capture, Pictures
from phynes_core.registration.pictures import encoded, linear_of
from phynes_core.render.camera import Camera


@dataclass(frozen=True)
class CaptureFit:
    """Corrections of a capture; what is not named stays as it was given."""

    poses: Mapping[int, Pose] = field(default_factory=dict)  # by frame
    cameras: Mapping[str, Camera] = field(default_factory=dict)  # by name, of the size of its pictures
    gains: Mapping[str, Tensor] = field(default_factory=dict)  # by camera, [3]: what to multiply linear colors by

    def applied_to(self, capture: Capture) -> Capture:
        """The capture as it should have been given. Frames without a corrected pose get the corrected shape."""
        poses = dict(capture.poses)
        if self.poses:
            betas = next(iter(self.poses.values())).betas
            poses = {frame: replace(pose, betas=betas) for frame, pose in poses.items()} | dict(self.poses)
        better = replace(capture, poses=poses, cameras=capture.cameras | dict(self.cameras))
        if not self.gains:
            return better
        # with a cache of its own: what was read before has other colors
        return replace(better, pictures=EvenedPictures(capture.pictures, self.gains), _cache=OrderedDict())

    def tensors(self) -> dict[str, Tensor]:
        """Everything, to be stored."""
        stored = {}
        for frame, pose in self.poses.items():
            parts = pose.global_orient, pose.body_pose.reshape(-1), pose.transl, pose.betas
            stored[f"pose.{frame}"] = torch.cat(parts)
        for name, camera in self.cameras.items():
            size = torch.tensor([float(camera.width), float(camera.height)])
            stored[f"camera.{name}"] = torch.cat([camera.intrinsics.reshape(-1), camera.T_cam_world.reshape(-1), size])
        return stored | {f"gain.{name}": gain for name, gain in self.gains.items()}

    @staticmethod
    def from_tensors(stored: Mapping[str, Tensor]) -> "CaptureFit":
        """The inverse of `tensors`."""
        poses, cameras, gains = {}, {}, {}
        for key, value in stored.items():
            kind, _, name = key.partition(".")
            if kind == "pose":
                orient, body_pose, transl, betas = value.split([3, 69, 3, len(value) - 75])
                poses[int(name)] = Pose(body_pose.view(-1, 3), orient, transl, betas)
            elif kind == "camera":
                intrinsics, transform, size = value.split([9, 16, 2])
                width, height = (int(side) for side in size.tolist())
                cameras[name] = Camera(intrinsics.view(3, 3), transform.view(4, 4), width, height)
            elif kind == "gain":
                gains[name] = value
        return CaptureFit(poses, cameras, gains)


@dataclass(frozen=True)
class EvenedPictures:
    """Pictures whose cameras agree about colors."""

    source: Pictures
    gains: Mapping[str, Tensor]  # [3]

    def has(self, camera: str, frame: int) -> bool:
        """Whether this view was recorded."""
        return self.source.has(camera, frame)

    def read(self, camera: str, frame: int) -> np.ndarray:  # [H, W, 4] uint8
        """sRGB of the premultiplied linear color, corrected, and the coverage."""
        pixels = self.source.read(camera, frame)
        if camera not in self.gains:
            return pixels
        return np.concatenate([evened(pixels[..., :3], self.gains[camera]), pixels[..., 3:]], -1)

    def files(self, camera: str, frame: int) -> tuple[Path, ...]:
        """The files that `read` reads."""
        return self.source.files(camera, frame)


def evened(image: np.ndarray, gain: Tensor) -> np.ndarray:  # [..., 3] uint8 sRGB -> the same
    """Colors with their camera's gain [3]."""
    return np.round(encoded(linear_of(image) * gain.numpy()).clip(0.0, 1.0) * 255.0).astype(np.uint8)
