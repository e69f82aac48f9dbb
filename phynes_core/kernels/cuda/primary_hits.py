"""Which face the ray through each pixel's center meets first, by casting rays."""

# pyright: reportInvalidTypeForm=false, reportOperatorIssue=false
# Warp says the type of an array by a call.

import torch
import warp
from torch import Tensor

from phynes_core.kernels.cuda.ray_mesh import RayMesh
from phynes_core.kernels.cuda.warp_compiler import numbers, torch_stream, vectors

warp.set_module_options({"enable_backward": False})

FAR_M = 1e6


@warp.kernel
def cast_pixel_rays(
    mesh: warp.uint64,
    view: warp.array(dtype=warp.vec3),
    width: int,
    near: float,
    face_index: warp.array(dtype=int),
    barycentric: warp.array(dtype=warp.vec3),
    depth: warp.array(dtype=float),
):
    """One thread a pixel."""
    pixel = warp.tid()
    x = float(pixel % width) + 0.5
    y = float(pixel // width) + 0.5
    direction = view[0] * x + view[1] * y + view[2]
    hit = warp.mesh_query_ray(mesh, view[3] + direction * near, direction, FAR_M)
    if hit.result:
        face_index[pixel] = hit.face
        barycentric[pixel] = warp.vec3(hit.u, hit.v, warp.max(1.0 - hit.u - hit.v, 0.0))
        depth[pixel] = hit.t + near
    else:
        face_index[pixel] = -1
        barycentric[pixel] = warp.vec3(0.0, 0.0, 0.0)
        depth[pixel] = 0.0


def pixel_ray_basis(intrinsics: Tensor, T_cam_world: Tensor) -> Tensor:  # [3, 3], [4, 4] -> [4, 3] float32
    """What a camera is to the kernel: the ray of pixel position (x, y) leaves row 3 along x row 0 + y row 1 + row 2.

    Such a direction is 1 m deep along the camera's axis, so that the length of a ray is the depth.
    """
    rotation, translation = T_cam_world[:3, :3].double(), T_cam_world[:3, 3].double()
    axes = rotation.T @ torch.linalg.inv(intrinsics.double())
    return torch.cat([axes.T, -(rotation.T @ translation)[None]]).float().contiguous()


def primary_hits(
    mesh: RayMesh,
    view: Tensor,  # [4, 3] as pixel_ray_basis makes it
    width: int,
    near_m: float,
    face_index: Tensor,  # [H * W] int32, written; -1 = background
    barycentric: Tensor,  # [H * W, 3] float32, written; background 0
    depth: Tensor,  # [H * W] float32, written: camera z, m; background 0
) -> None:
    """The nearest face from either side, beyond the near plane. Which of several at one depth is not specified."""
    with torch_stream(mesh.device) as device:
        warp.launch(
            cast_pixel_rays, face_index.shape[0],
            [mesh.id, vectors(view), width, near_m, numbers(face_index), vectors(barycentric), numbers(depth)],
            device=device,
        )  # fmt: skip
