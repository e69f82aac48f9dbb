"""Loop subdivision (Loop 1987) of a closed triangle mesh, level by level, on any per-vertex attribute."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_MOST_VERTICES = 1 << 31


@dataclass(frozen=True)
class Neighbors:
    """Each vertex's neighbors, stored vertex after vertex."""

    first: Indices  # [V] index of each vertex's first neighbor in `index`
    index: Indices  # [2E]
    valence: Array  # [V]

    def sum(self, values: Array) -> Array:  # [V, C] -> [V, C]
        """Sum over the neighbors of each vertex."""
        return np.add.reduceat(values[self.index], self.first, axis=0)

    def restricted(self, region: NDArray[np.bool_]) -> "Neighbors":  # [V] -> over the region's vertices, renumbered
        """The same graph inside a region; a vertex without neighbors there becomes its own neighbor."""
        source = np.repeat(np.arange(len(self.first)), self.valence.astype(np.int64))
        number = np.cumsum(region) - 1
        keep = region[source] & region[self.index]
        source, target = number[source[keep]], number[self.index[keep]]
        isolated = np.setdiff1d(np.arange(int(region.sum())), source)
        source, target = np.concatenate([source, isolated]), np.concatenate([target, isolated])
        order = np.argsort(source, kind="stable")
        valence = np.bincount(source)
        return Neighbors(np.concatenate([[0], np.cumsum(valence)[:-1]]), target[order], valence.astype(np.float64))

    def of(self, rows: NDArray[np.bool_]) -> "Neighbors":  # [V]
        """The neighbors of some vertices only; `sum` still takes the values of all vertices."""
        count = self.valence[rows].astype(np.int64)
        first = np.concatenate([[0], np.cumsum(count)[:-1]])
        kept = np.repeat(rows, self.valence.astype(np.int64))
        return Neighbors(first, self.index[kept], self.valence[rows])

    def mean(self, values: Array) -> Array:  # [V, C] -> [V, C]
        """Mean over the neighbors of each vertex."""
        return self.sum(values) / self.valence[:, None]


@dataclass(frozen=True)
class LoopLevel:
    """One refinement: old vertices smoothed, then one new vertex per edge."""

    neighbors: Neighbors
    ends: Indices  # [E, 2] an edge's vertices
    opposite: Indices  # [E, 2] the corners opposite the edge in its two faces
    faces: Indices  # [4F, 3] the refined faces

    def refine(self, values: Array) -> Array:  # [V, C] -> [V + E, C]
        """Loop's stencils."""
        valence = self.neighbors.valence[:, None]
        beta = np.where(valence == 3, 3 / 16, 3 / (8 * valence))
        old = (1 - valence * beta) * values + beta * self.neighbors.sum(values)
        new = 3 / 8 * values[self.ends].sum(1) + 1 / 8 * values[self.opposite].sum(1)
        return np.concatenate([old, new])


@dataclass(frozen=True)
class SurfaceMesh:
    """Triangles with texture coordinates per corner."""

    faces: Indices  # [F, 3]
    corner_uv: Array  # [F, 3, 2]


@dataclass(frozen=True)
class DenseMesh(SurfaceMesh):
    """A body mesh refined by several levels; uv is halved linearly inside each face, so charts stay where they are."""

    levels: tuple[LoopLevel, ...]

    def refine(self, values: Array) -> Array:  # [V, C] -> [Vd, C]
        """Carry a per-vertex attribute of the body to the dense mesh."""
        for level in self.levels:
            values = level.refine(values)
        return values


def subdivide(num_vertices: int, faces: Indices, corner_uv: Array, levels: int) -> DenseMesh:
    """Refine a closed manifold mesh `levels` times."""
    steps: list[LoopLevel] = []
    for _ in range(levels):
        step = _loop_level(num_vertices, faces)
        num_vertices, faces, corner_uv = num_vertices + len(step.ends), step.faces, _split_corners(corner_uv)
        steps.append(step)
    return DenseMesh(faces, corner_uv, tuple(steps))


def find_neighbors(num_vertices: int, faces: Indices) -> Neighbors:
    """Neighbors over the mesh's edges; every vertex must have one."""
    edges = unique_edges(faces)
    source, target = np.concatenate([edges, edges[:, ::-1]]).T
    order = np.argsort(source, kind="stable")
    valence = np.bincount(source, minlength=num_vertices)
    first = np.concatenate([[0], np.cumsum(valence)[:-1]])
    return Neighbors(first, target[order], valence.astype(np.float64))


def unique_edges(faces: Indices) -> Indices:  # [F, 3] -> [E, 2]
    """Each edge once, lower vertex first."""
    numbers = np.sort(_edge_numbers(faces))  # np.unique hashes them, which takes ten times as long
    numbers = numbers[np.concatenate([[True], numbers[1:] != numbers[:-1]])]
    return np.stack(np.divmod(numbers, _MOST_VERTICES), 1)


def _edge_numbers(faces: Indices) -> Indices:  # [F, 3] -> [3F]
    """A number for each edge of each face, ordered as (lower vertex, higher vertex): sorts much faster than pairs."""
    start, end = faces.T.ravel(), np.roll(faces, -1, axis=1).T.ravel()
    return np.minimum(start, end) * _MOST_VERTICES + np.maximum(start, end)


def vertex_normals(vertices: Array, faces: Indices) -> Array:  # [V, 3]
    """Area-weighted unit normals."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)
    normals = np.stack([np.bincount(faces.ravel(), np.repeat(area[:, k], 3), len(vertices)) for k in range(3)], 1)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _loop_level(num_vertices: int, faces: Indices) -> LoopLevel:
    across = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    numbers, inverse = np.unique(_edge_numbers(faces), return_inverse=True)
    ends = np.stack(np.divmod(numbers, _MOST_VERTICES), 1)
    opposite = across[np.argsort(inverse, kind="stable")].reshape(-1, 2)  # closed: every edge has two faces
    e = inverse.reshape(3, -1).T + num_vertices  # [F, 3] the new vertex on each side
    children = np.concatenate([
        np.stack([faces[:, 0], e[:, 0], e[:, 2]], 1),
        np.stack([e[:, 0], faces[:, 1], e[:, 1]], 1),
        np.stack([e[:, 2], e[:, 1], faces[:, 2]], 1),
        e,
    ])  # fmt: skip
    return LoopLevel(find_neighbors(num_vertices, faces), ends, opposite, children)


def _split_corners(uv: Array) -> Array:  # [F, 3, 2] -> [4F, 3, 2] in the order of _loop_level
    middle = [(uv[:, k] + uv[:, (k + 1) % 3]) / 2 for k in range(3)]
    return np.concatenate([
        np.stack([uv[:, 0], middle[0], middle[2]], 1),
        np.stack([middle[0], uv[:, 1], middle[1]], 1),
        np.stack([middle[2], middle[1], uv[:, 2]], 1),
        np.stack(middle, 1),
    ])  # fmt: skip
