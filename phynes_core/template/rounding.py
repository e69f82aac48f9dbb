"""Round the body's own triangles: edges that the smooth surface through their ends leaves are split, and bent outward.

The smooth surface is that of curved point-normal triangles (Vlachos et al., 2001): over an edge it is the cubic whose
tangents are perpendicular to the normals at both ends. Old vertices stay where they are, so that a finger keeps its
thickness and only loses its corners.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

ROUNDS = 2  # an edge may become four
MOST_BEND = 0.15  # of an edge's length: farther away its normals describe a fold, not a curve
LEAST_COSINE = 0.2  # between the normals of an edge's ends, likewise


@dataclass(frozen=True, eq=False)
class Rounded:
    """A finer mesh of the same surface."""

    vertices: np.ndarray  # [N, 3] metres; the old ones come first
    faces: np.ndarray  # [G, 3]
    place_face: np.ndarray  # [N] of the old faces
    place_barycentric: np.ndarray  # [N, 3] where on it a vertex was before it was bent outward


def rounded(
    vertices: np.ndarray,  # [V, 3] metres
    faces: np.ndarray,  # [F, 3], every vertex in one of them
    normals: np.ndarray,  # [V, 3] unit
    most_m: float,  # that a curve may be away from the middle of its edge
) -> Rounded:
    """Deterministic. No edge of the boundary is split, so that neighbors still fit."""
    of_face = np.arange(len(faces))
    shares = sparse.csr_matrix(sparse.identity(len(vertices)))  # [N, V] of the old vertices
    old_faces = faces
    for _ in range(ROUNDS):
        edges, edge_of, count = _edges(faces)
        bend = _bends(vertices, normals, edges)
        length = np.linalg.norm(vertices[edges[:, 1]] - vertices[edges[:, 0]], axis=1)
        away = np.linalg.norm(bend, axis=1)
        cosine = (normals[edges[:, 0]] * normals[edges[:, 1]]).sum(1)
        chosen = (away > most_m) & (away < MOST_BEND * length) & (cosine > LEAST_COSINE) & (count == 2)
        if not chosen.any():
            break
        ends = edges[chosen]
        number = np.full(len(edges), -1)
        number[chosen] = len(vertices) + np.arange(len(ends))
        faces, parent = _split(faces, number[edge_of])
        of_face = of_face[parent]
        vertices = np.concatenate([vertices, vertices[ends].mean(1) + bend[chosen]])
        normals = np.concatenate([normals, _middle_normals(vertices, normals, ends)])
        shares = sparse.csr_matrix(sparse.vstack([shares, 0.5 * (shares[ends[:, 0]] + shares[ends[:, 1]])]))
    place_face = np.zeros(len(vertices), np.int64)
    place_face[faces] = of_face[:, None]
    rows = np.arange(len(vertices))[:, None]
    barycentric = np.asarray(shares[rows, old_faces[place_face]].todense())
    return Rounded(vertices, faces, place_face, barycentric)


def _edges(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges [E, 2], which of them each face's sides ab, bc, ca are [F, 3], and how many faces each has [E]."""
    sides = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), 1)
    edges, side, count = np.unique(sides, axis=0, return_inverse=True, return_counts=True)
    return edges, side.reshape(-1, 3), count


def _bends(vertices: np.ndarray, normals: np.ndarray, edges: np.ndarray) -> np.ndarray:  # [E, 3]
    """From the middle of each edge to that of its curve."""
    first, second = edges.T
    along = vertices[second] - vertices[first]
    rise = (along * normals[first]).sum(1, keepdims=True) * normals[first]
    fall = (along * normals[second]).sum(1, keepdims=True) * normals[second]
    return 0.125 * (fall - rise)


def _middle_normals(vertices: np.ndarray, normals: np.ndarray, edges: np.ndarray) -> np.ndarray:  # [E, 3] unit
    """Those of point-normal triangles: the mean of the ends', mirrored in the plane across the edge."""
    first, second = edges.T
    along = vertices[second] - vertices[first]
    both = normals[first] + normals[second]
    both = both - 2.0 * ((along * both).sum(1) / (along * along).sum(1).clip(1e-18))[:, None] * along
    return both / np.linalg.norm(both, axis=1, keepdims=True).clip(1e-12)


def _split(faces: np.ndarray, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces with new vertices in the middle of their sides ab, bc, ca [F, 3], -1 where there is none; and parents."""
    pieces = [faces[(middle < 0).all(1)]]
    parents = [np.nonzero((middle < 0).all(1))[0]]

    def add(rows: np.ndarray, *corners: np.ndarray) -> None:
        pieces.append(np.stack(corners, 1))
        parents.append(rows)

    for k in range(3):  # turned so that the split side, or the whole one, comes first
        a, b, c = np.roll(faces, -k, 1).T
        ab, bc, ca = np.roll(middle, -k, 1).T
        one = np.nonzero((ab >= 0) & (bc < 0) & (ca < 0))[0]
        add(one, a[one], ab[one], c[one])
        add(one, ab[one], b[one], c[one])
        two = np.nonzero((ab < 0) & (bc >= 0) & (ca >= 0))[0]
        add(two, bc[two], c[two], ca[two])
        add(two, a[two], b[two], bc[two])
        add(two, a[two], bc[two], ca[two])
    a, b, c = faces.T
    ab, bc, ca = middle.T
    all_three = np.nonzero((middle >= 0).all(1))[0]
    for corners in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)):
        add(all_three, *(corner[all_three] for corner in corners))
    return np.concatenate(pieces), np.concatenate(parents)
