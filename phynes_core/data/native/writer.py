"""Write our own capture layout (docs/dataset.md), each file atomically: a stopped run can be continued."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import MAX_BETAS, Pose
from phynes_core.conventions import linear_to_srgb
from phynes_core.data.capture import ColorGain
from phynes_core.data.native import layout
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import replacing
from phynes_core.render.camera import Camera


def save_cameras(
    root: Path,
    cameras: Mapping[str, Camera],
    camera_split: Mapping[str, str],  # "train" or "test"
    is_premultiplied: bool = True,  # whether the pictures' background is black already
) -> None:
    """cameras.json."""
    entries = {
        name: {
            "intrinsics": camera.intrinsics.tolist(),
            "T_cam_world": camera.T_cam_world.tolist(),
            "width": camera.width,
            "height": camera.height,
            "split": camera_split[name],
        }
        for name, camera in cameras.items()
    }
    content = {"format": layout.FORMAT, **({} if is_premultiplied else {"premultiplied": False}), "cameras": entries}
    with replacing(root / layout.CAMERAS) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")


def save_body_parameters(
    root: Path,
    poses: Mapping[int, Pose],  # by frame; all with the betas of the first
    frame_split: Mapping[int, str],  # "train" or "novel_pose"
    body_name: str,
    body_hash: str = "",  # BodyModel.content_hash
) -> None:
    """body.npz."""
    frames = sorted(poses)
    betas = np.zeros(MAX_BETAS, np.float32)
    first = poses[frames[0]].betas
    betas[: len(first)] = first.numpy()
    with replacing(root / layout.BODY) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file,
            frames=np.array(frames, np.int64),
            betas=betas,
            global_orient=torch.stack([poses[frame].global_orient for frame in frames]).numpy(),
            body_pose=torch.stack([poses[frame].body_pose.reshape(-1) for frame in frames]).numpy(),
            transl=torch.stack([poses[frame].transl for frame in frames]).numpy(),
            split=np.array([frame_split[frame] for frame in frames]),
            body=np.array(f"{body_name}:{body_hash}" if body_hash else body_name),
        )


def save_view(
    root: Path,
    camera: str,
    frame: int,
    radiance: Tensor,  # [H, W, 3] linear, premultiplied by coverage
    coverage: Tensor,  # [H, W] in [0, 1]
) -> None:
    """The mask, then the image, clipped to [0, 1]: a view whose image exists is complete."""
    write_png(layout.mask_path(root, camera, frame), to_bytes(coverage))
    write_png(layout.image_path(root, camera, frame), to_bytes(linear_to_srgb(radiance.clamp(0.0, 1.0))))


def save_buffer(
    root: Path,
    buffer: str,  # albedo, roughness, normal, depth, relit or shading
    camera: str,
    frame: int,
    image: Tensor,  # [H, W, C] linear
    light: str | None = None,  # for relit and shading
) -> None:
    """One ground-truth picture; depth in float32, the others in half precision."""
    write_exr(layout.buffer_path(root, buffer, camera, frame, light), image.numpy(), half=buffer != "depth")


def save_center_mask(root: Path, camera: str, frame: int, is_hit: Tensor) -> None:  # [H, W] bool
    """Which pixel centers hit the subject."""
    write_png(layout.center_mask_path(root, camera, frame), is_hit.numpy().astype(np.uint8) * 255)


def save_light(root: Path, light: str, image: Tensor) -> None:  # [h, w, 3] linear, lat-long, world axes
    """The environment that was used; "train" for the training images' one."""
    write_exr(layout.light_path(root, light), image.numpy())


def save_geometry(root: Path, frame: int, vertices: Tensor) -> None:  # [Vd, 3] metres, world
    """The true surface in one frame."""
    with replacing(layout.geometry_path(root, frame)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, vertices=vertices.numpy().astype(np.float32))


def save_topology(root: Path, faces: Tensor, outer: Tensor | None = None) -> None:  # [Fd, 3], [Fd] bool
    """The true surface's triangles, and which of them can be seen from outside; all of them unless told."""
    seen = np.ones(len(faces), bool) if outer is None else outer.numpy()
    with replacing(layout.topology_path(root)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, faces=faces.numpy().astype(np.int32), outer=seen)


def save_color_gains(root: Path, color_gains: Mapping[str, ColorGain]) -> None:
    """ground_truth/colors.json: how each camera's linear colors were altered."""
    cameras = {
        name: {"gain": entry.gain.tolist(), "offset": entry.offset.tolist()} for name, entry in color_gains.items()
    }
    with replacing(layout.true_path(root, layout.COLORS)) as temporary:
        temporary.write_text(json.dumps({"format": layout.FORMAT, "cameras": cameras}, indent=1), encoding="utf-8")


def to_bytes(image: Tensor) -> np.ndarray:  # any shape, [0, 1] -> uint8
    """Clip and round to 8 bits."""
    return torch.round(image.clamp(0.0, 1.0) * 255.0).to(torch.uint8).numpy()
