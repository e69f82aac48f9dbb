"""Comparison strips while training: what a camera saw beside what the avatar shows."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.conventions import linear_to_srgb
from phynes_core.data.capture import Capture
from phynes_core.data.held_out import is_judged_by_test_cameras, judging_cameras
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.image_files import write_png
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment
from phynes_core.training.stage import TrainingStage

ERROR_GAIN = 3.0  # the error picture shows three times the difference


@torch.no_grad()
def write_pictures(folder: Path, capture: Capture, avatar: Avatar, stage: TrainingStage, step: int) -> tuple[Path, str]:
    """Write stage<S>_<step>.png, a row for a held-out and a training view; returns it and a line with their PSNR.

    A row: the camera's picture, the avatar's, the error, and what else the stage shows.
    """
    device = avatar.light.device
    avatar.cpu()
    rows, scores = [], []
    for kind, camera, frame in _chosen_views(capture):
        seen = capture.image(camera, frame)
        panels = stage.panels(_scene(capture, avatar, camera, frame))
        mask = capture.mask(camera, frame) > 0.99
        error = (panels[0] - seen).square()
        scores.append(f"{kind} {_psnr(error):.2f} dB, foreground {_psnr(error[mask]):.2f} dB")
        shown_error = (ERROR_GAIN * (panels[0] - seen).abs()).clamp(max=1.0)
        rows.append(torch.cat([seen, panels[0], shown_error, *panels[1:]], 1))
    avatar.to(device)
    height = min(row.shape[0] for row in rows)
    picture = torch.cat([row[:height] for row in rows])
    path = folder / f"{stage.name}_{step:06d}.png"
    write_png(path, np.round(picture.clamp(0.0, 1.0).numpy() * 255.0).astype(np.uint8))
    return path, f"stage {stage.number}, step {step}: " + "; ".join(scores)


def texture_panels(scene: Scene) -> list[Tensor]:
    """The texture map on the mesh of a single avatar."""
    shown = FrameRenderer().render(scene, RenderOptions(frozenset({"uv"})))
    covered = shown.mask[..., 0] > 0
    image = torch.zeros(*covered.shape, 3)
    posed = scene.avatars[0]
    image[covered] = posed.avatar.query_texture(shown.image("uv")[covered], posed.pose.vector())
    return [image]


def material_panels(scene: Scene) -> list[Tensor]:
    """Relit, albedo, roughness, visibility."""
    options = RenderOptions(frozenset({"radiance", "albedo", "roughness", "visibility"}))
    shown = FrameRenderer().render(scene, options)
    roughness, visibility = shown.image("roughness").expand(-1, -1, 3), shown.image("visibility").expand(-1, -1, 3)
    return [
        linear_to_srgb(shown.image("radiance").clamp(0.0, 1.0)),
        linear_to_srgb(shown.image("albedo")),
        roughness,
        visibility,
    ]


def _chosen_views(capture: Capture) -> list[tuple[str, str, int]]:
    """A held-out and a training view of the middle training frame that has them, or of the middle held-out frame."""
    train = [name for name, split in capture.camera_split.items() if split == "train"]
    held_out = "train" if is_judged_by_test_cameras(capture) else "novel_pose"
    wanted = (("held-out", judging_cameras(capture, held_out), held_out), ("training", train, "train"))
    chosen = []
    for kind, cameras, frame_split in wanted:
        frames = [number for number in capture.frames if capture.frame_split[number] == frame_split]
        frames = frames[len(frames) // 2 :] + frames[: len(frames) // 2]
        pairs = [(name, number) for number in frames for name in cameras if capture.has_image(name, number)]
        chosen += [(kind, *pairs[0])] if pairs else []
    return chosen


def _scene(capture: Capture, avatar: Avatar, camera: str, frame: int) -> Scene:
    lighting = Lighting(Environment(avatar.light), ())
    return Scene((PosedAvatar(avatar, capture.poses[frame]),), capture.cameras[camera], lighting)


def _psnr(squared_error: Tensor) -> float:
    return float(-10.0 * torch.log10(squared_error.mean().clamp(min=1e-12)))
