"""Pictures of an inspection: outlines over what a camera saw, and numbers on the body's surface."""

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.texels import TEXELS, surface_texels
from phynes_core.evaluation.inspection.moments import View
from phynes_core.evaluation.inspection.silhouettes import outline
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import orbit_camera
from phynes_core.render.rasterize import rasterize

BODY_COLOR, MASK_COLOR, OUTSIDE_COLOR = (255, 160, 0), (0, 200, 255), (255, 0, 60)
LEGEND = "Orange: the bare body's outline. Blue: the mask's. Red: the bare body outside the mask."
_BACKGROUND = 60  # behind the person, whose picture is black there
_SHOWN_PX = 420  # rows of a shown picture
_MARGIN = 0.12  # around the person, of its size
_UV_PX = 512
_BODY_PX = 420


def overlay(view: View) -> np.ndarray:  # [h, w, 3] uint8
    """The picture around the person and the body, with both outlines."""
    window = _around(view.inside | view.body)
    picture = view.image.astype(np.float32) + (255 - view.coverage[..., None]) / 255.0 * _BACKGROUND
    outside = view.body & ~view.inside
    picture[outside] = 0.35 * picture[outside] + 0.65 * np.array(OUTSIDE_COLOR)
    picture = _resampled(picture[window]).clip(0, 255).astype(np.uint8)
    for silhouette, color in ((view.inside, MASK_COLOR), (view.body, BODY_COLOR)):
        large = _resampled(silhouette[window][..., None].astype(np.float32))[..., 0] > 0.5
        picture[outline(large)] = color
    return picture


def on_the_body(body: BodyModel, pose: Pose, colors: Tensor) -> np.ndarray:  # [V, 3] in [0, 1] -> [H, 2 W, 3] uint8
    """Front and back of the body in a pose, with a color for each vertex."""
    vertices = pose_body(body, pose).vertices
    normals = vertex_normals(vertices, body.faces)
    low, high = vertices.amin(0), vertices.amax(0)
    middle, tall = (low + high) / 2, float((high - low).amax())
    sides = []
    for azimuth in (0.0, 180.0):
        camera = orbit_camera(middle, azimuth, 0.0, 4.0 * tall, _BODY_PX, _BODY_PX, fov_deg=15.5)
        shown = rasterize(vertices, body.faces, camera)
        is_body = shown.face_index >= 0
        corners = body.faces[shown.face_index.clamp(min=0).long()]
        weights = shown.barycentric[..., None]
        color = (colors[corners] * weights).sum(-2)
        normal = torch.nn.functional.normalize((normals[corners] * weights).sum(-2), dim=-1)
        toward = (normal * torch.nn.functional.normalize(camera.center - middle, dim=0)).sum(-1).clamp(0.0, 1.0)
        sides.append(torch.where(is_body[..., None], color * (0.45 + 0.55 * toward[..., None]), 0.96))
    return _bytes(torch.cat(sides, 1))


def on_the_uv_square(body: BodyModel, colors: Tensor) -> np.ndarray:  # [V, 3] in [0, 1] -> [H, W, 3] uint8
    """The UV square, v up, with a color for each vertex."""
    texels = surface_texels(body)
    image = torch.full((TEXELS * TEXELS, 3), 0.96)
    corners = body.faces[texels.face]
    image[texels.index] = (colors[corners] * texels.barycentric[..., None]).sum(1).clamp(0.0, 1.0)
    pooled = torch.nn.functional.avg_pool2d(image.view(1, TEXELS, TEXELS, 3).permute(0, 3, 1, 2), TEXELS // _UV_PX)
    return _bytes(pooled[0].permute(1, 2, 0))


def _resampled(image: np.ndarray) -> np.ndarray:  # [h, w, C] float32 -> [_SHOWN_PX, W, C]
    """Bilinear, to the rows of a shown picture."""
    size = _SHOWN_PX, max(1, round(image.shape[1] * _SHOWN_PX / image.shape[0]))
    channels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]
    shrinks = image.shape[0] > _SHOWN_PX
    large = torch.nn.functional.interpolate(channels, size, mode="bilinear", align_corners=False, antialias=shrinks)
    return large[0].permute(1, 2, 0).numpy()


def _around(shape: np.ndarray) -> tuple[slice, slice]:
    """The rectangle around a silhouette with a margin; the whole picture when it is empty."""
    rows, columns = np.nonzero(shape.any(1))[0], np.nonzero(shape.any(0))[0]
    if len(rows) == 0:
        return slice(None), slice(None)
    margin = int(_MARGIN * max(rows[-1] - rows[0], columns[-1] - columns[0])) + 2
    return (slice(max(rows[0] - margin, 0), rows[-1] + margin + 1),
            slice(max(columns[0] - margin, 0), columns[-1] + margin + 1))  # fmt: skip


def _bytes(image: Tensor) -> np.ndarray:
    return (image.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).numpy()
