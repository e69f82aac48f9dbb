"""Texture projection, the simplest rival: each texel's mean color over the training pictures that show it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import BodyModel
from phynes_core.conventions import srgb_to_linear
from phynes_core.data.capture import Capture
from phynes_core.evaluation.metrics.masks import eroded
from phynes_core.evaluation.options import spread
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize
from phynes_core.render.visibility import OFFSET_M, Occluder

MIN_COSINE = 0.2  # at grazing angles one pixel covers many texels


@dataclass(frozen=True)
class _Texels:
    """The texels that lie in a chart."""

    index: Tensor  # [N] row * R + column
    corners: Tensor  # [N, 3] vertices
    barycentric: Tensor  # [N, 3]

    def interpolate(self, values: Tensor) -> Tensor:  # [V, C] -> [N, C]
        return (values[self.corners] * self.barycentric[..., None]).sum(1)


@torch.no_grad()
def gather_texture(
    avatar: Avatar,
    capture: Capture,
    resolution: int = 1024,  # texels a side
    max_pictures: int = 48,  # spread over the training pictures
) -> Tensor:  # [R, R, 3] linear, row 0 at v = 1
    """Mean linear color, weighted by the cosine of the view; unseen texels are filled from those around them."""
    texels = _texels(avatar.body, resolution)
    frames = [frame for frame in capture.frames if capture.frame_split[frame] == "train"]
    cameras = [name for name, split in capture.camera_split.items() if split == "train"]
    frames = spread(frames, max(1, max_pictures // max(len(cameras), 1)))
    total, weights = torch.zeros(len(texels.index), 3), torch.zeros(len(texels.index), 1)
    for frame in frames:
        vertices = avatar.displaced_vertices(capture.poses[frame])
        points = texels.interpolate(vertices)
        normals = vertex_normals(vertices, avatar.body.faces)
        normals = torch.nn.functional.normalize(texels.interpolate(normals), dim=-1)
        occluder = Occluder(vertices, avatar.body.faces)
        for name in cameras:
            if capture.has_image(name, frame):
                camera = capture.cameras[name]
                image, mask = srgb_to_linear(capture.image(name, frame)), eroded(capture.mask(name, frame))
                color, weight = _projected(points, normals, camera, image, mask, occluder)
                total += weight * color
                weights += weight
    image, known = torch.zeros(resolution**2, 3), torch.zeros(resolution**2, 1)
    image[texels.index], known[texels.index] = total, weights
    return _filled(image.view(resolution, resolution, 3), known.view(resolution, resolution, 1))


def _texels(body: BodyModel, resolution: int) -> _Texels:
    """Rasterize the atlas with a camera that faces it."""
    across = torch.stack([body.uv[:, 0], 1.0 - body.uv[:, 1], torch.ones(len(body.uv))], -1)
    intrinsics = torch.diag(torch.tensor([float(resolution), float(resolution), 1.0]))
    seen = rasterize(across, body.uv_faces, Camera(intrinsics, torch.eye(4), resolution, resolution))
    face = seen.face_index.reshape(-1).long()
    index = torch.nonzero(face >= 0).squeeze(1)
    return _Texels(index, body.faces[face[index]].long(), seen.barycentric.reshape(-1, 3)[index])


def _projected(
    points: Tensor,  # [N, 3] world
    normals: Tensor,  # [N, 3] unit
    camera: Camera,
    image: Tensor,  # [H, W, 3] linear
    mask: Tensor,  # [H, W] bool: wholly the person
    occluder: Occluder,
) -> tuple[Tensor, Tensor]:  # color [N, 3], weight [N, 1]
    toward = torch.nn.functional.normalize(camera.center - points, dim=-1)
    cosine = (normals * toward).sum(-1)
    screen = camera.project(points)
    grid = screen[:, :2] / torch.tensor([camera.width, camera.height]) * 2.0 - 1.0
    usable = (cosine > MIN_COSINE) & (screen[:, 2] > 0) & (grid.abs() < 1).all(-1)
    rows = torch.nonzero(usable).squeeze(1)
    layers = torch.cat([image, mask[..., None].float()], -1).permute(2, 0, 1)[None]
    sampled = torch.nn.functional.grid_sample(layers, grid[rows][None, None], align_corners=False)[0, :, 0].T
    is_open = ~occluder.is_blocked(points[rows] + OFFSET_M * normals[rows], toward[rows])
    color, weight = torch.zeros(len(points), 3), torch.zeros(len(points), 1)
    color[rows] = sampled[:, :3]
    weight[rows, 0] = torch.where(is_open & (sampled[:, 3] > 0.99), cosine[rows], 0.0)
    return color, weight


def _filled(total: Tensor, weight: Tensor) -> Tensor:  # [R, R, 3] weighted sums, [R, R, 1] -> [R, R, 3] means
    """Means; unknown texels take the mean of the smallest known square around them (pull-push)."""
    if min(total.shape[:2]) == 1:
        return total / weight.clamp(min=1e-12)

    def halved(image: Tensor) -> Tensor:
        return torch.nn.functional.avg_pool2d(image.permute(2, 0, 1)[None], 2)[0].permute(1, 2, 0)

    coarse = _filled(halved(total), halved(weight))
    up = torch.nn.functional.interpolate(
        coarse.permute(2, 0, 1)[None], total.shape[:2], mode="bilinear", align_corners=False
    )[0].permute(1, 2, 0)
    return torch.where(weight > 1e-6, total / weight.clamp(min=1e-6), up)
