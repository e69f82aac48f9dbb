"""Edge collapses by quadric error (Garland and Heckbert, 1997) that keep a closed manifold one.

The link condition (Dey et al., 1999) forbids collapses that would pinch or glue the surface; faces may not turn over
or grow longer than a given edge. Locked vertices stay as they are. Where the surface is flat the shortest edges go
first, so that triangles are of one size there and smaller where it bends.
"""

import heapq

import numpy as np

from phynes_core.kernels.cpu.compiler import serial

EVENNESS = 5e-3  # weight of an edge's squared length against squared distances from the surface
LEAST_COSINE = 0.2  # between a face's normals before and after
LEAST_QUALITY = 0.15  # 4 sqrt(3) area / sum of squared edges, 1 for equilateral ones; worse ones only if they were


def decimate(
    vertices: np.ndarray,  # [V, 3] metres
    faces: np.ndarray,  # [F, 3] of a closed manifold
    target: int,  # number of vertices
    locked: np.ndarray | None = None,  # [V] bool
    longest_m: float = np.inf,
    weight: np.ndarray | None = None,  # [V] of errors there: more keeps more triangles
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # vertices, faces, [V'] which vertex each was, or grew from
    """At most `target` vertices, or as few as the conditions allow."""
    vertices, faces = np.array(vertices, np.float64), np.array(faces, np.int64)
    locked = np.zeros(len(vertices), bool) if locked is None else np.asarray(locked, bool)
    weight = np.ones(len(vertices)) if weight is None else np.asarray(weight, np.float64)
    alive = collapse_edges(vertices, faces, int(target), locked, float(longest_m), weight)
    faces = faces[alive]
    used = np.zeros(len(vertices), bool)
    used[faces] = True
    number = np.cumsum(used) - 1
    return vertices[used], number[faces], np.nonzero(used)[0]


@serial
def collapse_edges(vertices, faces, target, locked, longest, weight):
    """[F] bool: the faces that are left; vertices and faces are changed in place."""
    num_vertices, num_faces = vertices.shape[0], faces.shape[0]
    quadrics = np.zeros((num_vertices, 10))
    area = np.zeros(num_vertices)
    alive = np.ones(num_faces, np.bool_)
    first = np.full(num_vertices, -1, np.int64)  # a vertex's corners, 3 * face + corner, as a linked list
    last = np.full(num_vertices, -1, np.int64)
    after = np.full(3 * num_faces, -1, np.int64)
    for f in range(num_faces):
        _add_face_quadric(vertices, faces, f, weight, quadrics, area)
        for k in range(3):
            v = faces[f, k]
            corner = 3 * f + k
            if first[v] < 0:
                first[v] = corner
            else:
                after[last[v]] = corner
            last[v] = corner
    version = np.zeros(num_vertices, np.int64)
    heap = [(0.0, np.int64(0), np.int64(0), np.int64(0), np.int64(0))]
    heap.pop()
    point = np.empty(3)
    left = num_vertices
    around_u, around_v = np.empty(512, np.int64), np.empty(512, np.int64)
    at_refill = left + 1
    while left > target:
        if len(heap) == 0:  # what was refused may be possible by now
            if left == at_refill:
                break
            at_refill = left
            for f in range(num_faces):
                for k in range(3):
                    u, v = faces[f, k], faces[f, (k + 1) % 3]
                    if alive[f] and u < v and not (locked[u] and locked[v]):
                        cost = _target_point(vertices, quadrics, area, locked, u, v, point)
                        entry = (cost, np.int64(u), np.int64(v), version[u], version[v])
                        heapq.heappush(heap, entry)  # type: ignore[misc]
        _, u, v, version_u, version_v = heapq.heappop(heap)
        if version[u] != version_u or version[v] != version_v or first[u] < 0 or first[v] < 0:
            continue
        if locked[v]:
            u, v = v, u  # v goes
        count_u = _neighbors(faces, alive, first, after, u, around_u)
        count_v = _neighbors(faces, alive, first, after, v, around_v)
        if count_u < 0 or count_v < 0 or not _is_linked(around_u, count_u, around_v, count_v):
            continue
        _target_point(vertices, quadrics, area, locked, u, v, point)
        if not (
            _keeps_shape(vertices, faces, alive, first, after, u, v, point, longest)
            and _keeps_shape(vertices, faces, alive, first, after, v, u, point, longest)
        ):
            continue
        for k in range(3):
            vertices[u, k] = point[k]
        for k in range(10):
            quadrics[u, k] += quadrics[v, k]
        area[u] += area[v]
        corner = first[v]
        while corner >= 0:
            f = corner // 3
            if alive[f]:
                if faces[f, 0] == u or faces[f, 1] == u or faces[f, 2] == u:
                    alive[f] = False
                else:
                    faces[f, corner % 3] = u
            corner = after[corner]
        after[last[u]] = first[v]
        last[u] = last[v]
        first[v] = -1
        left -= 1
        version[u] += 1
        _drop_dead(alive, first, last, after, u)
        count_u = _neighbors(faces, alive, first, after, u, around_u)
        for k in range(count_u):
            other = around_u[k]
            if not (locked[u] and locked[other]):
                low, high = min(u, other), max(u, other)
                cost = _target_point(vertices, quadrics, area, locked, low, high, point)
                heapq.heappush(heap, (cost, np.int64(low), np.int64(high), version[low], version[high]))
    return alive


@serial
def _add_face_quadric(vertices, faces, f, weight, quadrics, area):
    a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
    e, g = b - a, c - a
    n = np.array([e[1] * g[2] - e[2] * g[1], e[2] * g[0] - e[0] * g[2], e[0] * g[1] - e[1] * g[0]])
    length = np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
    if length < 1e-20:
        return
    n = n / length
    d = -(n[0] * a[0] + n[1] * a[1] + n[2] * a[2])
    for k in range(3):
        v = faces[f, k]
        share = length / 6.0
        area[v] += share
        share *= weight[v]
        row = quadrics[v]
        row[0] += share * n[0] * n[0]
        row[1] += share * n[0] * n[1]
        row[2] += share * n[0] * n[2]
        row[3] += share * n[0] * d
        row[4] += share * n[1] * n[1]
        row[5] += share * n[1] * n[2]
        row[6] += share * n[1] * d
        row[7] += share * n[2] * n[2]
        row[8] += share * n[2] * d
        row[9] += share * d * d


@serial
def _error(q, x, y, z):
    squares = q[0] * x * x + q[4] * y * y + q[7] * z * z + q[9]
    return squares + 2.0 * (q[1] * x * y + q[2] * x * z + q[3] * x + q[5] * y * z + q[6] * y + q[8] * z)


@serial
def _target_point(vertices, quadrics, area, locked, u, v, point):
    """Where the two ends go together, in `point`; returns the cost."""
    q = quadrics[u] + quadrics[v]
    a, b = vertices[u], vertices[v]
    length2 = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
    even = EVENNESS * (area[u] + area[v])
    if locked[u] or locked[v]:
        kept = a if locked[u] else b
        for k in range(3):
            point[k] = kept[k]
    else:
        middle = 0.5 * (a + b)
        # the quadric, pulled toward the middle: solvable on planes, too
        pull = even + 1e-12
        m00, m11, m22 = q[0] + pull, q[4] + pull, q[7] + pull
        r0, r1, r2 = pull * middle[0] - q[3], pull * middle[1] - q[6], pull * middle[2] - q[8]
        c00, c01, c02 = m11 * m22 - q[5] * q[5], q[2] * q[5] - q[1] * m22, q[1] * q[5] - q[2] * m11
        determinant = m00 * c00 + q[1] * c01 + q[2] * c02
        c11, c12, c22 = m00 * m22 - q[2] * q[2], q[1] * q[2] - m00 * q[5], m00 * m11 - q[1] * q[1]
        point[0] = (c00 * r0 + c01 * r1 + c02 * r2) / determinant
        point[1] = (c01 * r0 + c11 * r1 + c12 * r2) / determinant
        point[2] = (c02 * r0 + c12 * r1 + c22 * r2) / determinant
        away = (point[0] - middle[0]) ** 2 + (point[1] - middle[1]) ** 2 + (point[2] - middle[2]) ** 2
        if not away < length2:
            for k in range(3):
                point[k] = middle[k]
    return max(_error(q, point[0], point[1], point[2]), 0.0) + even * length2


@serial
def _neighbors(faces, alive, first, after, v, found):
    """The vertices around v; how many, or -1 where they do not fit."""
    count = 0
    corner = first[v]
    while corner >= 0:
        f = corner // 3
        if alive[f]:
            if count >= found.shape[0]:
                return -1
            found[count] = faces[f, (corner % 3 + 1) % 3]  # each neighbor follows v in one face of a closed manifold
            count += 1
        corner = after[corner]
    return count


@serial
def _is_linked(around_u, count_u, around_v, count_v):
    """The link condition: exactly the two opposite corners are neighbors of both ends."""
    shared = 0
    for i in range(count_u):
        for j in range(count_v):
            if around_u[i] == around_v[j]:
                shared += 1
    return shared == 2 and count_u + count_v > 7


@serial
def _keeps_shape(vertices, faces, alive, first, after, moved, other, point, longest):
    """Whether the faces of `moved`, but those with `other`, stay well shaped when it moves to `point`."""
    corner = first[moved]
    while corner >= 0:
        f, k = corner // 3, corner % 3
        corner = after[corner]
        if not alive[f]:
            continue
        i, j = faces[f, (k + 1) % 3], faces[f, (k + 2) % 3]
        if i == other or j == other:
            continue
        before, area_before, sum_before = _shape(vertices[moved], vertices[i], vertices[j])
        now, area_now, sum_now = _shape(point, vertices[i], vertices[j])
        cosine = before[0] * now[0] + before[1] * now[1] + before[2] * now[2]
        if cosine < LEAST_COSINE * area_before * area_now:
            return False
        quality, was = area_now / sum_now, area_before / max(sum_before, 1e-30)
        if quality * 3.4641016 < LEAST_QUALITY and quality < was:
            return False
        for end in (i, j):
            apart = 0.0
            for c in range(3):
                apart += (point[c] - vertices[end, c]) ** 2
            if apart > longest * longest:
                return False
    return True


@serial
def _shape(a, b, c):
    """Cross product of two sides, its length, and the sum of the squared sides."""
    e, g, h = b - a, c - a, c - b
    n = np.array([e[1] * g[2] - e[2] * g[1], e[2] * g[0] - e[0] * g[2], e[0] * g[1] - e[1] * g[0]])
    length = np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
    squares = 0.0
    for k in range(3):
        squares += e[k] * e[k] + g[k] * g[k] + h[k] * h[k]
    return n, length, squares


@serial
def _drop_dead(alive, first, last, after, v):
    """Take faces that are gone out of a vertex's list."""
    head, tail = -1, -1
    corner = first[v]
    while corner >= 0:
        following = after[corner]
        if alive[corner // 3]:
            if head < 0:
                head = corner
            else:
                after[tail] = corner
            tail = corner
        corner = following
    if tail >= 0:
        after[tail] = -1
    first[v], last[v] = head, tail
