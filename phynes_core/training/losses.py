"""What training minimizes: the losses of stage 1 on the mesh and its relief, those of stage 2 on color and material."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import carried
from phynes_core.conventions import linear_to_srgb
from phynes_core.geometry.mesh import face_cross_products, unique_edges, vertex_normals
from phynes_core.kernels.mesh_interfaces import MeshLossTerms, Topology
from phynes_core.kernels.registry import MESH_LOSSES
from phynes_core.render.detail_normals import detail_slope, detail_stretch, face_frames

OPEN_SHARE = 0.3  # of its bare area, along its bare normal: what a face keeps unless it folds
SMALLEST_CROSS = 1e-16  # m^4: of faces without area
ENTROPY_BINS = 15  # Relightable Avatar's histogram on [0, 1] (FORMATS section 4.3)


@dataclass(frozen=True)
class MeshTopology:
    """Which vertices and faces are neighbors; made once for a body."""

    faces: Tensor  # [F, 3] int64
    edges: Tensor  # [E, 2] int64
    face_pairs: Tensor  # [Q, 2] int64, faces that share an edge
    degree: Tensor  # [V, 1] float32


def mesh_topology(faces: Tensor, num_vertices: int) -> MeshTopology:
    """Edges, pairs of neighboring faces and vertex degrees."""
    edges = unique_edges(faces)
    sides = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).sort(1).values
    owner = torch.arange(faces.shape[0]).repeat(3)
    key = sides[:, 0] * num_vertices + sides[:, 1]
    order = torch.argsort(key, stable=True)
    same = key[order][1:] == key[order][:-1]
    face_pairs = torch.stack([owner[order][:-1][same], owner[order][1:][same]], 1)
    degree = torch.bincount(edges.reshape(-1), minlength=num_vertices).float()[:, None].clamp(min=1.0)
    return MeshTopology(faces, edges, face_pairs, degree)


@dataclass(frozen=True)
class MeshLosses:
    """The regularizers of stage 1, unweighted."""

    edge: Tensor  # m^2
    normal: Tensor
    laplacian: Tensor  # m


class MeshRegularizers:
    """The three mesh losses of one topology, by the backend that is asked for."""

    def __init__(self, topology: MeshTopology, backend: str = "auto") -> None:  # or "reference", "pytorch3d"
        self._terms = MESH_LOSSES.implementation(backend, topology.faces.device.type)(topology)

    def losses(self, vertices: Tensor) -> MeshLosses:  # [V, 3] world, metres
        """Differentiable in the vertices."""
        return MeshLosses(*self._terms(vertices))


def mesh_losses_reference(topology: Topology) -> MeshLossTerms:
    """The specification of the interface PrepareMeshLosses."""
    return lambda vertices: (
        edge_loss(vertices, topology), normal_loss(vertices, topology), laplacian_loss(vertices, topology)
    )  # fmt: skip


def edge_loss(vertices: Tensor, topology: Topology) -> Tensor:
    """Mean squared edge length in m^2 (PyTorch3D's mesh_edge_loss with target 0)."""
    return (vertices[topology.edges[:, 0]] - vertices[topology.edges[:, 1]]).square().sum(1).mean()


def normal_loss(vertices: Tensor, topology: Topology) -> Tensor:
    """Mean of 1 - cos between neighboring faces (PyTorch3D's mesh_normal_consistency)."""
    corners = vertices[topology.faces]
    normals = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    first, second = normals[topology.face_pairs[:, 0]], normals[topology.face_pairs[:, 1]]
    return (1.0 - torch.cosine_similarity(first, second, dim=1)).mean()


def laplacian_loss(vertices: Tensor, topology: Topology) -> Tensor:
    """Mean distance in metres of a vertex to the middle of its neighbors (PyTorch3D's uniform Laplacian)."""
    start, end = topology.edges[:, 0], topology.edges[:, 1]
    sums = torch.zeros_like(vertices).index_add(0, start, vertices[end]).index_add(0, end, vertices[start])
    return (sums / topology.degree - vertices).norm(dim=1).mean()


def bend_loss(
    offsets: Tensor,  # [V] metres along the normals, or [V, 3] vectors
    bare: Tensor,  # [V, 3] world, metres: the vertices before they were displaced
    topology: Topology,
    width: float,  # tangent of the bend from which on it counts less than its square
) -> Tensor:  # []
    """How much offsets bend the bare surface: mean of a robust square of (mean of the neighbors' - own) / edge length.

    Unitless, so that millimetres count where edges are short: in eyes, lips and fingers, of which a picture shows a few
    pixels and whose inside no camera sees. The bare body's own shape costs nothing there, and a hem is a few vertices.
    """
    start, end = topology.edges[:, 0], topology.edges[:, 1]
    length = (bare[start] - bare[end]).norm(dim=1)
    lengths = length.new_zeros(len(bare)).index_add(0, start, length).index_add(0, end, length)
    rows = offsets.view(len(bare), -1)
    sums = torch.zeros_like(rows).index_add(0, start, rows[end]).index_add(0, end, rows[start])
    bend = (sums - topology.degree * rows) / lengths[:, None]
    return 0.5 * charbonnier(bend.square().sum(1), width).mean()


def fold_loss(vertices: Tensor, bare: Tensor, faces: Tensor) -> Tensor:  # [V, 3] displaced, [V, 3], [F, 3] -> []
    """How much the surface folds onto itself: mean of x^2 / (1 + x), x the share of its bare area that a face lacks.

    A face that keeps OPEN_SHARE of its bare area in the direction in which it looked before costs nothing, one that
    points the other way costs most. Offsets along normals that meet, as in the corners of eyes and mouth, turn faces
    over long before they hide anything from a camera.
    """
    before, after = face_cross_products(bare, faces), face_cross_products(vertices, faces)
    share = (before * after).sum(1) / before.square().sum(1).clamp(min=SMALLEST_CROSS)
    lack = (OPEN_SHARE - share).clamp(min=0.0)
    return (lack.square() / (1.0 + lack)).mean()


def relief_loss(
    avatar: Avatar,  # its offset map is differentiated
    vertices: Tensor,  # [V, 3] world, displaced
    offsets: Tensor,  # [V] or [V, 3] metres, that displaced them
    pose_vector: Tensor,  # [72]
    count: int,
    generator: np.random.Generator,
    blend: Tensor | None = None,  # [V, 3, 3] that carried vectors
) -> Tensor:
    """Mean squared slope of the relief, unitless, at `count` random points: one in each of `count` random faces.

    Relief is what the offset map holds between the vertices of the mesh, where the mesh losses do not see it. Volume
    rendering leaves chance slopes of 11 degrees there, which would show once pixels are shaded with them.
    """
    faces = avatar.body.faces
    chosen = torch.from_numpy(generator.integers(0, len(faces), count))
    barycentric = torch.from_numpy(generator.dirichlet(np.ones(3), count).astype(np.float32))
    corners = avatar.body.uv.cpu()[avatar.body.uv_faces[chosen].cpu()]
    rows, ids = torch.arange(3 * count).view(-1, 3), faces[chosen].view(-1)
    frames = face_frames(
        vertices.detach()[ids], rows, corners, offsets.detach()[ids], None if blend is None else blend[ids]
    )
    uv = (corners * barycentric[..., None]).sum(1)
    device = avatar.light.device
    gradient = avatar.offset_gradient(uv.to(device), pose_vector.to(device)).cpu()
    if blend is not None:  # of all that vectors do in between, along the surface too
        return detail_stretch(gradient, torch.arange(count), frames).square().sum((1, 2)).mean()
    return detail_slope(gradient, torch.arange(count), frames).square().sum(-1).mean()


def slide_loss(
    vertices: Tensor,  # [V, 3] world, displaced
    vectors: Tensor,  # [V, 3] metres in the T-pose's axes, that displaced them; differentiated
    blend: Tensor,  # [V, 3, 3] that carried the vectors
    faces: Tensor,  # [F, 3]
) -> Tensor:
    """Mean square of how far vectors move vertices along the surface, m^2: the texture lives on the material point."""
    normals = vertex_normals(vertices.detach(), faces)
    moved = carried(blend, vectors)
    along = moved - (moved * normals).sum(-1, keepdim=True) * normals
    return along.square().sum(-1).mean()


def srgb_of_radiance(
    radiance: Tensor,  # [N, 3] linear
    overshoot_slope: float,  # of the part above 1; 0: clipped, with no gradient
) -> Tensor:
    """What a camera's 8-bit picture holds: sRGB, clipped at 1, where a little slope keeps overshoots alive."""
    clipped = radiance.clamp(max=1.0) + overshoot_slope * (radiance - 1.0).clamp(min=0.0)
    return linear_to_srgb(clipped)


def picture_loss(
    radiance: Tensor,  # [N, 3] linear
    target: Tensor,  # [N, 3] sRGB
    overshoot_slope: float,  # of srgb_of_radiance
    width: float,  # of robust_square
) -> tuple[Tensor, float]:
    """What is minimized of the pixels' error in sRGB, and its mean square, which is what runs report."""
    error = srgb_of_radiance(radiance, overshoot_slope) - target
    return robust_square(error, width), error.detach().square().mean().item()


def robust_square(
    error: Tensor,  # [N, 3]
    width: float,  # from which on an error counts less than its square; 0: never
) -> Tensor:  # []
    """Mean over pixels of 2 w^2 (sqrt(1 + e^2 / w^2) - 1), e^2 the mean square over a pixel's channels (Charbonnier).

    The mean squared error where errors are small. Where the mesh is wrong (a fold that is not there, a rim, the next
    garment's edge) they are ten times as large, and squared those few pixels decide what highlights look like: blurred.
    """
    square = error.square().mean(-1)
    return square.mean() if width == 0.0 else charbonnier(square, width).mean()


def charbonnier(square: Tensor, width: float) -> Tensor:
    """2 w^2 (sqrt(1 + x^2 / w^2) - 1) of squares x^2: the square of small x, in proportion to large ones.

    Written without the difference of two numbers near 1, which float32 loses.
    """
    return 2.0 * square / (1.0 + (1.0 + square / width**2).sqrt())


def entropy_loss(albedo: Tensor) -> Tensor:  # [N, 3] in [0, 1]
    """Entropy of the soft histogram of each channel, summed: few distinct albedos are likelier than many.

    15 Gaussian bins on [0, 1]; the kernel's width is the channel's variance, as Relightable Avatar's code has it.
    """
    centers = (torch.arange(ENTROPY_BINS, dtype=albedo.dtype, device=albedo.device) + 0.5) / ENTROPY_BINS
    width = albedo.var(0).clamp(min=1e-3)  # [3]; a floor, because one color has no width at all
    distance = (albedo[:, :, None] - centers) / width[:, None]
    kernel = torch.exp(-0.5 * distance.square()) / (width[:, None] * math.sqrt(2 * math.pi) * ENTROPY_BINS)
    histogram = kernel.sum(0)  # [3, bins]
    share = histogram / histogram.sum(1, keepdim=True).clamp(min=1e-6) + 1e-6
    return -(share * share.log()).sum()


def scale_to_mean(albedo: Tensor, mean: float) -> Tensor:  # [N, 3] -> [3]
    """What brings each channel's mean to `mean`: losses on the scaled albedo do not gain by a darker one.

    Half the albedo under twice the light looks the same but for the highlights, so a small gradient along that scale
    adds up over the whole training: unscaled smoothness halved the albedo, and highlights of twice the light then made
    every material look rough.
    """
    return mean / albedo.mean(0).clamp(min=1e-3)


def smoothness_loss(values: Tensor, neighbors: Tensor) -> Tensor:  # [N, C] each
    """Mean squared difference to the values at jittered uv (paper, Eq. 6 and 7)."""
    return (values - neighbors).square().sum(-1).mean()


def neighbor_uv(
    uv: Tensor,  # [N, 2]
    charts: Tensor,  # [R, R] int32, chart of each texel, -1 outside; row 0 is v = 1
    noise: Tensor,  # [N, 2] uv
) -> Tensor:  # [N, 2]
    """`uv` moved by `noise`; where that would leave its chart, `uv` itself, so that nothing is smoothed across."""
    moved = (uv + noise).clamp(0.0, 1.0)
    is_same = _chart_at(charts, moved) == _chart_at(charts, uv)
    return torch.where(is_same[:, None], moved, uv)


def _chart_at(charts: Tensor, uv: Tensor) -> Tensor:
    size = charts.shape[0]
    column = (uv[:, 0] * size).long().clamp(0, size - 1)
    row = ((1.0 - uv[:, 1]) * size).long().clamp(0, size - 1)
    return charts[row, column]
