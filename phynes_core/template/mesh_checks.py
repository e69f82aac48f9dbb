"""What a template's mesh must be: closed, manifold, one piece without handles, and not through itself."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from phynes_core.kernels.cpu.compiler import serial

MOST_SHOWN = 1_000_000  # intersecting pairs


@dataclass(frozen=True)
class Topology:
    """Of a triangle mesh."""

    num_parts: int  # connected ones
    is_closed: bool  # every edge has two faces, which run along it in opposite directions
    is_manifold: bool  # and the faces around every vertex are one fan
    genus: int  # handles of all parts; meaningless where it is not closed


def topology(faces: np.ndarray) -> Topology:  # [F, 3]
    """Of the faces alone."""
    used, faces = np.unique(np.asarray(faces, np.int64), return_inverse=True)
    faces, size = faces.reshape(-1, 3), len(used)
    start = faces.reshape(-1)  # of the edge at each corner
    end = np.roll(faces, -1, 1).reshape(-1)
    num_parts = connected_components(_links(start, end, size), False)[0]
    genus = num_parts - (size - len(start) // 2 + len(faces)) // 2
    forward, backward = start * size + end, end * size + start
    order, twin_order = np.argsort(forward), np.argsort(backward)
    is_proper = bool((start != end).all()) and bool((np.diff(forward[order]) > 0).all())
    if not is_proper or not np.array_equal(forward[order], backward[twin_order]):
        return Topology(num_parts, False, False, genus)
    corner, twin = order, twin_order  # the corner where an edge starts, and that where it starts on the other side
    ends = np.concatenate([corner, _next(corner)])
    joined = connected_components(_links(ends, np.concatenate([_next(twin), twin]), len(start)), False)[0]
    return Topology(num_parts, True, joined == size, genus)


def _next(corner: np.ndarray) -> np.ndarray:
    """The corner after each, in its face."""
    return corner - corner % 3 + (corner % 3 + 1) % 3


def _links(first: np.ndarray, second: np.ndarray, size: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(first), np.int8), (first, second)), (size, size))


def intersecting_faces(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:  # [V, 3], [F, 3] -> [P, 2]
    """Pairs of faces without a common vertex that go through each other."""
    vertices = np.ascontiguousarray(vertices, np.float64)
    corners = vertices[faces]
    low, high = corners.min(1), corners.max(1)
    cell = max(float(np.median((high - low).max(1))) * 2.0, 1e-9)
    origin = low.min(0)
    first, last = ((low - origin) / cell).astype(np.int64), ((high - origin) / cell).astype(np.int64)
    size = last.max(0) + 1
    count = np.prod(last - first + 1, axis=1)
    owner = np.repeat(np.arange(len(faces)), count)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    spans = (last - first + 1)[owner]
    place = first[owner] + np.stack(
        [within // (spans[:, 1] * spans[:, 2]), within // spans[:, 2] % spans[:, 1], within % spans[:, 2]], -1
    )
    key = (place[:, 0] * size[1] + place[:, 1]) * size[2] + place[:, 2]
    order = np.argsort(key, kind="stable")
    pairs = crossing_pairs(vertices, np.asarray(faces, np.int64), low, high, key[order], owner[order])
    return np.unique(pairs, axis=0)


@serial
def crossing_pairs(vertices, faces, low, high, key, owner):
    """Pairs among the faces of each cell; a pair may be found in several cells."""
    found = np.empty((MOST_SHOWN, 2), np.int64)
    count, start = 0, 0
    while start < key.shape[0]:
        end = start
        while end < key.shape[0] and key[end] == key[start]:
            end += 1
        for i in range(start, end):
            for j in range(i + 1, end):
                f, g = min(owner[i], owner[j]), max(owner[i], owner[j])
                is_apart = False
                for k in range(3):
                    if low[f, k] > high[g, k] or low[g, k] > high[f, k]:
                        is_apart = True
                    for m in range(3):
                        if faces[f, k] == faces[g, m]:
                            is_apart = True
                if not is_apart and count < MOST_SHOWN and _cross(vertices, faces, f, g):
                    found[count, 0], found[count, 1] = f, g
                    count += 1
        start = end
    return found[:count].copy()


@serial
def _cross(vertices, faces, f, g):
    for turn in range(2):
        one, other = (f, g) if turn == 0 else (g, f)
        a, b, c = vertices[faces[other, 0]], vertices[faces[other, 1]], vertices[faces[other, 2]]
        for k in range(3):
            p, q = vertices[faces[one, k]], vertices[faces[one, (k + 1) % 3]]
            above, below = _volume(a, b, c, p), _volume(a, b, c, q)
            if (above > 0) == (below > 0):
                continue
            first, second, third = _volume(p, q, a, b), _volume(p, q, b, c), _volume(p, q, c, a)
            if (first > 0) == (second > 0) and (second > 0) == (third > 0):
                return True
    return False


@serial
def _volume(a, b, c, d):
    x, y, z = b - a, c - a, d - a
    return (x[1] * y[2] - x[2] * y[1]) * z[0] + (x[2] * y[0] - x[0] * y[2]) * z[1] + (x[0] * y[1] - x[1] * y[0]) * z[2]
