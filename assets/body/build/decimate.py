"""Half-edge collapses by quadric error that keep the UV seams: Garland and Heckbert 1997, on plain Python lists."""

import heapq

import numpy as np

_LENGTH_COST = 0.003  # times length^4: keeps triangles even where the surface is flat
_MIN_COSINE = 0.3  # between a face's normal before and after
_MIN_SHAPE = 0.08  # twice the area over the square of the longest edge


class Decimation:
    """A mesh on its way to fewer vertices. Kept vertices stay where they are and keep their uv."""

    def __init__(
        self,
        vertices: np.ndarray,  # [N, 3]
        faces: np.ndarray,  # [F, 3]
        uv: np.ndarray,  # [U, 2]
        uv_faces: np.ndarray,  # [F, 3]
        importance: np.ndarray,  # [N] factor on a vertex's cost
    ) -> None:
        self._array = vertices
        self._vertices = [tuple(vertex) for vertex in vertices]
        self._uv = [tuple(entry) for entry in uv]
        self._faces = [list(map(int, face)) for face in faces]
        self._uv_faces = [list(map(int, face)) for face in uv_faces]
        self._importance = importance
        self._is_alive = np.ones(len(faces), bool)
        self._faces_of: list[set[int]] = [set() for _ in vertices]
        for index, face in enumerate(self._faces):
            for vertex in face:
                self._faces_of[vertex].add(index)
        self._quadrics = _quadrics(vertices, faces)
        self._version = np.zeros(len(vertices), int)
        self._heap: list[tuple[float, int, int, int, int]] = []
        for vertex, around in enumerate(self._faces_of):
            if around:
                self._offer(vertex)

    def run(self, num_vertices: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Collapse to this many vertices; returns kept vertices [M], faces and uv_faces with the old numbers."""
        left = sum(1 for around in self._faces_of if around)
        while left > num_vertices:
            _, gone, kept, gone_version, kept_version = heapq.heappop(self._heap)
            is_current = gone_version == self._version[gone] and kept_version == self._version[kept]
            if is_current and self._faces_of[gone] and self._faces_of[kept] and self._collapse(gone, kept):
                left -= 1
        keep = np.array([vertex for vertex, around in enumerate(self._faces_of) if around])
        return keep, np.array(self._faces)[self._is_alive], np.array(self._uv_faces)[self._is_alive]

    def _offer(self, vertex: int) -> None:
        for other in self._neighbors(vertex):
            self._push(vertex, other)

    def _push(self, gone: int, kept: int) -> None:
        place = np.array([*self._vertices[kept], 1.0])
        length = np.linalg.norm(self._array[gone] - self._array[kept])
        cost = ((place @ self._quadrics[gone] @ place) + _LENGTH_COST * length**4) * self._importance[gone]
        heapq.heappush(self._heap, (cost, gone, kept, self._version[gone], self._version[kept]))

    def _neighbors(self, vertex: int) -> set[int]:
        return {other for face in self._faces_of[vertex] for other in self._faces[face]} - {vertex}

    def _collapse(self, gone: int, kept: int) -> bool:
        shared = [face for face in self._faces_of[gone] if face in self._faces_of[kept]]
        uv_of = self._uv_replacement(gone, kept, shared)
        if uv_of is None or len(self._neighbors(gone) & self._neighbors(kept)) != 2:
            return False  # it would cross a seam or pinch the surface
        changed = []
        for index in self._faces_of[gone]:
            if index not in shared:
                corner = self._faces[index].index(gone)
                face, uv_face = self._faces[index][:], self._uv_faces[index][:]
                face[corner], uv_face[corner] = kept, uv_of[uv_face[corner]]
                if not self._is_sound(index, face, uv_face):
                    return False
                changed.append((index, face, uv_face))
        for index in shared:
            for vertex in self._faces[index]:
                self._faces_of[vertex].discard(index)
            self._is_alive[index] = False
        for index, face, uv_face in changed:
            self._faces[index], self._uv_faces[index] = face, uv_face
            self._faces_of[kept].add(index)
        self._faces_of[gone] = set()
        self._quadrics[kept] += self._quadrics[gone]
        self._version[gone] += 1
        self._version[kept] += 1
        self._offer(kept)
        for other in self._neighbors(kept):
            self._push(other, kept)
        return True

    def _uv_replacement(self, gone: int, kept: int, shared: list[int]) -> dict[int, int] | None:
        """Which uv entry of `kept` each one of `gone` becomes; None unless the edge lies in or along its seams."""
        if len(shared) != 2:
            return None
        replacement: dict[int, int] = {}
        for index in shared:
            old = self._uv_faces[index][self._faces[index].index(gone)]
            new = self._uv_faces[index][self._faces[index].index(kept)]
            if replacement.setdefault(old, new) != new:
                return None
        entries = {self._uv_faces[face][self._faces[face].index(gone)] for face in self._faces_of[gone]}
        return replacement if entries == set(replacement) else None

    def _is_sound(self, index: int, face: list[int], uv_face: list[int]) -> bool:
        before, after = self._normal(self._faces[index]), self._normal(face)
        length_before, length_after = (sum(x * x for x in normal) ** 0.5 for normal in (before, after))
        if length_after < 1e-10:
            return False
        cosine = sum(a * b for a, b in zip(before, after, strict=True))
        if length_before > 1e-10 and cosine < _MIN_COSINE * length_before * length_after:
            return False
        if self._uv_area(self._uv_faces[index]) * self._uv_area(uv_face) <= 0:
            return False
        corners = [self._vertices[vertex] for vertex in face]
        longest = max(
            sum((a - b) ** 2 for a, b in zip(corners[i], corners[(i + 1) % 3], strict=True)) for i in range(3)
        )
        return length_after / longest >= _MIN_SHAPE

    def _normal(self, face: list[int]) -> tuple[float, float, float]:
        a, b, c = (self._vertices[vertex] for vertex in face)
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        wx, wy, wz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        return uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx

    def _uv_area(self, uv_face: list[int]) -> float:
        a, b, c = (self._uv[entry] for entry in uv_face)
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _quadrics(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:  # [N, 4, 4]
    """Squared distance to the planes around each vertex, weighted by area."""
    corner = vertices[faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(normal, axis=1) / 2
    normal /= np.maximum(2 * area, 1e-15)[:, None]
    plane = np.concatenate([normal, -(normal * corner[:, 0]).sum(1, keepdims=True)], 1)
    of_face = plane[:, :, None] * plane[:, None, :] * area[:, None, None]
    quadrics = np.zeros((len(vertices), 4, 4))
    for k in range(3):
        np.add.at(quadrics, faces[:, k], of_face)
    return quadrics
