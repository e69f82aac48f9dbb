"""Which of L directions are open at each surface point, as packed bits; and whether single rays meet the mesh.

One thread a ray, not a word of 32: rays end after very different times, and a GPU hides that only with many of them.
"""

# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportAssignmentType=false
# Warp says the type of an array by a call.

import warp
from torch import Tensor

from phynes_core.kernels.cuda.ray_mesh import RayMesh
from phynes_core.kernels.cuda.warp_compiler import numbers, torch_stream, vectors

warp.set_module_options({"enable_backward": False})

FARTHEST = 1e30  # in lengths of a ray's direction


@warp.kernel
def set_open_bits(
    mesh: warp.uint64,
    points: warp.array(dtype=warp.vec3),
    normals: warp.array(dtype=warp.vec3),
    directions: warp.array(dtype=warp.vec3),
    offset: float,
    count: warp.array(dtype=int),
    bits: warp.array2d(dtype=int),
):
    """One thread a point and direction; the bits start as 0."""
    point, light = warp.tid()
    if point >= count[0]:
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


def visibility_bits(
    mesh: RayMesh,
    points: Tensor,  # [P, 3] m, on the surface
    normals: Tensor,  # [P, 3] unit
    directions: Tensor,  # [L, 3] unit, surface -> light
    origin_offset_m: float,  # rays start this far along the normal
    count: Tensor,  # [1] int32, on the device: how many of the points are meant
    bits: Tensor,  # [P, ceil(L / 32)] int32, written: bit i of word w is direction 32 w + i, 1 = open
) -> None:
    """Visibility of directions at points; those behind the surface are closed, rows beyond the count are 0."""
    bits.zero_()
    with torch_stream(mesh.device) as device:
        warp.launch(
            set_open_bits, (points.shape[0], directions.shape[0]),
            [mesh.id, vectors(points), vectors(normals), vectors(directions), origin_offset_m, numbers(count),
             numbers(bits)],
            device=device,
        )  # fmt: skip


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
