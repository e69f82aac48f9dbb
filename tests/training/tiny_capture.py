"""A capture small enough for tests: the bundled body with known offsets, materials and light, seen by a few cameras."""

import json
from pathlib import Path

import numpy as np
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose
from phynes_core.conventions import latlong_directions, linear_to_srgb
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import write_png
from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

OFFSET_M = 0.015  # everywhere along the normal: a thick garment
AZIMUTHS = {"00": (0.0, "train"), "01": (180.0, "train"), "02": (40.0, "test")}


def known_avatar() -> Avatar:
    """What the pictures show: stripes, one roughness, light from the upper front."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the texture map is no part of the pictures, but tests look at it
        avatar = Avatar.untrained(load_bundled_body(), "tiny")
    avatar.vertex_offsets = lambda pose_vector: torch.full((avatar.body.num_vertices,), OFFSET_M)
    avatar.query_albedo = known_albedo
    avatar.query_roughness = lambda uv, pose: torch.full((len(uv),), 0.6)
    avatar.light.copy_(known_light())
    return avatar.requires_grad_(False)


def known_albedo(uv: torch.Tensor, pose: object) -> torch.Tensor:
    """Soft stripes."""
    stripe = 0.5 + 0.25 * torch.sin(uv[:, 1] * 60.0)
    return torch.stack([stripe, 0.8 * stripe, 0.3 + 0.2 * stripe], -1)


def known_light() -> torch.Tensor:
    """A dim sky, brighter above and in front."""
    directions = latlong_directions(16, 32)
    bright = (directions @ torch.tensor([0.3, 0.7, 0.65])).clamp(min=0.0) ** 4
    return 0.2 + 1.2 * bright[..., None] * torch.tensor([1.0, 0.95, 0.85])


def poses() -> dict[int, Pose]:
    """Two training frames and one of novel motion: arms down by different angles."""
    made = {}
    for number, angle in ((0, 0.9), (4, 0.6), (9, 1.1)):
        body_pose = torch.zeros(23, 3)
        body_pose[15, 2], body_pose[16, 2] = -angle, angle
        made[number] = Pose(body_pose, torch.zeros(3), torch.tensor([0.02 * number, 0.0, 0.0]), torch.zeros(10))
    return made


def cameras(size: int) -> dict[str, Camera]:
    """Front and back for training, one in between to test."""
    target = torch.tensor([0.0, 0.0, 0.0])
    height = load_bundled_body().v_template[:, 1]
    target[1] = (height.max() + height.min()) / 2
    return {name: orbit_camera(target, azimuth, 5.0, 4.2, size, size) for name, (azimuth, _) in AZIMUTHS.items()}


def write_tiny_capture(root: Path, size: int = 64, has_ground_truth: bool = True) -> Path:
    """Write the whole folder in the native layout (docs/dataset.md) and return it."""
    avatar, made, views = known_avatar(), poses(), cameras(size)
    described = {
        name: {
            "intrinsics": view.intrinsics.tolist(), "T_cam_world": view.T_cam_world.tolist(),
            "width": view.width, "height": view.height, "split": AZIMUTHS[name][1],
        }
        for name, view in views.items()
    }  # fmt: skip
    root.mkdir(parents=True, exist_ok=True)
    (root / "cameras.json").write_text(json.dumps({"format": 1, "cameras": described}))
    numbers = list(made)
    np.savez(
        root / "body.npz",
        frames=np.array(numbers),
        betas=np.zeros(10, np.float32),
        global_orient=np.stack([made[n].global_orient.numpy() for n in numbers]),
        body_pose=np.stack([made[n].body_pose.reshape(69).numpy() for n in numbers]),
        transl=np.stack([made[n].transl.numpy() for n in numbers]),
        split=np.array(["train", "train", "novel_pose"]),
        body=np.array(f"{avatar.body.name} {avatar.body.content_hash}"),
    )
    renderer = FrameRenderer()
    for number, pose in made.items():
        for name, view in views.items():
            if number == 9 and AZIMUTHS[name][1] == "train":
                continue
            _write_view(root, renderer, avatar, pose, view, name, number, has_ground_truth)
    if has_ground_truth:
        _write_ground_truth(root, avatar, made)
    return root


def _write_view(root, renderer, avatar, pose, view, name, number, has_ground_truth):
    buffers = frozenset({"radiance", "albedo", "roughness", "normal", "depth", "shading"})
    scene = Scene((PosedAvatar(avatar, pose),), view, Lighting(Environment(avatar.light)))
    shown = renderer.render(scene, RenderOptions(buffers, supersample=2, antialias=True))
    srgb = linear_to_srgb(shown.radiance.clamp(0.0, 1.0)).numpy()
    write_png(root / "images" / name / f"{number:06d}.png", np.round(srgb * 255).astype(np.uint8))
    write_png(root / "masks" / name / f"{number:06d}.png", np.round(shown.mask.numpy() * 255).astype(np.uint8))
    if not has_ground_truth or AZIMUTHS[name][1] != "test":
        return
    truth, file = root / "ground_truth", f"{name}/{number:06d}.exr"
    write_exr(truth / "albedo" / file, (shown.albedo * shown.mask).numpy())
    write_exr(truth / "roughness" / file, (shown.roughness * shown.mask).numpy())
    write_exr(truth / "normal" / file, shown.normal.numpy())
    write_exr(truth / "depth" / file, shown.depth.numpy())
    write_exr(truth / "shading" / "train" / file, (shown.shading * shown.mask).numpy())
    write_exr(truth / "shading" / "flat" / file, (shown.shading * shown.mask).numpy())
    write_exr(truth / "relit" / "flat" / file, shown.radiance.numpy())
    hit = (shown.face_index >= 0).numpy().astype(np.uint8) * 255
    write_png(truth / "center_mask" / name / f"{number:06d}.png", hit)


def _write_ground_truth(root, avatar, made):
    truth = root / "ground_truth"
    (truth / "geometry").mkdir(parents=True, exist_ok=True)
    np.savez(truth / "geometry" / "topology.npz", faces=avatar.body.faces.numpy().astype(np.int32))
    for number, pose in made.items():
        vertices = avatar.displaced_vertices(pose).numpy().astype(np.float32)
        np.savez(truth / "geometry" / f"{number:06d}.npz", vertices=vertices)
    for name in ("train", "flat"):
        write_exr(truth / "lights" / f"{name}.exr", avatar.light.numpy())
