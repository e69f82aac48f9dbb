"""The surface point of each texel of the UV square: its face, and barycentric coordinates in that face."""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.body.atlas import face_image, widened
from phynes_core.body.model import BodyModel, cached_per_body

TEXELS = 1024  # per side, as the hash grids' finest level; 2 mm on a body
REACH = 1.5  # largest difference of a weight from 1/3: about a face's width beyond its edges
RIM = 2  # texels around each chart that belong to it, so that bilinear look-ups at its edge read no other chart


@dataclass(frozen=True, eq=False)
class SurfaceTexels:
    """Texels inside a chart or on its rim, ordered by face. On the CPU."""

    index: Tensor  # [T] int64, row * TEXELS + column; row 0 is v = 1
    face: Tensor  # [T] int64, ascending
    barycentric: Tensor  # [T, 3] of the texel's center; sum 1; outside [0, 1] on the rim, in the face's plane
    first: Tensor  # [F + 1] int64: face f has the texels first[f] to first[f + 1]
    face_at: Tensor  # [TEXELS, TEXELS] int32, -1 outside charts and their rims


@cached_per_body
def surface_texels(body: BodyModel) -> SurfaceTexels:
    """The table of a body; half a second the first time. Shared: do not write into it."""
    face_at = face_image(body, TEXELS)
    for _ in range(RIM):
        face_at = widened(face_at)
    index = torch.nonzero(face_at.view(-1) >= 0)[:, 0]
    face, order = face_at.view(-1)[index].long().sort(stable=True)
    index = index[order]
    first = torch.zeros(body.num_faces + 1, dtype=torch.int64)
    first[1:] = torch.bincount(face, minlength=body.num_faces).cumsum(0)
    weights = barycentric_at(body, face, texel_centers(index))
    return SurfaceTexels(index, face, weights, first, face_at)


def texel_centers(index: Tensor, texels: int = TEXELS) -> Tensor:  # [T] -> [T, 2] uv
    """Texel coordinates of texels that are numbered row by row, row 0 at v = 1."""
    column, row = index % texels, index // texels
    return torch.stack([(column + 0.5) / texels, 1.0 - (row + 0.5) / texels], -1)


def barycentric_at(body: BodyModel, face: Tensor, uv: Tensor) -> Tensor:  # [T], [T, 2] -> [T, 3]
    """Weights of the faces' corners at texel coordinates, also beyond the face's edges; a third each where it is flat.

    Far beyond the edge of a narrow face they are moved toward its middle, so that no texel lies far away on the body.
    Their sum is 1 everywhere.
    """
    a, b, c = body.uv[body.uv_faces[face]].cpu().double().unbind(1)
    point = uv.double()

    def cross(first: Tensor, second: Tensor) -> Tensor:
        return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]

    area = cross(b - a, c - a)
    is_flat = area.abs() < 1e-14
    area = torch.where(is_flat, 1.0, area)
    weights = torch.stack([cross(b - point, c - point), cross(c - point, a - point), cross(a - point, b - point)], -1)
    from_middle = torch.where(is_flat[:, None], 0.0, weights / area[:, None] - 1.0 / 3.0)
    from_middle = from_middle * (REACH / from_middle.abs().amax(-1, keepdim=True).clamp(min=REACH))
    return (1.0 / 3.0 + from_middle).float()


def face_of_uv(body: BodyModel, uv: Tensor) -> Tensor:  # [N, 2] -> [N] int64, -1 outside charts and their rims
    """The face at the nearest texel's center."""
    column = (uv[:, 0] * TEXELS).long().clamp(0, TEXELS - 1)
    row = ((1.0 - uv[:, 1]) * TEXELS).long().clamp(0, TEXELS - 1)
    return surface_texels(body).face_at[row, column].long()
