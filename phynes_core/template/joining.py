"""Cut a closed mesh along the zero line of a scalar, and join its boundary loops with those of other meshes."""

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from phynes_core.kernels.cpu.compiler import serial
from phynes_core.template.parts import boundary_loops

SNAP = 0.15  # of an edge: a cut closer to its end goes through the end


def cut(
    vertices: np.ndarray,  # [V, 3]
    faces: np.ndarray,  # [F, 3]
    value: np.ndarray,  # [V]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # vertices [V', 3], faces [F', 3], [V'] former number, -1: new
    """The largest connected piece of what lies where the value is positive; faces on the line are split."""
    value = _snapped(faces, np.asarray(value, np.float64))
    inside = value >= 0.0
    kept = faces[inside[faces].all(1) & (value[faces] > 0).any(1)]
    crossed = faces[(value[faces] > 0).any(1) & (value[faces] < 0).any(1)]
    ends = np.sort(np.concatenate([crossed[:, [0, 1]], crossed[:, [1, 2]], crossed[:, [2, 0]]]), 1)
    ends = np.unique(ends[value[ends[:, 0]] * value[ends[:, 1]] < 0], axis=0)
    number = {(a, b): len(vertices) + i for i, (a, b) in enumerate(ends.tolist())}
    a, b = value[ends[:, 0]], value[ends[:, 1]]
    share = (a / (a - b))[:, None]
    points = np.concatenate([vertices, (1 - share) * vertices[ends[:, 0]] + share * vertices[ends[:, 1]]])
    pieces = []
    for face in crossed.tolist():
        ring = []
        for k in range(3):
            u, v = face[k], face[(k + 1) % 3]
            if inside[u]:
                ring.append(u)
            if value[u] * value[v] < 0:
                ring.append(number[min(u, v), max(u, v)])
        pieces += [(ring[0], ring[k], ring[k + 1]) for k in range(1, len(ring) - 1)]
    joined = np.concatenate([kept, np.array(pieces, np.int64).reshape(-1, 3)])
    joined = joined[largest_piece(joined)]
    used, compact = np.unique(joined, return_inverse=True)
    return points[used], compact.reshape(-1, 3), np.where(used < len(vertices), used, -1)


def one_hole(value: np.ndarray, faces: np.ndarray) -> np.ndarray:  # [V], [F, 3] -> [V]
    """Positive but on the largest connected piece of what was negative: a lock over a cheek leaves no hole."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = ends[(value[ends] < 0.0).all(1)]
    _, piece = connected_components(sparse.csr_matrix((np.ones(len(ends)), ends.T), (len(value),) * 2), False)
    is_negative = value < 0.0
    largest = np.bincount(piece[is_negative]).argmax() if is_negative.any() else -1
    return np.where(piece == largest, value, np.abs(value))


def largest_piece(faces: np.ndarray) -> np.ndarray:  # [F, 3] -> [F] bool
    """The faces of the connected piece that has most of them."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    size = int(faces.max()) + 1
    _, piece = connected_components(sparse.csr_matrix((np.ones(len(ends)), ends.T), (size, size)), False)
    of_face = piece[faces[:, 0]]
    return of_face == np.bincount(of_face).argmax()


def _snapped(faces: np.ndarray, value: np.ndarray) -> np.ndarray:  # [V]
    """Vertices close to the line are put onto it, so that no slivers arise."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    a, b = value[edges[:, 0]], value[edges[:, 1]]
    crossed = a * b < 0
    edges, a, b = edges[crossed], a[crossed], b[crossed]
    share = a / (a - b)
    snapped = value.copy()
    snapped[edges[share < SNAP, 0]] = 0.0
    snapped[edges[share > 1.0 - SNAP, 1]] = 0.0
    return snapped


def join(
    vertices: np.ndarray,  # [V, 3]
    faces: np.ndarray,  # [F, 3] with one boundary loop
    part_vertices: np.ndarray,  # [P, 3]
    part_faces: np.ndarray,  # [Q, 3] of a disc
) -> tuple[np.ndarray, np.ndarray]:  # vertices [V + P, 3], the part's after the others; faces
    """One closed mesh: the shortest strip of faces closes the gap. Raises ValueError where loops do not fit."""
    loops, rims = boundary_loops(faces), boundary_loops(part_faces)
    if loops is None or rims is None or len(loops) != 1 or len(rims) != 1:
        counts = ["tangled ones" if found is None else len(found) for found in (loops, rims)]
        raise ValueError(
            f"boundary: expected one loop of the mesh and one of the part, got {counts[0]} and {counts[1]}"
        )
    count, loop, rim = len(vertices), loops[0], rims[0][::-1]  # along the boundary they run in opposite directions
    strip = zip_loops(vertices[loop], part_vertices[rim])
    ends = np.concatenate([loop, count + rim])
    return np.concatenate([vertices, part_vertices]), np.concatenate([faces, part_faces + count, ends[strip]])


def zip_loops(loop: np.ndarray, other: np.ndarray) -> np.ndarray:  # [A, 3], [B, 3] -> [A + B, 3]
    """The strip between two closed polygons of one direction whose cross edges are shortest in sum.

    Faces number the first polygon's points from 0 and the other's from A; their edges run against `loop`, as those of
    a neighbor across it do.
    """
    apart = np.linalg.norm(loop[:, None] - other[None], axis=-1)
    start, other_start = np.unravel_index(int(apart.argmin()), apart.shape)
    turned = np.roll(np.roll(apart, -start, 0), -other_start, 1)
    turns = shortest_strip(np.pad(turned, ((0, 1), (0, 1)), mode="wrap"))
    first, second = len(loop), len(other)
    i = j = 0
    faces = []
    for is_first in turns:
        a, b = (start + i) % first, first + (other_start + j) % second
        if is_first:
            faces.append(((start + i + 1) % first, a, b))
            i += 1
        else:
            faces.append((a, b, first + (other_start + j + 1) % second))
            j += 1
    return np.array(faces, np.int64)


@serial
def shortest_strip(apart):
    """Steps (True: along the rows) from the first to the last entry of [A + 1, B + 1] with the least sum."""
    rows, columns = apart.shape
    cost = np.full((rows, columns), np.inf)
    came = np.zeros((rows, columns), np.bool_)
    cost[0, 0] = 0.0
    for i in range(rows):
        for j in range(columns):
            if i > 0 and cost[i - 1, j] + apart[i, j] < cost[i, j]:
                cost[i, j], came[i, j] = cost[i - 1, j] + apart[i, j], True
            if j > 0 and cost[i, j - 1] + apart[i, j] < cost[i, j]:
                cost[i, j], came[i, j] = cost[i, j - 1] + apart[i, j], False
    steps = np.empty(rows + columns - 2, np.bool_)
    i, j = rows - 1, columns - 1
    for k in range(len(steps) - 1, -1, -1):
        steps[k] = came[i, j]
        if steps[k]:
            i -= 1
        else:
            j -= 1
    return steps
