"""The floor's part of a frame, computed on the host, whatever computes the bodies."""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from phynes_core.frame.buffers import FrameBuffers
from phynes_core.frame.options import FINE, RenderOptions
from phynes_core.frame.scene import Scene, SceneMesh
from phynes_core.render.camera import Camera
from phynes_core.render.ground import Ground, mirrored_camera
from phynes_core.render.visibility import Occluder


def mirrored_view(scene: Scene, options: RenderOptions) -> tuple[Scene, RenderOptions] | None:
    """The view that the floor mirrors, and how finely; None where it mirrors nothing."""
    ground, camera = scene.ground, scene.camera
    if ground is None or ground.reflection <= 0.0 or float(camera.center[1]) <= ground.height_m:
        return None
    factor = 1 if options.ground_grids == FINE else 2  # nobody sees the pixels of a faint image that moves
    seen = mirrored_camera(camera, ground).resized(-(-camera.width // factor), -(-camera.height // factor))
    return replace(scene, camera=seen, ground=None), replace(
        options, buffers=frozenset({"radiance", "position", "mask"}), supersample=1, has_vertex_sources=True,
        lamp_samples=min(options.lamp_samples, 4), exact_visibility=False, use_cache=True,
    )  # fmt: skip


def host_occluder(mesh: SceneMesh, occluder: Occluder | None = None) -> Occluder:
    """The bodies' occluder where it lies on the host, else one that does."""
    if occluder is not None and mesh.vertices.device.type == "cpu":
        return occluder
    host = mesh.cpu()
    return Occluder(host.vertices, host.faces)


class MirrorImage(NamedTuple):
    """What the floor mirrors."""

    radiance: Tensor  # [H, W, 4] premultiplied, and coverage
    height: Tensor  # [H, W, 1] metres above the floor


def mirror_image(frame: FrameBuffers, camera: Camera, ground: Ground) -> MirrorImage:
    """What the mirrored view shows, in the picture's size."""
    frame = frame.cpu()
    image = torch.cat([frame.image("radiance"), frame.mask, frame.image("position")[..., 1:2] - ground.height_m], -1)
    if image.shape[:2] != (camera.height, camera.width):
        # coverage in the depth too: heights of empty pixels must not dilute those of the rim
        image = torch.cat([image[..., :4], image[..., 4:] * frame.mask], -1)
        image = interpolate(
            image.permute(2, 0, 1)[None], (camera.height, camera.width), mode="bilinear", align_corners=False
        )[0].permute(1, 2, 0)  # fmt: skip
        image = torch.cat([image[..., :4], image[..., 4:] / image[..., 3:4].clamp(min=1e-3)], -1)
    return MirrorImage(image[..., :4], image[..., 4:])
