"""PyTorch3D behind our interfaces: its mesh rasterizer and the three mesh losses of stage 1.

Its screen ("NDC") has +X left, +Y up and z = the camera's z in metres; the shorter side of the picture spans [-1, 1],
so pixels are square, and pixel i of n on that side has its center at 1 - (2 i + 1) / n. Faces are numbered as they are
given. It has no top-left rule: a pixel center exactly on an edge may go to either face.
"""

import torch
from torch import Tensor

from phynes_core.kernels.mesh_interfaces import MeshLossTerms, PinholeCamera, Topology

_NEAREST_DIVISOR_M = 1e-8  # what lies in the camera's own plane is divided by this; clipping then removes it


def rasterize(
    vertices: Tensor, faces: Tensor, homogeneous: Tensor, camera: PinholeCamera, near_m: float, snap: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The interface Rasterize, without snapping corners to a grid."""
    from pytorch3d.renderer.mesh.rasterize_meshes import rasterize_meshes
    from pytorch3d.structures import Meshes

    mesh = Meshes([to_ndc(homogeneous.float(), camera.width, camera.height)], [faces.long()])
    fragments = rasterize_meshes(
        mesh,
        image_size=(camera.height, camera.width),
        faces_per_pixel=1,
        perspective_correct=True,
        z_clip_value=near_m,
        max_faces_per_bin=faces.shape[0],  # its own estimate drops faces where many share a bin
    )
    return to_fragments(*fragments[:3])


def to_ndc(homogeneous: Tensor, width: int, height: int) -> Tensor:  # [V, 3] -> [V, 3]
    """Pixels, x right and y down, to PyTorch3D's screen."""
    z = homogeneous[:, 2]
    divisor = torch.where(z.abs() < _NEAREST_DIVISOR_M, _NEAREST_DIVISOR_M, z)
    pixels = homogeneous[:, :2] / divisor[:, None]
    size = torch.tensor([width, height], dtype=pixels.dtype, device=pixels.device)
    return torch.cat([(size - 2.0 * pixels) / min(width, height), z[:, None]], 1)


def to_fragments(
    pix_to_face: Tensor,  # [1, H, W, 1] int64, -1 = background
    zbuf: Tensor,  # [1, H, W, 1], background -1
    barycentric: Tensor,  # [1, H, W, 1, 3], background -1
) -> tuple[Tensor, Tensor, Tensor]:
    """One picture's nearest layer; weights within [0, 1] that sum to 1; the background's weights and depth are 0."""
    face_index = pix_to_face[0, ..., 0].int()
    covered = face_index >= 0
    weights = barycentric[0, ..., 0, :].clamp(min=0.0)
    weights = weights / weights.sum(-1, keepdim=True).clamp(min=1e-12)
    return face_index, torch.where(covered[..., None], weights, 0.0), torch.where(covered, zbuf[0, ..., 0], 0.0)


def mesh_losses(topology: Topology) -> MeshLossTerms:
    """The interface PrepareMeshLosses."""
    from pytorch3d.loss import mesh_edge_loss, mesh_laplacian_smoothing, mesh_normal_consistency
    from pytorch3d.structures import Meshes

    faces = topology.faces
    still = Meshes([torch.zeros(topology.degree.shape[0], 3, device=faces.device)], [faces.long()])
    still.edges_packed()  # computed now, because `update_padded` hands on what is known

    def terms(vertices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        meshes = still.update_padded(vertices[None])
        return mesh_edge_loss(meshes), mesh_normal_consistency(meshes), mesh_laplacian_smoothing(meshes, "uniform")

    return terms
