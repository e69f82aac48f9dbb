"""A mesh for Warp's rays and queries: nearest faces of pixels, closest points."""

# pyright: reportInvalidTypeForm=false, reportOperatorIssue=false, reportGeneralTypeIssues=false
# pyright: reportAssignmentType=false
# Warp says the type of an array by a call.

import torch
import warp
from torch import Tensor

from phynes_core.kernels.cuda.warp_compiler import numbers, torch_stream, vectors
from phynes_core.kernels.mesh_interfaces import PinholeCamera

warp.set_module_options({"enable_backward": False})

FARTHEST_M = 1e6


class RayMesh:
    """Keeps its own vertices, so that the kernels of a captured graph find them at one address."""

    def __init__(
        self,
        vertices: Tensor,  # [V, 3] m
        faces: Tensor,  # [F, 3] any integer type, F > 0
    ) -> None:
        self._vertices = torch.empty(vertices.shape, dtype=torch.float32, device=vertices.device)
        self._vertices.copy_(vertices.detach())
        self._corners = faces.to(torch.int32).reshape(-1).contiguous().clone()
        self.num_faces = faces.shape[0]
        with torch_stream(vertices.device):
            self._mesh = warp.Mesh(points=vectors(self._vertices), indices=numbers(self._corners))

    @property
    def id(self) -> int:
        """What kernels name it by."""
        return self._mesh.id

    @property
    def device(self) -> torch.device:
        """Where it lies."""
        return self._vertices.device

    def refit(self, vertices: Tensor) -> None:  # [V, 3] m
        """Move the vertices; the tree keeps its shape, its boxes follow."""
        self._vertices.copy_(vertices.detach())
        with torch_stream(self.device):
            self._mesh.refit()


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
    hit = warp.mesh_query_ray(mesh, view[3] + direction * near, direction, FARTHEST_M)
    if hit.result:
        face_index[pixel] = hit.face
        barycentric[pixel] = warp.vec3(hit.u, hit.v, warp.max(1.0 - hit.u - hit.v, 0.0))
        depth[pixel] = hit.t + near
    else:
        face_index[pixel] = -1
        barycentric[pixel] = warp.vec3(0.0, 0.0, 0.0)
        depth[pixel] = 0.0


def rasterize(
    vertices: Tensor, faces: Tensor, homogeneous: Tensor, camera: PinholeCamera, near_m: float, snap: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The interface Rasterize by rays, which do not snap corners to a grid.

    At an edge a pixel may fall to the other face, rarely to none or both.
    """
    height, width, device = camera.height, camera.width, vertices.device
    face_index = torch.full((height * width,), -1, dtype=torch.int32, device=device)
    barycentric, depth = torch.zeros(height * width, 3, device=device), torch.zeros(height * width, device=device)
    if len(faces):
        view = pixel_ray_basis(camera.intrinsics, camera.T_cam_world).to(device)
        primary_hits(RayMesh(vertices, faces), view, width, near_m, face_index, barycentric, depth)
    return face_index.view(height, width), barycentric.view(height, width, 3), depth.view(height, width)


def pixel_ray_basis(intrinsics: Tensor, T_cam_world: Tensor) -> Tensor:  # [3, 3], [4, 4] -> [4, 3] float32
    """A camera as the kernel reads it: the ray of pixel position (x, y) leaves row 3 along x row 0 + y row 1 + row 2.

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


def closest_points(vertices: Tensor, faces: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The interface ClosestPoints; builds a tree for this one query."""
    count, device = len(points), points.device
    face_index = torch.empty(count, dtype=torch.int32, device=device)
    barycentric, distance = torch.empty(count, 3, device=device), torch.empty(count, device=device)
    nearest_points(RayMesh(vertices, faces), points.float().contiguous(), face_index, barycentric, distance)
    return face_index.long(), barycentric, distance


def nearest_points(
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
