"""Where shadow rays start on a mesh that folds into itself, so that they start outside of it.

Displaced bodies overlap at mouth corners, eyes, between toes and wherever limbs touch. Two kinds of rays would start
inside and find every direction blocked, which shows as black specks on the visible surface beside them:

* those of a vertex that lies inside the mesh, whose bits are interpolated over what is seen of its triangles. It takes
  the rays of the nearest vertex outside that an edge joins it to, as bakers of light maps fill texels that see back
  faces from their neighbors (likewise Majercik et al. 2019 leave out probes inside geometry);
* those that start OFFSET_M above a surface of which another part is nearer than that. They start half way to it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.conventions import SKIN_SHARE
from phynes_core.geometry.mesh import face_cross_products

OFFSET_M = 2e-3  # rays start this far along the normal: above the rounding of float32 rays, below gaps between limbs
SKIN_M = SKIN_SHARE * OFFSET_M  # where what stands over a point is looked for

# (origins [N, 3], directions [N, 3], reach in lengths of the direction) -> distance [N], inf: none; face [N], -1: none
NearestHits = Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class RayStarts:
    """Points on a surface, and how far over them rays start."""

    points: Tensor  # [N, 3] world
    normals: Tensor  # [N, 3] unit, world: below them no direction is open
    offset_m: Tensor  # [N] along the normals

    def of(self, rows: Tensor) -> "RayStarts":  # [M] int64
        """These rows alone."""
        return RayStarts(self.points[rows], self.normals[rows], self.offset_m[rows])

    @staticmethod
    def over(points: Tensor, normals: Tensor) -> "RayStarts":
        """OFFSET_M over each point."""
        return RayStarts(points, normals, torch.full_like(points[:, 0], OFFSET_M))


def gaps(
    points: Tensor,  # [N, 3] world, on the surface
    normals: Tensor,  # [N, 3] unit
    nearest_hits: NearestHits,
) -> Tensor:  # [N] metres along the normal to what stands less than OFFSET_M over the point; inf where nothing does
    """The room over points: rays that start beyond it would start inside."""
    distance, _ = nearest_hits(points + SKIN_M * normals, normals, OFFSET_M - SKIN_M)
    return SKIN_M + distance


def vertex_starts(
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    normals: Tensor,  # [V, 3] unit
    nearest_hits: NearestHits,  # of this mesh
) -> RayStarts:
    """For each vertex; those inside the mesh have the point and the normal of a neighbor outside, where there is one.

    A vertex is inside when what stands over it is the back of a face, farther than rays start. No shape depends on a
    value where the mesh is on a device, so that a CUDA graph can hold it.
    """
    distance, face = nearest_hits(vertices + SKIN_M * normals, normals, math.inf)
    under = _picked(face >= 0)
    gap = SKIN_M + distance[under]
    toward = face_cross_products(vertices, faces[face[under].clamp(min=0)])
    is_back = (face[under] >= 0) & ((toward * normals[under]).sum(-1) > 0)
    starts = RayStarts.over(vertices, normals)
    offset_m = starts.offset_m.index_put((under,), torch.where(is_back | (gap >= OFFSET_M), OFFSET_M, 0.5 * gap))
    is_inside = torch.zeros_like(face, dtype=torch.bool).index_put((under,), is_back & (gap >= OFFSET_M))
    row = _nearest_outside(vertices, faces, is_inside)
    moved = _picked(row != torch.arange(len(row), device=row.device))
    return RayStarts(
        vertices.index_put((moved,), vertices[row[moved]]),
        normals.index_put((moved,), normals[row[moved]]),
        offset_m.index_put((moved,), offset_m[row[moved]]),
    )


def _picked(chosen: Tensor) -> Tensor:  # [N] bool -> [M] int64
    """These rows; all of them on a device, where picking some would wait for it."""
    if chosen.device.type == "cpu":
        return torch.nonzero(chosen).squeeze(1)
    return torch.arange(len(chosen), device=chosen.device)


def _nearest_outside(vertices: Tensor, faces: Tensor, is_inside: Tensor) -> Tensor:  # [V] bool -> [V] int64
    """The row itself, or for a vertex inside the mesh the nearest outside at the other end of an edge of it."""
    faces = faces[_picked(is_inside[faces].any(1))]
    num_vertices = vertices.shape[0]
    start = torch.cat([faces, faces], 1).reshape(-1).long()  # both ends of the three edges of each face
    end = torch.cat([faces.roll(-1, 1), faces.roll(1, 1)], 1).reshape(-1).long()
    is_way_out = is_inside[start] & ~is_inside[end]
    length = torch.where(is_way_out, (vertices[start] - vertices[end]).square().sum(-1), torch.inf)
    shortest = torch.full_like(vertices[:, 0], torch.inf).scatter_reduce(0, start, length, "amin")
    chosen = torch.where(is_way_out & (length == shortest[start]), end, num_vertices)
    own = torch.arange(num_vertices, device=vertices.device)
    outside = torch.full_like(own, num_vertices).scatter_reduce(0, start, chosen, "amin")
    return torch.where(outside < num_vertices, outside, own)
