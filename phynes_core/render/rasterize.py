"""Which face each pixel sees, where on it, and how far away.

Specification: pixel centers lie at + 0.5; corners snap to a grid of 2^-14 pixel; a center on an edge belongs to the
face that the top-left rule names, so that faces that share an edge cover each pixel exactly once. Both sides of a face
are drawn. The nearest face wins, at equal depth the one with the lower index. What lies nearer than NEAR_M is cut off.
Nothing here is differentiable.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.kernels.mesh_interfaces import PinholeCamera
from phynes_core.kernels.registry import RASTERIZE
from phynes_core.render.camera import Camera

NEAR_M = 0.01  # camera z
SNAP = 2.0**14  # grid steps per pixel: edge functions of corners within 4096 px stay exact in float64
_TILE = 32  # pixels a side of what the reference draws at once


@dataclass(frozen=True)
class Fragments:
    """One entry a pixel."""

    face_index: Tensor  # [H, W] int32, -1 = background
    barycentric: Tensor  # [H, W, 3] perspective correct, in [0, 1]; background 0
    depth: Tensor  # [H, W] camera z, metres; background 0


def rasterize(
    vertices: Tensor,  # [V, 3] world, metres
    faces: Tensor,  # [F, 3] any integer type
    camera: Camera,
    backend: str = "auto",  # or "numba", "warp", "pytorch3d", "reference"
) -> Fragments:
    """The face that the ray through each pixel's center meets first."""
    check_tensor("vertices", vertices, ["V", 3])
    check_tensor("faces", faces, ["F", 3])
    homogeneous = camera.to_camera(vertices.detach()) @ camera.intrinsics.T.to(vertices.device)  # x_px z, y_px z, z
    if not torch.isfinite(homogeneous).all():
        raise ValueError("vertices: expected finite coordinates, got NaN or infinity")
    run = RASTERIZE.implementation(backend, vertices.device.type)
    return Fragments(*run(vertices, faces, homogeneous, camera, near_m=NEAR_M, snap=SNAP))


def rasterize_reference(
    vertices: Tensor, faces: Tensor, homogeneous: Tensor, camera: PinholeCamera, near_m: float, snap: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The specification of the interface Rasterize: every face against every pixel of a tile."""
    width, height = camera.width, camera.height
    corners = homogeneous.double()[faces.long()]  # [F, 3 corners, 3]
    device = homogeneous.device
    face_index = torch.full((height, width), -1, dtype=torch.int32, device=device)
    barycentric, depth = torch.zeros(height, width, 3, device=device), torch.zeros(height, width, device=device)
    in_front = corners[..., 2] >= near_m
    whole, crossing = in_front.all(1), in_front.any(1) & ~in_front.all(1)
    screen = torch.where(whole[:, None, None], corners[..., :2] / corners[..., 2:], 0.0)
    screen = torch.floor(screen * snap + 0.5) / snap
    low, high = screen.amin(1), screen.amax(1)  # [F, 2]
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            bottom, right = min(top + _TILE, height), min(left + _TILE, width)
            overlaps = (high[:, 0] >= left) & (low[:, 0] <= right) & (high[:, 1] >= top) & (low[:, 1] <= bottom)
            drawn = torch.nonzero((whole & overlaps) | crossing).squeeze(1)
            if len(drawn) == 0:
                continue
            rows, columns = (torch.arange(*ends, device=device) for ends in ((top, bottom), (left, right)))
            y, x = torch.meshgrid(rows + 0.5, columns + 0.5, indexing="ij")
            pixels = torch.stack([x, y], -1).reshape(-1, 2).double()
            nearness = _covered_nearness(screen[drawn], 1.0 / corners[drawn, :, 2], pixels)
            cut = torch.nonzero(crossing[drawn]).squeeze(1)
            nearness[cut] = _crossing_nearness(corners[drawn[cut]], pixels, near_m)
            pixel = torch.nonzero(nearness.amax(0) > 0).squeeze(1)
            face = drawn[nearness[:, pixel].argmax(0)]  # the first of equals
            weights, inverse = _plane_weights(corners[face], pixels[pixel])
            weights = weights.clamp(min=0.0)
            flat = pixels[pixel, 1].long() * width + pixels[pixel, 0].long()
            face_index.view(-1)[flat] = face.int()
            barycentric.view(-1, 3)[flat] = (weights / weights.sum(-1, keepdim=True)).float()
            depth.view(-1)[flat] = (1.0 / inverse).float()
    return face_index, barycentric, depth


def _covered_nearness(
    screen: Tensor, inverse_z: Tensor, pixels: Tensor
) -> Tensor:  # [F, 3, 2], [F, 3], [N, 2] -> [F, N]
    """1 / z (float32) where a face before the near plane covers a pixel, else 0."""
    ab, ac = screen[:, 1] - screen[:, 0], screen[:, 2] - screen[:, 0]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    orders = torch.tensor([[0, 2, 1], [0, 1, 2]], device=area.device)
    order = torch.where(area[:, None] < 0, orders[0], orders[1])  # turn back faces around
    screen, inverse_z = screen.gather(1, order[..., None].expand(-1, -1, 2)), inverse_z.gather(1, order)
    covers = (area != 0)[:, None].expand(-1, len(pixels))
    total = torch.zeros(len(screen), len(pixels), dtype=torch.float64, device=screen.device)
    for corner in range(3):
        start, end = screen[:, (corner + 1) % 3, None], screen[:, (corner + 2) % 3, None]  # the edge facing the corner
        step = end - start
        edge = step[..., 0] * (pixels[:, 1] - start[..., 1]) - step[..., 1] * (pixels[:, 0] - start[..., 0])
        owns = (step[..., 1] < 0) | ((step[..., 1] == 0) & (step[..., 0] > 0))  # top-left rule, y down
        covers = covers & ((edge > 0) | ((edge == 0) & owns))
        total = total + edge * inverse_z[:, corner, None]
    return torch.where(covers, total / area.abs()[:, None], 0.0).float()


def _crossing_nearness(corners: Tensor, pixels: Tensor, near_m: float) -> Tensor:  # [F, 3, 3], [N, 2] -> [F, N]
    """1 / z (float32) where the ray of a pixel meets a face beyond the near plane, else 0."""
    weights, inverse = _plane_weights(corners[:, None], pixels)
    meets = (weights >= 0).all(-1) & (inverse > 0) & (inverse <= 1.0 / near_m)
    return torch.where(meets, inverse, 0.0).float()


def _plane_weights(corners: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:  # [..., 3, 3], [..., 2]
    """Barycentric coordinates [..., 3] and 1 / z [...] where a pixel's ray meets the plane of a face.

    z (x, y, 1) = sum_k w_k h_k: the weights are triple products (x, y, 1) . (h_i x h_j), up to their sum.
    """
    a, b, c = (corners[..., :2] - pixels[..., None, :] * corners[..., 2:]).unbind(-2)  # the pixel at the origin
    weights = torch.stack([_cross(b, c), _cross(c, a), _cross(a, b)], -1)
    weights = weights / weights.sum(-1, keepdim=True)
    return weights, 1.0 / (weights * corners[..., 2]).sum(-1)


def _cross(left: Tensor, right: Tensor) -> Tensor:  # [..., 2], [..., 2] -> [...]
    return left[..., 0] * right[..., 1] - left[..., 1] * right[..., 0]
