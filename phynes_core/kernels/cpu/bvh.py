"""A tree of boxes over a triangle mesh, asked for closest points, heights along rays and occlusion."""

import math
from dataclasses import dataclass

import numpy as np

from phynes_core.kernels.cpu.bvh_any_hit import any_hits
from phynes_core.kernels.cpu.bvh_build import build_tree, refit_tree
from phynes_core.kernels.cpu.closest import closest_points
from phynes_core.kernels.cpu.ray_heights import ray_heights
from phynes_core.kernels.cpu.threads import run_in_threads

_RAY_CHUNK = 1 << 14


@dataclass(frozen=True)
class KnownSurface:
    """Where rays end."""

    offsets: np.ndarray  # [V] float32, m over the mesh along its normals
    hit_depth_m: float  # a ray has hit when it is so far inside
    behind_m: float  # and so far behind that place it sees nothing any more


class Bvh:
    """Built once for a topology (9 ms for 14k triangles); `refit` follows moved vertices (0.3 ms)."""

    def __init__(
        self,
        vertices: np.ndarray,  # [V, 3] m
        faces: np.ndarray,  # [F, 3]
    ) -> None:
        vertices = np.ascontiguousarray(vertices, np.float32)
        self.faces = np.ascontiguousarray(faces, np.int32)
        if len(self.faces) == 0:
            raise ValueError("faces: expected at least one face, got none")
        self._children, self._face_order = build_tree(vertices, self.faces)
        self._boxes = np.empty((len(self._children), 6), np.float32)
        self._corners_and_edges = np.empty((len(self.faces), 9), np.float32)
        self.refit(vertices)

    def refit(self, vertices: np.ndarray) -> None:  # [V, 3] m
        """Follow moved vertices of the same mesh. Answers stay exact; far from the built pose they get slower."""
        vertices = np.ascontiguousarray(vertices, np.float32)
        refit_tree(vertices, self.faces, self._face_order, self._children, self._boxes, self._corners_and_edges)

    def closest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # points [N, 3] m
        """Closest face [N] int32, barycentric coordinates there [N, 3], distance [N] m."""
        points = np.ascontiguousarray(points, np.float32)
        face_index = np.empty(len(points), np.int32)
        barycentric = np.empty((len(points), 3), np.float32)
        distance = np.empty(len(points), np.float32)
        closest_points(*self._tree, self._face_order, points, face_index, barycentric, distance)
        return face_index, barycentric, distance

    def any_hit(
        self,
        origins: np.ndarray,  # [N, 3] m
        directions: np.ndarray,  # [N, 3]
        reach: float = math.inf,  # how far rays go, in lengths of their direction
    ) -> np.ndarray:  # [N] bool
        """Whether each ray meets the mesh, from either side."""
        origins = np.ascontiguousarray(origins, np.float32)
        directions = np.ascontiguousarray(directions, np.float32)
        hit = np.empty(len(origins), np.bool_)

        def trace(start: int) -> None:
            end = start + _RAY_CHUNK
            hit[start:end] = self.trace_chunk(origins[start:end], directions[start:end], reach)

        run_in_threads(trace, range(0, len(origins), _RAY_CHUNK))
        return hit

    def trace_chunk(
        self,
        origins: np.ndarray,  # [N, 3] float32, C-contiguous
        directions: np.ndarray,  # [N, 3] float32, C-contiguous
        reach: float = math.inf,
    ) -> np.ndarray:  # [N] bool
        """`any_hit` on the calling thread alone."""
        hit = np.empty(len(origins), np.bool_)
        any_hits(*self._tree, origins, directions, np.float32(reach), hit)
        return hit

    def heights_along_rays(
        self,
        vertex_normals: np.ndarray,  # [V, 3] unit
        corner_uv: np.ndarray,  # [F, 3, 2]
        origins: np.ndarray,  # [R, 3] m
        directions: np.ndarray,  # [R, 3] unit
        distances: np.ndarray,  # [R, S] m, ascending along each ray
        lower: float,  # m, the shell's lowest height (negative: below the skin)
        upper: float,  # m, the shell's greatest height
        surface: KnownSurface | None = None,  # samples well behind it may be passed over
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """height [R, S], uv [R, S, 2], face_index [R, S], barycentric [R, S, 3] and inside [R, S] of ray samples.

        Samples outside the shell or passed over (inside = False) hold height 1 and zeros.
        """
        surface = surface or KnownSurface(np.empty(0, np.float32), 0.0, 0.0)
        shape = distances.shape
        height = np.empty(shape, np.float32)
        uv = np.zeros((*shape, 2), np.float32)
        face_index = np.zeros(shape, np.int32)
        barycentric = np.zeros((*shape, 3), np.float32)
        inside = np.empty(shape, np.bool_)
        ray_heights(
            *self._tree,
            self._face_order,
            self.faces,
            np.ascontiguousarray(vertex_normals, np.float32),
            np.ascontiguousarray(corner_uv, np.float32),
            np.ascontiguousarray(origins, np.float32),
            np.ascontiguousarray(directions, np.float32),
            np.ascontiguousarray(distances, np.float32),
            np.float32(lower),
            np.float32(upper),
            np.ascontiguousarray(surface.offsets, np.float32),
            np.float32(surface.hit_depth_m),
            np.float32(surface.behind_m),
            height,
            uv,
            face_index,
            barycentric,
            inside,
        )
        return height, uv, face_index, barycentric, inside

    @property
    def _tree(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._boxes, self._children, self._corners_and_edges
