"""Export vertices, and their tangents as MikkTSpace makes them (Mikkelsen 2008; glTF 2.0 asks for these).

MikkTSpace gives one tangent to the corners of faces that meet at a vertex of one place, normal and uv, hang together by
edges there and have the same orientation in the uv square. Such a group of corners is a vertex of the exported mesh.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor
from torch.nn.functional import normalize

from phynes_core.body.model import BodyModel

LEAST = 1e-20  # of a length or an area; what is smaller has no direction


@dataclass(frozen=True, eq=False)
class ExportMesh:
    """The vertices of a file: W of them, each of one of the body's vertices and one uv entry."""

    vertex: Tensor  # [W] int64, of the body
    uv: Tensor  # [W, 2], v up
    faces: Tensor  # [F, 3] int64, of the W
    handedness: Tensor  # [F] +1 where the face turns the same way in uv as on the surface, else -1


def export_mesh(body: BodyModel) -> ExportMesh:
    """The groups of corners of a body's faces."""
    corners = body.uv_faces.numpy()
    num_faces = len(corners)
    turn = _turn(body.uv[body.uv_faces].double())
    handedness = torch.where(turn < 0, -1.0, 1.0)
    group = np.arange(3 * num_faces).reshape(num_faces, 3)
    # each edge once a face, its lower entry first: the corners at its two ends
    tails, heads = [0, 1, 2], [1, 2, 0]
    ends = np.stack([corners[:, tails], corners[:, heads]], -1).reshape(-1, 2)
    at = np.stack([group[:, tails], group[:, heads]], -1).reshape(-1, 2)
    swap = ends[:, 0] > ends[:, 1]
    ends[swap], at[swap] = ends[swap][:, ::-1], at[swap][:, ::-1]
    way = np.repeat(handedness.numpy() > 0, 3)
    order = np.lexsort((way, ends[:, 1], ends[:, 0]))
    ends, at, way = ends[order], at[order], way[order]
    joins = (ends[1:] == ends[:-1]).all(1) & (way[1:] == way[:-1])
    first, second = at[:-1][joins].reshape(-1), at[1:][joins].reshape(-1)
    graph = coo_matrix((np.ones(len(first), np.int8), (first, second)), shape=(3 * num_faces, 3 * num_faces))
    _, label = connected_components(graph, directed=False)
    _, example, faces = np.unique(label, return_index=True, return_inverse=True)
    example = torch.from_numpy(example)
    return ExportMesh(
        body.faces.reshape(-1)[example], body.uv[body.uv_faces.reshape(-1)[example]],
        torch.from_numpy(faces.reshape(num_faces, 3).astype(np.int64)), handedness,
    )  # fmt: skip


def mesh_tangents(
    mesh: ExportMesh,
    vertices: Tensor,  # [W, 3] metres
    normals: Tensor,  # [W, 3] unit
) -> Tensor:  # [W, 4] unit along growing u, and +1 or -1: the bitangent along growing v is w (n x t)
    """The mean of the faces' tangents in each vertex's plane, weighted by the faces' angles there."""
    corners, uv = vertices[mesh.faces].double(), mesh.uv[mesh.faces].double()
    along, across = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    rise, run = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    tangent = along * run[:, 1:] - across * rise[:, 1:]  # of the face, times its area in uv
    tangent = tangent * mesh.handedness[:, None].double()
    has_uv = (_turn(uv).abs() > LEAST)[:, None]
    tangent = torch.where(has_uv, normalize(tangent, dim=-1, eps=LEAST), 0.0)
    summed = torch.zeros(len(vertices), 3, dtype=torch.float64)
    for corner in range(3):
        normal = normals[mesh.faces[:, corner]].double()
        ahead = _in_plane(corners[:, (corner + 1) % 3] - corners[:, corner], normal)
        behind = _in_plane(corners[:, (corner + 2) % 3] - corners[:, corner], normal)
        angle = (ahead * behind).sum(-1, keepdim=True).clamp(-1.0, 1.0).acos()
        summed.index_add_(0, mesh.faces[:, corner], angle * _in_plane(tangent, normal))
    lost = summed.norm(dim=-1, keepdim=True) < 1e-12
    summed = torch.where(lost, _any_across(normals.double()), summed)
    sign = torch.ones(len(vertices), dtype=torch.float64)
    sign[mesh.faces.reshape(-1)] = mesh.handedness.double().repeat_interleave(3)
    return torch.cat([normalize(summed, dim=-1), sign[:, None]], -1).float()


def _turn(uv: Tensor) -> Tensor:  # [F, 3, 2] -> [F] twice the signed area
    along, across = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]


def _in_plane(vectors: Tensor, normal: Tensor) -> Tensor:  # [F, 3], [F, 3] unit -> [F, 3] unit
    return normalize(vectors - normal * (normal * vectors).sum(-1, keepdim=True), dim=-1, eps=LEAST)


def _any_across(normal: Tensor) -> Tensor:  # [W, 3] unit -> [W, 3]
    """Some direction across each normal."""
    axis = torch.nn.functional.one_hot(normal.abs().argmin(-1), 3).double()
    return normalize(torch.linalg.cross(normal, axis), dim=-1)
