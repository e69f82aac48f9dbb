"""What registration finds out about a capture: body parameters and cameras that fit its pictures better."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.data.capture import Capture
from phynes_core.render.camera import Camera


@dataclass(frozen=True)
class CaptureFit:
    """Corrections of a capture; what is not named stays as it was given."""

    poses: Mapping[int, Pose] = field(default_factory=dict)  # by frame
    cameras: Mapping[str, Camera] = field(default_factory=dict)  # by name, of the size of its pictures

    def applied_to(self, capture: Capture) -> Capture:
        """The capture as it should have been given. Frames without a corrected pose get the corrected shape."""
        poses = dict(capture.poses)
        if self.poses:
            betas = next(iter(self.poses.values())).betas
            poses = {frame: replace(pose, betas=betas) for frame, pose in poses.items()} | dict(self.poses)
        return replace(capture, poses=poses, cameras=capture.cameras | dict(self.cameras))

    def tensors(self) -> dict[str, Tensor]:
        """Everything, to be stored."""
        stored = {}
        for frame, pose in self.poses.items():
            parts = pose.global_orient, pose.body_pose.reshape(-1), pose.transl, pose.betas
            stored[f"pose.{frame}"] = torch.cat(parts)
        for name, camera in self.cameras.items():
            size = torch.tensor([float(camera.width), float(camera.height)])
            stored[f"camera.{name}"] = torch.cat([camera.intrinsics.reshape(-1), camera.T_cam_world.reshape(-1), size])
        return stored

    @staticmethod
    def from_tensors(stored: Mapping[str, Tensor]) -> "CaptureFit":
        """The inverse of `tensors`."""
        poses, cameras = {}, {}
        for key, value in stored.items():
            kind, _, name = key.partition(".")
            if kind == "pose":
                orient, body_pose, transl, betas = value.split([3, 69, 3, len(value) - 75])
                poses[int(name)] = Pose(body_pose.view(-1, 3), orient, transl, betas)
            elif kind == "camera":
                intrinsics, transform, size = value.split([9, 16, 2])
                width, height = (int(side) for side in size.tolist())
                cameras[name] = Camera(intrinsics.view(3, 3), transform.view(4, 4), width, height)
        return CaptureFit(poses, cameras)
