"""Closest point of a mesh to each of many points."""

# pyright: reportInvalidTypeForm=false
# Warp says the type of an array by a call.

import warp
from torch import Tensor

from phynes_core.kernels.cuda.ray_mesh import RayMesh
from phynes_core.kernels.cuda.warp_compiler import numbers, torch_stream, vectors

warp.set_module_options({"enable_backward": False})

FARTHEST_M = 1e6


@warp.kernel
def find_closest(
    mesh: warp.uint64,
    points: warp.array(dtype=warp.vec3),
    face_index: warp.array(dtype=int),
    barycentric: warp.array(dtype=warp.vec3),
    distance: warp.array(dtype=float),
):
    """One thread a point."""
    i = warp.tid()
    found = warp.mesh_query_point_no_sign(mesh, points[i], FARTHEST_M)
    if found.result:
        face_index[i] = found.face
        barycentric[i] = warp.vec3(found.u, found.v, warp.max(1.0 - found.u - found.v, 0.0))
        distance[i] = warp.length(warp.mesh_eval_position(mesh, found.face, found.u, found.v) - points[i])
    else:  # a mesh of slivers alone
        face_index[i] = 0
        barycentric[i] = warp.vec3(1.0, 0.0, 0.0)
        distance[i] = warp.length(warp.mesh_eval_position(mesh, 0, 1.0, 0.0) - points[i])


def closest_points(
    mesh: RayMesh,
    points: Tensor,  # [N, 3] m
    face_index: Tensor,  # [N] int32, written
    barycentric: Tensor,  # [N, 3] float32, written
    distance: Tensor,  # [N] float32, written
) -> None:
    """Closest triangle, its barycentric coordinates and the distance, for each point."""
    with torch_stream(mesh.device) as device:
        warp.launch(
            find_closest, points.shape[0],
            [mesh.id, vectors(points), numbers(face_index), vectors(barycentric), numbers(distance)], device=device,
        )  # fmt: skip
