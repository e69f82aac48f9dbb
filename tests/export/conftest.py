"""A small avatar with offsets, materials and motion that all matter, as it is exported."""

from dataclasses import replace

import pytest
import torch

from phynes_core.avatar.avatar import ALBEDO_MAP, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP, Avatar
from phynes_core.body.model import Pose
from phynes_core.body.motion.clip import MotionClip
from phynes_core.export.subject import CameraTrack, ExportSubject
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.render.camera import orbit_camera
from tests.small_body import small_body

SMALL = HashEncodingConfig(num_levels=2, log2_entries=8, base_resolution=4, finest_resolution=8)


def small_avatar(has_vectors: bool = False, f0: float = 0.04) -> Avatar:
    """A body whose arms bend and swell with the pose, with offsets of millimetres."""
    torch.manual_seed(3)
    body = small_body()
    posedirs = torch.randn(207, body.num_vertices * 3) * 2e-3
    weights = body.weights.clone()
    near = body.v_template[:, 0].abs() > 0.4  # hands: shared by five joints, one more than files hold
    for joint, share in ((18, 0.2), (20, 0.15), (9, 0.1), (6, 0.05)):
        weights[near] *= 1.0 - share
        weights[near, joint] += share
    body = replace(body, posedirs=posedirs, weights=weights)
    offset = replace(OFFSET_MAP, output_channels=3) if has_vectors else OFFSET_MAP
    maps = [
        replace(config, encoding=SMALL, hidden_width=8) for config in (offset, TEXTURE_MAP, ALBEDO_MAP, ROUGHNESS_MAP)
    ]
    avatar = Avatar.untrained(body, "small", *maps)
    with torch.no_grad():
        for network in (avatar.offset, avatar.albedo, avatar.roughness):
            network.encoding.grid.normal_(std=0.3)
            network.head.weight.normal_(std=0.3)
    avatar.record = replace(avatar.record, f0=f0)
    return avatar.requires_grad_(False)


def swing(num_frames: int = 5) -> MotionClip:
    """Both arms swing while the body walks along X and turns."""
    generator = torch.Generator().manual_seed(1)
    share = torch.linspace(0.0, 1.0, num_frames)[:, None]
    pose = torch.zeros(num_frames, 23, 3)
    for joint in (15, 16, 17, 19):  # shoulders, an elbow and a wrist, counted without the root
        pose[:, joint] = share * torch.randn(3, generator=generator)
    orient, transl = share * torch.tensor([0.0, 4.0, 0.0]), share * torch.tensor([1.0, 0.1, 0.0])
    return MotionClip("swing", 25.0, orient, pose, transl, None)


def track() -> CameraTrack:
    """A camera that goes from the front to the left side."""
    cameras = [orbit_camera(torch.zeros(3), azimuth, 10.0, 3.0, 8, 8) for azimuth in (0.0, 45.0, 90.0)]
    views = torch.stack([torch.linalg.inv(camera.T_cam_world) for camera in cameras])
    return CameraTrack("path", torch.tensor([0.0, 0.5, 1.0]), views, torch.tensor([30.0, 25.0, 20.0]))


def small_subject(has_vectors: bool = False, f0: float = 0.04, **changes) -> ExportSubject:
    avatar = small_avatar(has_vectors, f0)
    rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), avatar.betas)
    subject = ExportSubject(avatar, avatar.betas, rest, torch.zeros(72), True, (swing(),), None, (track(),))
    return replace(subject, **changes)


@pytest.fixture(scope="module")
def subject() -> ExportSubject:
    return small_subject()
