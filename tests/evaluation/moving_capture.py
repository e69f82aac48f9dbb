"""A matte person in thick clothes who walks and turns before four cameras, rendered here by rasterizing alone."""

from pathlib import Path

import numpy as np
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.data.native.writer import save_body_parameters, save_cameras, save_view
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.render.rasterize import rasterize

FRAMES, SIZE = 14, 128
AZIMUTHS = {"00": 10.0, "01": 75.0, "02": 160.0, "03": 250.0}  # all of them train
CLOTHES_M = 0.012
TOWARD_LIGHT = torch.nn.functional.normalize(torch.tensor([0.3, 0.6, 0.7]), dim=0)
_SAMPLES = 3  # a side of a pixel


def pose_of(frame: int) -> Pose:
    """Arms and legs swing, the person turns: not symmetric, and slow enough that neighbors look alike."""
    phase = 0.55 * frame
    body_pose = torch.zeros(23, 3)
    body_pose[15, 2], body_pose[16, 2] = -0.9 + 0.5 * np.sin(phase), 0.8 - 0.6 * np.cos(0.7 * phase)
    body_pose[17, 1], body_pose[18, 1] = -0.7 + 0.6 * np.sin(0.8 * phase), 0.4 + 0.3 * np.sin(phase)
    body_pose[0, 0], body_pose[1, 0] = -0.6 * np.sin(phase), 0.6 * np.sin(phase)
    body_pose[3, 0], body_pose[4, 0] = 0.4 + 0.4 * np.sin(phase), 0.4 - 0.4 * np.sin(phase)
    body_pose[2, 2], body_pose[11, 1] = 0.1, 0.3
    orient = torch.tensor([0.0, 0.35 * frame, 0.0])
    return Pose(body_pose, orient, torch.tensor([0.2 * np.sin(0.3 * frame), 0.02, 0.15]).float(), torch.zeros(10))


def cameras() -> dict[str, Camera]:
    """Around the middle of the body, at different heights."""
    vertices = load_bundled_body().v_template
    middle = (vertices.amin(0) + vertices.amax(0)) / 2
    return {
        name: orbit_camera(middle, azimuth, 6.0 * index, 4.6, SIZE, SIZE)
        for index, (name, azimuth) in enumerate(AZIMUTHS.items())
    }


def write_moving_capture(root: Path) -> Path:
    """Write it in our own layout and return its folder."""
    body, seen_by = load_bundled_body(), cameras()
    save_cameras(root, seen_by, dict.fromkeys(seen_by, "train"))
    poses = {frame: pose_of(frame) for frame in range(FRAMES)}
    save_body_parameters(root, poses, dict.fromkeys(poses, "train"), body.name, body.content_hash)
    height = body.v_template[:, 1]
    shade = 0.45 + 0.15 * torch.sin(40.0 * height)[:, None]
    albedo = shade * torch.tensor([1.0, 0.8, 0.6])
    for frame, pose in poses.items():
        vertices = pose_body(body, pose).vertices
        normals = vertex_normals(vertices, body.faces)
        dressed = vertices + CLOTHES_M * normals
        radiance = albedo * (0.7 + 0.2 * (normals @ TOWARD_LIGHT).clamp(min=0.0))[:, None]
        for name, camera in seen_by.items():
            save_view(root, name, frame, *photograph(camera, dressed, body.faces, radiance))
    return root


def photograph(camera, vertices, faces, radiance):  # radiance [V, 3] linear -> [H, W, 3] premultiplied, [H, W]
    shown = rasterize(vertices, faces, camera.resized(camera.width * _SAMPLES, camera.height * _SAMPLES))
    is_covered = (shown.face_index >= 0).float()[..., None]
    corners = faces[shown.face_index.clamp(min=0).long()]
    colors = (radiance[corners] * shown.barycentric[..., None]).sum(-2) * is_covered
    both = torch.cat([colors, is_covered], -1).permute(2, 0, 1)[None]
    mean = torch.nn.functional.avg_pool2d(both, _SAMPLES)[0].permute(1, 2, 0)
    return mean[..., :3].contiguous(), mean[..., 3].contiguous()
