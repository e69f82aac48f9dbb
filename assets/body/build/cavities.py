"""Close the eye sockets and the mouth: a smooth lid over the rim replaces the inside, and the surface has no caves."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from makehuman import BaseMesh
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

EYE_FACES = 586  # the UV charts of the cavities are known by their numbers of triangles
MOUTH_FACES = 796


@dataclass(frozen=True)
class Cavity:
    """A chart that is a cave in the face."""

    is_eye: bool
    rim: np.ndarray  # vertices shared with the skin around
    inside: np.ndarray  # the other vertices
    fill: np.ndarray  # [inside, rim]: the harmonic surface over the rim


def find_cavities(mesh: BaseMesh) -> list[Cavity]:
    """Both eyes and the mouth."""
    chart = _charts(mesh)
    cavities = []
    for number, count in zip(*np.unique(chart, return_counts=True), strict=True):
        if count in (EYE_FACES, MOUTH_FACES):
            faces = mesh.faces[chart == number]
            around = np.unique(mesh.faces[chart != number])
            rim = np.intersect1d(faces, around)
            inside = np.setdiff1d(faces, around)
            cavities.append(Cavity(bool(count == EYE_FACES), rim, inside, _harmonic(faces, rim, inside)))
    return cavities


def close_cavities(
    vertices: np.ndarray,  # [N, 3]
    cavities: list[Cavity],
    groups: dict[str, np.ndarray],
) -> np.ndarray:  # [N, 3]
    """The mouth gets the harmonic surface over its rim, an eye the ball behind it."""
    closed = vertices.copy()
    for cavity in cavities:
        lid = cavity.fill @ vertices[cavity.rim]
        if cavity.is_eye:
            eye = vertices[groups["helper-l-eye" if lid[:, 0].mean() > 0 else "helper-r-eye"]]
            center = eye.mean(0)
            radius = np.percentile(np.linalg.norm(eye - center, axis=1), 50)
            away = lid - center
            away /= np.linalg.norm(away, axis=1, keepdims=True)
            lid = center + away * radius - np.array([0, 0, 0.0005])  # half a millimetre behind the lids' edge
        closed[cavity.inside] = lid
    return closed


def _charts(mesh: BaseMesh) -> np.ndarray:  # [F]
    ends = mesh.uv_faces[:, [0, 1, 2]].ravel(), mesh.uv_faces[:, [1, 2, 0]].ravel()
    graph = sparse.coo_matrix((np.ones(len(ends[0])), ends), shape=(len(mesh.uv), len(mesh.uv)))
    return connected_components(graph, directed=False)[1][mesh.uv_faces[:, 0]]


def _harmonic(faces: np.ndarray, rim: np.ndarray, inside: np.ndarray) -> np.ndarray:
    count = int(faces.max()) + 1
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.unique(np.sort(edges, 1), axis=0)
    both = np.concatenate([edges, edges[:, ::-1]])
    adjacency = sparse.coo_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count)).tocsr()
    laplacian = (sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency).tocsr()
    return -spsolve(laplacian[inside][:, inside].tocsc(), laplacian[inside][:, rim].toarray())
