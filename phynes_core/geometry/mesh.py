"""Triangle meshes: normals, edges, and points spread over the surface."""

import torch
from torch import Tensor

from phynes_core.checks import check_tensor


def face_cross_products(vertices: Tensor, faces: Tensor) -> Tensor:  # [V, 3], [F, 3] -> [F, 3]
    """Normal times twice the area of each face, outward for counter-clockwise corners. Differentiable."""
    check_tensor("vertices", vertices, ["V", 3])
    check_tensor("faces", faces, ["F", 3])
    a, b, c = vertices[faces].unbind(1)
    return torch.linalg.cross(b - a, c - a)


def face_normals(vertices: Tensor, faces: Tensor) -> Tensor:  # [V, 3], [F, 3] -> [F, 3] unit
    """Unit normal of each face; zero for a face without area."""
    return torch.nn.functional.normalize(face_cross_products(vertices, faces), dim=-1)


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:  # [V, 3], [F, 3] -> [V, 3] unit
    """Area-weighted mean of the adjoining faces' normals. Differentiable."""
    cross = face_cross_products(vertices, faces)
    summed = torch.zeros_like(vertices).index_add(0, faces.T.reshape(-1), cross.repeat(3, 1))
    return torch.nn.functional.normalize(summed, dim=-1, eps=1e-20)


def unique_edges(faces: Tensor) -> Tensor:  # [F, 3] -> [E, 2], smaller vertex first
    """Each edge once."""
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return torch.unique(edges.sort(1).values, dim=0)


def surface_samples(vertices: Tensor, faces: Tensor, count: int, generator: torch.Generator) -> Tensor:  # [count, 3]
    """Points spread evenly over the area."""
    area = face_cross_products(vertices, faces).norm(dim=-1)
    chosen = torch.multinomial(area, count, replacement=True, generator=generator)
    root = torch.rand(count, 1, generator=generator).sqrt()
    along = torch.rand(count, 1, generator=generator)
    a, b, c = vertices[faces[chosen]].unbind(1)
    return (1 - root) * a + root * (1 - along) * b + root * along * c


def adjoining_faces(faces: Tensor) -> Tensor:  # [F, 3] -> [F, 3] int64
    """The face across each edge (corners 0-1, 1-2, 2-0); -1 at a border, and where more than two faces meet."""
    num_faces = faces.shape[0]
    edges = torch.stack([faces, faces.roll(-1, 1)], -1).view(-1, 2).sort(1).values  # [3 F, 2]
    _, edge, count = torch.unique(edges, dim=0, return_inverse=True, return_counts=True)
    order = edge.argsort(stable=True)
    is_pair = count[edge[order]] == 2
    pairs = order[is_pair].view(-1, 2)
    beside = torch.full((num_faces * 3,), -1, dtype=torch.int64, device=faces.device)
    beside[pairs[:, 0]], beside[pairs[:, 1]] = pairs[:, 1] // 3, pairs[:, 0] // 3
    return beside.view(num_faces, 3)
