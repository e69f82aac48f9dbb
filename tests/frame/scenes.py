"""Scenes with one avatar, under a sky, a sun or lamps."""

from dataclasses import replace

import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import Pose
from phynes_core.conventions import latlong_directions, orbit_direction
from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

EVERYTHING = RenderOptions(buffers=frozenset(BUFFERS))


def pose_of(avatar: Avatar, elbow: float = 0.0) -> Pose:
    body_pose = torch.zeros(23, 3)
    body_pose[17, 1] = elbow  # left elbow
    return replace(avatar.rest_pose(), body_pose=body_pose)


def scene_of(avatar: Avatar, size: int = 96, azimuth: float = 20.0, elbow: float = 0.0, **lighting) -> Scene:
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), azimuth, 5.0, framing_distance(1.75), size, size)
    sky = torch.rand(16, 32, 3, generator=torch.Generator().manual_seed(0)) + torch.linspace(1, 0, 16)[:, None, None]
    light = Lighting(**{"environment": Environment(sky), **lighting})
    return Scene((PosedAvatar(avatar, pose_of(avatar, elbow)),), camera, light)


def sunny(azimuth: float = 40.0) -> Environment:
    """A dim sky with a hard sun of 1.5 degrees."""
    directions = latlong_directions(128, 256)
    cosine = (directions @ orbit_direction(azimuth, 30.0)).clamp(-1.0, 1.0)
    sun = (torch.rad2deg(cosine.acos()) < 1.5)[..., None]
    return Environment(torch.where(sun, torch.tensor([900.0, 800.0, 600.0]), torch.tensor([0.2, 0.25, 0.4])))
