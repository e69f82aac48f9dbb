"""A small capture folder."""

from pathlib import Path

import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose
from phynes_core.data.native.writer import save_body_parameters, save_cameras, save_view
from phynes_core.render.camera import orbit_camera


def make_capture(root: Path) -> Path:
    """Write a capture of three views and two frames, 16 x 16 pixels; returns its folder."""
    target = torch.tensor([0.0, 0.9, 0.0])
    splits = {"00": "train", "01": "train", "02": "test"}
    save_cameras(root, {name: orbit_camera(target, 30.0, 0.0, 3.0, 16, 16) for name in splits}, splits)
    poses = {frame: Pose.rest() for frame in (0, 1)}
    body = load_bundled_body()
    save_body_parameters(root, poses, dict.fromkeys(poses, "train"), body.name, body.content_hash)
    for name in splits:
        for frame in poses:
            save_view(root, name, frame, torch.full((16, 16, 3), 0.2), torch.ones(16, 16))
    return root
