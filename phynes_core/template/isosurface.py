"""The surface of a solid on a grid: a closed manifold mesh without handles.

Marching tetrahedra on Freudenthal's subdivision of the cubes (six tetrahedra around each main diagonal): every surface
that it makes is a closed manifold. Its topology is that of the grid's points: they are taken into the solid one by one,
deepest first, and only while a point changes no topology (it is simple), so that the solid stays a ball. What would
close a handle stays out: where two fingers touch, a cut remains.
"""

import heapq

import numpy as np
from scipy.ndimage import label

from phynes_core.kernels.cpu.compiler import serial

# the ends of a Freudenthal edge: steps in {0, 1}^3, and back
STEPS = np.array([[k & 1, (k >> 1) & 1, k >> 2] for k in range(1, 8)])
NEIGHBORS = np.concatenate([STEPS, -STEPS])  # [14, 3]
TINY = 1e-6  # of a cell: what is cut away has this value outside


def closed_surface(
    solid: np.ndarray,  # [X, Y, Z] float32, positive inside; negative on the grid's border
) -> tuple[np.ndarray, np.ndarray]:  # vertices [V, 3] in cells, faces [F, 3], counter-clockwise from outside
    """The zero set of the solid's largest part, made a ball."""
    inside = ball_in(solid)
    least = np.float32(TINY * np.abs(solid).max())
    field = np.where(inside, np.maximum(solid, least), np.minimum(solid, -least)).astype(np.float32)
    cells = _crossed(field > 0)
    soup = tetrahedra_surface(field, cells)
    keys, faces = np.unique(soup, return_inverse=True)
    faces = faces.reshape(-1, 3)
    start, direction = np.divmod(keys, 8)
    first = np.stack(np.unravel_index(start, field.shape), -1)
    second = first + np.array([[k & 1, (k >> 1) & 1, k >> 2] for k in range(8)])[direction]
    a, b = field[tuple(first.T)].astype(np.float64), field[tuple(second.T)].astype(np.float64)
    share = np.clip(a / (a - b), 0.1, 0.9)[:, None]  # no two vertices at one point
    return first + share * (second - first), faces


def ball_in(solid: np.ndarray) -> np.ndarray:  # [X, Y, Z] -> bool
    """A ball of grid points in the solid's largest part, hollows filled; points are added deepest first."""
    inside = solid > 0
    parts, count = _labels(inside)
    if count == 0:
        raise ValueError("solid: expected points inside, got none")
    if count > 1:
        inside = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    outer, count = _labels(~inside)
    if count > 1:
        inside = outer != outer[0, 0, 0]
    depth = np.where(inside, np.maximum(solid, np.float32(0)), np.float32(-1)).astype(np.float32)
    steps = NEIGHBORS @ np.array([solid.shape[1] * solid.shape[2], solid.shape[2], 1])
    taken = grow_ball(np.ascontiguousarray(depth).reshape(-1), steps, _SIMPLE, int(depth.argmax()))
    return taken.reshape(solid.shape)


def _labels(inside: np.ndarray) -> tuple[np.ndarray, int]:  # [X, Y, Z] bool -> int32, 0 outside; how many
    """Connected parts."""
    structure = np.zeros((3, 3, 3), bool)
    structure[tuple((NEIGHBORS + 1).T)] = structure[1, 1, 1] = True
    labels = np.zeros(inside.shape, np.int32)
    label(inside, structure, labels)
    return labels, int(labels.max())


def _simple_table() -> np.ndarray:  # [2^14] bool
    """Whether adding a point changes no topology, by which of its 14 neighbors are inside.

    It changes none where both those inside and those outside are one connected part of the point's link, a sphere.
    """
    apart = NEIGHBORS[:, None] - NEIGHBORS[None]
    is_edge = ((apart >= 0).all(-1) | (apart <= 0).all(-1)) & (np.abs(apart).max(-1) == 1)
    masks = [sum(1 << int(j) for j in np.nonzero(row)[0]) for row in is_edge]

    def is_one_part(members: int) -> bool:
        if members == 0:
            return False
        reached = front = members & -members
        while front:
            around, rest = 0, front
            while rest:
                lowest = rest & -rest
                around |= masks[lowest.bit_length() - 1]
                rest ^= lowest
            front = around & members & ~reached
            reached |= front
        return reached == members

    whole = (1 << 14) - 1
    connected = [is_one_part(members) for members in range(1 << 14)]
    return np.array([connected[members] and connected[whole ^ members] for members in range(1 << 14)])


_SIMPLE = _simple_table()


@serial
def grow_ball(depth, steps, simple, start):
    """[N] bool: the points taken in, from `start`; `depth` [N] is negative outside, and along the grid's border."""
    taken = np.zeros(depth.shape[0], np.bool_)
    waits = np.zeros(depth.shape[0], np.bool_)
    taken[start] = True
    heap = [(np.float32(0), np.int64(start))]
    heap.pop()
    for k in range(14):
        place = start + steps[k]
        if depth[place] >= 0:
            waits[place] = True
            heapq.heappush(heap, (-depth[place], np.int64(place)))
    while len(heap) > 0:
        place = heapq.heappop(heap)[1]
        waits[place] = False
        if taken[place]:
            continue
        members = 0
        for k in range(14):
            if taken[place + steps[k]]:
                members |= 1 << k
        if not simple[members]:
            continue
        taken[place] = True
        for k in range(14):
            other = place + steps[k]
            if depth[other] >= 0 and not taken[other] and not waits[other]:
                waits[other] = True
                heapq.heappush(heap, (-depth[other], np.int64(other)))
    return taken


def _crossed(inside: np.ndarray) -> np.ndarray:  # [X, Y, Z] bool -> [K, 3] int64
    """Cells with corners on both sides."""
    x, y, z = (n - 1 for n in inside.shape)
    count = np.zeros((x, y, z), np.uint8)
    for k in range(8):
        a, b, c = k & 1, (k >> 1) & 1, k >> 2
        count += inside[a : a + x, b : b + y, c : c + z]
    return np.argwhere((count > 0) & (count < 8))


@serial
def tetrahedra_surface(field, cells):
    """[F, 3] int64: each corner a key 8 * (first grid point of its edge) + the edge's step, as bits x, y, z."""
    size_y, size_z = field.shape[1], field.shape[2]
    faces = np.empty((cells.shape[0] * 12, 3), np.int64)
    count = 0
    orders = np.array([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    is_even = np.array([True, False, False, True, True, False])
    corners = np.empty(4, np.int64)  # bits of the cell's corner
    inner, outer = np.empty(4, np.int64), np.empty(4, np.int64)
    for i in range(cells.shape[0]):
        x, y, z = cells[i, 0], cells[i, 1], cells[i, 2]
        for t in range(6):
            corners[0] = 0
            for k in range(3):
                corners[k + 1] = corners[k] | (1 << orders[t, k])
            num_inner, num_outer = 0, 0
            # whether (inner, outer), in their order in the tetrahedron, is an odd permutation of it
            is_odd = False
            for k in range(4):
                bits = corners[k]
                if field[x + (bits & 1), y + ((bits >> 1) & 1), z + (bits >> 2)] > 0:
                    inner[num_inner] = bits
                    num_inner += 1
                    if num_outer % 2 == 1:
                        is_odd = not is_odd
                else:
                    outer[num_outer] = bits
                    num_outer += 1
            if num_inner == 0 or num_outer == 0:
                continue
            flips = is_odd == is_even[t]
            if num_inner == 1 or num_inner == 3:
                tip = inner[0] if num_inner == 1 else outer[0]
                for k in range(3):
                    other = outer[k] if num_inner == 1 else inner[k]
                    faces[count, k] = _key(x, y, z, tip, other, size_y, size_z)
                count += 1
                if flips:
                    _flip(faces, count - 1)
            else:
                ac = _key(x, y, z, inner[0], outer[0], size_y, size_z)
                ad = _key(x, y, z, inner[0], outer[1], size_y, size_z)
                bd = _key(x, y, z, inner[1], outer[1], size_y, size_z)
                bc = _key(x, y, z, inner[1], outer[0], size_y, size_z)
                faces[count, 0], faces[count, 1], faces[count, 2] = ac, ad, bd
                faces[count + 1, 0], faces[count + 1, 1], faces[count + 1, 2] = ac, bd, bc
                count += 2
                if flips:
                    _flip(faces, count - 2)
                    _flip(faces, count - 1)
    return faces[:count].copy()


@serial
def _key(x, y, z, first, second, size_y, size_z):
    low, high = min(first, second), max(first, second)
    place = ((x + (low & 1)) * size_y + y + ((low >> 1) & 1)) * size_z + z + (low >> 2)
    return place * 8 + (high ^ low)


@serial
def _flip(faces, row):
    second = faces[row, 1]
    faces[row, 1] = faces[row, 2]
    faces[row, 2] = second
