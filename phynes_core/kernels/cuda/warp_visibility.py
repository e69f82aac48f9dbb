"""Visibility by Warp's rays: which of L directions are open at surface points, and what single rays meet.

One thread a ray, not a word of 32: rays end after very different times, and a GPU hides that only with many of them.
"""

# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportAssignmentType=false
# pyright: reportAttributeAccessIssue=false
# Warp says the type of an array by a call.

import torch
import warp
from torch import Tensor

from phynes_core.conventions import SKIN_SHARE
from phynes_core.kernels.cuda.warp_compiler import numbers, torch_stream, vectors
from phynes_core.kernels.cuda.warp_rays import RayMesh

warp.set_module_options({"enable_backward": False})

FARTHEST = 1e30  # in lengths of a ray's direction


@warp.kernel
def set_open_bits(
    mesh: warp.uint64,
    points: warp.array(dtype=warp.vec3),
    normals: warp.array(dtype=warp.vec3),
    directions: warp.array(dtype=warp.vec3),
    offsets: warp.array(dtype=float),
    below: float,
    count: warp.array(dtype=int),
    bits: warp.array2d(dtype=int),
):
    """One thread a point and direction, of points whose offset is below a limit; their bits start as 0."""
    point, light = warp.tid()
    if point >= count[0]:
        return
    offset = offsets[point]
    if offset >= below:
        return
    normal, direction = normals[point], directions[light]
    if warp.dot(normal, direction) <= 0.0:
        return
    if not warp.mesh_query_ray_anyhit(mesh, points[point] + normal * offset, direction, FARTHEST):
        warp.atomic_or(bits, point, light // 32, 1 << (light % 32))


@warp.kernel
def cast_any_hit(
    mesh: warp.uint64,
    origins: warp.array(dtype=warp.vec3),
    directions: warp.array(dtype=warp.vec3),
    reach: float,
    hit: warp.array(dtype=int),
):
    """One thread a ray."""
    ray = warp.tid()
    hit[ray] = int(warp.mesh_query_ray_anyhit(mesh, origins[ray], directions[ray], reach))


@warp.kernel
def shorten_blocked(
    mesh: warp.uint64,
    points: warp.array(dtype=warp.vec3),
    normals: warp.array(dtype=warp.vec3),
    skin: float,
    count: warp.array(dtype=int),
    bits: warp.array2d(dtype=int),
    offsets: warp.array(dtype=float),
):
    """One thread a point: where every bit is 0 and something stands nearer than the offset, start half way to it."""
    point = warp.tid()
    if point >= count[0]:
        return
    for word in range(bits.shape[1]):
        if bits[point, word] != 0:
            return
    normal = normals[point]
    hit = warp.mesh_query_ray(mesh, points[point] + normal * skin, normal, offsets[point] - skin)
    if hit.result:
        offsets[point] = 0.5 * (skin + hit.t)


@warp.kernel
def find_nearest_hits(
    mesh: warp.uint64,
    origins: warp.array(dtype=warp.vec3),
    directions: warp.array(dtype=warp.vec3),
    reach: float,
    distance: warp.array(dtype=float),
    face: warp.array(dtype=int),
):
    """One thread a ray."""
    ray = warp.tid()
    hit = warp.mesh_query_ray(mesh, origins[ray], directions[ray], reach)
    if hit.result:
        distance[ray] = hit.t
        face[ray] = hit.face
    else:
        distance[ray] = warp.INF
        face[ray] = -1


def nearest_hits(
    mesh: RayMesh,
    origins: Tensor,  # [N, 3] m
    directions: Tensor,  # [N, 3]
    reach: float,  # how far rays go, in lengths of their direction
) -> tuple[Tensor, Tensor]:
    """Distance [N] to the nearest face in lengths of the direction, inf: none; face [N] int32, -1: none."""
    distance = torch.empty(origins.shape[0], dtype=torch.float32, device=mesh.device)
    face = torch.empty(origins.shape[0], dtype=torch.int32, device=mesh.device)
    with torch_stream(mesh.device) as device:
        warp.launch(
            find_nearest_hits, origins.shape[0],
            [mesh.id, vectors(origins), vectors(directions), min(reach, FARTHEST), numbers(distance), numbers(face)],
            device=device,
        )  # fmt: skip
    return distance, face


def start_bits(
    mesh: RayMesh,
    points: Tensor,  # [P, 3] m, on the surface
    normals: Tensor,  # [P, 3] unit
    directions: Tensor,  # [L, 3] unit, surface -> light
    offsets_m: Tensor,  # [P] rays start this far along the normal
    count: Tensor,  # [1] int32, on the device: how many of the points are wanted
    bits: Tensor,  # [P, ceil(L / 32)] int32, written: bit i of word w is direction 32 w + i, 1 = open
) -> None:
    """Visibility of directions at points; those behind the surface are closed, rows beyond the count are 0."""
    bits.zero_()
    _trace(mesh, points, normals, directions, offsets_m, FARTHEST, count, bits)


def _trace(
    mesh: RayMesh, points: Tensor, normals: Tensor, directions: Tensor, offsets_m: Tensor, below_m: float,
    count: Tensor, bits: Tensor,
) -> None:  # fmt: skip
    with torch_stream(mesh.device) as device:
        warp.launch(
            set_open_bits, (points.shape[0], directions.shape[0]),
            [mesh.id, vectors(points), vectors(normals), vectors(directions), numbers(offsets_m), below_m,
             numbers(count), numbers(bits)],
            device=device,
        )  # fmt: skip


def visibility_bits(
    mesh: RayMesh,
    points: Tensor,  # [P, 3] m, on the surface
    normals: Tensor,  # [P, 3] unit
    directions: Tensor,  # [L, 3] unit, surface -> light
    origin_offset_m: float,  # rays start this far along the normal
    count: Tensor,  # [1] int32, on the device: how many of the points are wanted
    bits: Tensor,  # [P, ceil(L / 32)] int32, written: bit i of word w is direction 32 w + i, 1 = open
) -> None:
    """As `start_bits`; points whose every ray is blocked under something nearer start half way to it, once more."""
    offsets_m = torch.full_like(points[:, 0], origin_offset_m)
    start_bits(mesh, points, normals, directions, offsets_m, count, bits)
    with torch_stream(mesh.device) as device:
        warp.launch(
            shorten_blocked, points.shape[0],
            [mesh.id, vectors(points), vectors(normals), SKIN_SHARE * origin_offset_m, numbers(count),
             numbers(bits), numbers(offsets_m)],
            device=device,
        )  # fmt: skip
    _trace(mesh, points, normals, directions, offsets_m, 0.75 * origin_offset_m, count, bits)  # those cut in half


def any_hit(
    mesh: RayMesh,
    origins: Tensor,  # [N, 3] m
    directions: Tensor,  # [N, 3]
    reach: float,  # how far rays go, in lengths of their direction
    hit: Tensor,  # [N] int32, written: 1 where the ray meets the mesh, from either side
) -> None:
    """Any hit of single rays."""
    with torch_stream(mesh.device) as device:
        warp.launch(
            cast_any_hit, origins.shape[0],
            [mesh.id, vectors(origins), vectors(directions), min(reach, FARTHEST), numbers(hit)], device=device,
        )  # fmt: skip


class TracedRayMesh:
    """The interface TracedMesh."""

    def __init__(self, vertices: Tensor, faces: Tensor) -> None:
        self._mesh = RayMesh(vertices, faces)

    def is_blocked(self, origins: Tensor, directions: Tensor, reach: float) -> Tensor:
        """Whether each ray meets the mesh."""
        is_hit = torch.empty(origins.shape[0], dtype=torch.int32, device=origins.device)
        any_hit(self._mesh, origins.contiguous(), directions.contiguous(), reach, is_hit)
        return is_hit.bool()

    def nearest_hits(self, origins: Tensor, directions: Tensor, reach: float) -> tuple[Tensor, Tensor]:
        """Distance to the nearest face, and that face."""
        distance, face = nearest_hits(self._mesh, origins.contiguous(), directions.contiguous(), reach)
        return distance, face.long()

    def start_bits(self, points: Tensor, normals: Tensor, offsets_m: Tensor, directions: Tensor) -> Tensor:
        """Bits of all directions at each point."""
        bits, count = empty_bits(points, directions)
        rows = points.contiguous(), normals.contiguous(), directions.contiguous()
        start_bits(self._mesh, *rows, offsets_m.contiguous(), count, bits)
        return bits

    def point_bits(self, points: Tensor, normals: Tensor, offset_m: float, directions: Tensor) -> Tensor:
        """The same, and once more where something stands over points that are blocked."""
        bits, count = empty_bits(points, directions)
        visibility_bits(
            self._mesh, points.contiguous(), normals.contiguous(), directions.contiguous(), offset_m, count, bits
        )
        return bits


def empty_bits(points: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:  # [P, 3], [L, 3]
    """Memory for the bits [P, ceil(L / 32)] of all directions at all points, and how many these are: [1] int32."""
    num_points, device = points.shape[0], points.device
    bits = torch.empty(num_points, (directions.shape[0] + 31) // 32, dtype=torch.int32, device=device)
    return bits, torch.full((1,), num_points, dtype=torch.int32, device=device)
