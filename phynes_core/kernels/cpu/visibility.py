"""Occlusion of rays through embree, and the packed bits of the directions that are open at surface points.

Bit i of word w is direction 32 w + i. Many directions from one point are traced sixteen at once by the tree in bvh.py,
in half of embree's time, and so are rays too few to build embree's scene for; all others by embree (EmbreeScene).
"""

import math
import threading
from typing import Any

import numpy as np
import torch
from numba import float32, uint32
from torch import Tensor

from phynes_core.conventions import SKIN_SHARE
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.kernels.cpu.compiler import serial
from phynes_core.kernels.cpu.packets import Packets
from phynes_core.kernels.cpu.threads import ThreadedRays, run_in_threads

WORD = 32  # directions
_MISS = -1  # embree's answer for a ray that meets nothing
_FEW_RAYS = 1 << 14  # embree builds its scene in the time that our tree takes for as many
_FEW_DIRECTIONS = 8  # with fewer, lanes of a packet stay empty: embree is faster
_MOST_KNOWN = 4  # topologies whose trees `tree_of` keeps
_WORST = 1.5  # times the cost of the pose that a tree was built for, before it is built anew
_RAYS = 1 << 14  # rays a chunk aims at: they stay in cache between being made, traced and packed


class TracedScene:
    """The interface TracedMesh, by either of the CPU's scenes."""

    def __init__(self, scene: ThreadedRays) -> None:
        self._scene = scene

    def is_blocked(self, origins: Tensor, directions: Tensor, reach: float) -> Tensor:
        """Whether each ray meets the mesh."""
        return torch.from_numpy(
            self._scene.any_hit(origins.contiguous().numpy(), directions.contiguous().numpy(), reach)
        )

    def nearest_hits(self, origins: Tensor, directions: Tensor, reach: float) -> tuple[Tensor, Tensor]:
        """Distance to the nearest face, and that face."""
        rays = origins.contiguous().numpy(), directions.contiguous().numpy()
        distance, face = self._scene.nearest_hits(*rays, reach)
        return torch.from_numpy(distance), torch.from_numpy(face).long()

    def start_bits(self, points: Tensor, normals: Tensor, offsets_m: Tensor, directions: Tensor) -> Tensor:
        """Bits of all directions at each point."""
        rows = points.numpy(), normals.numpy(), directions.numpy()
        return torch.from_numpy(visibility_bits(self._scene, *rows, offsets_m.numpy()).view("int32"))

    def point_bits(self, points: Tensor, normals: Tensor, offset_m: float, directions: Tensor) -> Tensor:
        """The same, and once more where something stands over points that are blocked."""
        rows = points.numpy(), normals.numpy(), directions.numpy()
        offsets_m = np.full(len(points), offset_m, np.float32)
        return torch.from_numpy(visibility_bits(self._scene, *rows, offsets_m, looks_again=True).view("int32"))


def embree_mesh(vertices: Tensor, faces: Tensor) -> TracedScene:
    """A mesh for embree's rays."""
    return TracedScene(EmbreeScene(*_arrays(vertices, faces)))


def bvh_mesh(vertices: Tensor, faces: Tensor) -> TracedScene:
    """A mesh for the rays of our own tree."""
    return TracedScene(tree_of(*_arrays(vertices, faces)))


_known: list[tuple[Bvh, float]] = []  # trees of other topologies with their costs, newest first
_known_lock = threading.Lock()


def tree_of(vertices: np.ndarray, faces: np.ndarray) -> Bvh:  # [V, 3] m, [F, 3]
    """A tree of this mesh: refitted where one of the same faces is known that is not much worse than a new one."""
    faces = np.ascontiguousarray(faces, np.int32)
    with _known_lock:
        found = next((entry for entry in _known if np.array_equal(entry[0].faces, faces)), None)
    if found is not None:
        tree = found[0].moved(vertices)
        if tree.cost <= _WORST * found[1]:
            return tree
    tree = Bvh(vertices, faces)
    with _known_lock:
        others = [entry for entry in _known if entry is not found]
        _known[:] = [(tree, tree.cost), *others][:_MOST_KNOWN]
    return tree


def _arrays(vertices: Tensor, faces: Tensor) -> tuple[np.ndarray, np.ndarray]:
    return vertices.detach().contiguous().numpy(), faces.int().contiguous().numpy()


def visibility_bits(
    scene: ThreadedRays,
    points: np.ndarray,  # [P, 3] m, on the surface
    normals: np.ndarray,  # [P, 3] unit
    directions: np.ndarray,  # [L, 3] unit, surface -> light
    offsets_m: np.ndarray,  # [P] rays start this far along the normal
    looks_again: bool = False,  # points whose every ray is blocked start half way to what stands over them
) -> np.ndarray:  # [P, ceil(L / 32)] uint32, 1 = open
    """Visibility of directions at points; those behind the surface are closed, and so are the bits past the last."""
    points, normals = np.ascontiguousarray(points, np.float32), np.ascontiguousarray(normals, np.float32)
    directions = np.ascontiguousarray(directions, np.float32)
    offsets_m = np.ascontiguousarray(offsets_m, np.float32)
    bits = np.zeros((len(points), (len(directions) + WORD - 1) // WORD), np.uint32)
    points_per_chunk = max(1, 2 * _RAYS // max(1, len(directions)))  # about half of the directions face away

    tree = scene if isinstance(scene, Bvh) else scene.tree if isinstance(scene, EmbreeScene) else None
    packets = Packets.of(directions) if tree is not None and len(directions) >= _FEW_DIRECTIONS else None
    if packets is None:
        scene.expect(len(points) * len(directions))

    def traced(points: np.ndarray, normals: np.ndarray, offsets_m: np.ndarray, bits: np.ndarray) -> np.ndarray:
        if packets is not None and tree is not None:
            return tree.open_bits(points, normals, offsets_m, packets, bits)
        origins, ray_directions = _facing_rays(points, normals, directions, offsets_m)
        blocked = np.empty(len(points), np.int64)
        num_blocked = _pack(normals, directions, scene.trace_chunk(origins, ray_directions), bits, blocked)
        return blocked[:num_blocked]

    def trace(start: int) -> None:
        rows = slice(start, start + points_per_chunk)
        blocked = traced(points[rows], normals[rows], offsets_m[rows], bits[rows])
        if not looks_again or not len(blocked):
            return
        blocked += start
        skin_m = np.float32(SKIN_SHARE) * offsets_m[start]  # all points of such a call start alike
        distance, face = np.empty(len(blocked), np.float32), np.empty(len(blocked), np.int32)
        reach_m = float(offsets_m[start] - skin_m)
        scene.nearest_chunk(*_rays_up(points, normals, blocked, skin_m), reach_m, distance, face)
        is_cut = face >= 0
        if is_cut.any():
            nearer, half_m = blocked[is_cut], np.float32(0.5) * (skin_m + distance[is_cut])
            found = np.zeros((len(nearer), bits.shape[1]), np.uint32)
            traced(points[nearer], normals[nearer], half_m, found)
            bits[nearer] = found

    run_in_threads(trace, range(0, len(points), points_per_chunk))
    return bits


@serial
def _rays_up(points, normals, rows, skin):
    """Rays from a little over some points along their normals."""
    origins, directions = np.empty((len(rows), 3), np.float32), np.empty((len(rows), 3), np.float32)
    for i in range(len(rows)):
        for axis in range(3):
            directions[i, axis] = normals[rows[i], axis]
            origins[i, axis] = points[rows[i], axis] + skin * directions[i, axis]
    return origins, directions


@serial
def _faces(normal, direction):
    return normal[0] * direction[0] + normal[1] * direction[1] + normal[2] * direction[2] > float32(0)


@serial
def _facing_rays(points, normals, directions, offsets):
    """Rays from every point toward the directions before its surface, point after point."""
    capacity = points.shape[0] * directions.shape[0]
    origins = np.empty((capacity, 3), np.float32)
    ray_directions = np.empty((capacity, 3), np.float32)
    count = 0
    for point in range(points.shape[0]):
        offset = offsets[point]
        x = points[point, 0] + normals[point, 0] * offset
        y = points[point, 1] + normals[point, 1] * offset
        z = points[point, 2] + normals[point, 2] * offset
        for k in range(directions.shape[0]):
            if _faces(normals[point], directions[k]):
                origins[count, 0], origins[count, 1], origins[count, 2] = x, y, z
                for axis in range(3):
                    ray_directions[count, axis] = directions[k, axis]
                count += 1
    return origins[:count], ray_directions[:count]


@serial
def _pack(normals, directions, hit, bits, blocked):
    """Set the bits of open directions from the answers to `_facing_rays`, in the same order.

    Fills `blocked` with the points of which every ray is blocked, those without any left out; returns how many.
    """
    ray, num_blocked = 0, 0
    for point in range(normals.shape[0]):
        first, num_open = ray, 0
        for k in range(directions.shape[0]):
            if _faces(normals[point], directions[k]):
                if not hit[ray]:
                    bits[point, k // WORD] |= uint32(1) << uint32(k % WORD)
                    num_open += 1
                ray += 1
        if num_open == 0 and ray > first:
            blocked[num_blocked] = point
            num_blocked += 1
    return num_blocked


class EmbreeScene(ThreadedRays):
    """A mesh that answers occlusion. Embree's own scene is built (9 ms for 14k triangles) when many rays are asked."""

    def __init__(
        self,
        vertices: np.ndarray,  # [V, 3] m
        faces: np.ndarray,  # [F, 3]
    ) -> None:
        self._vertices = np.ascontiguousarray(vertices, np.float32)
        self.tree = tree_of(self._vertices, faces)
        self._scene: Any = None

    def expect(self, num_rays: int) -> None:
        """See `ThreadedRays`."""
        if num_rays <= _FEW_RAYS or self._scene is not None:
            return
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene as Scene

        scene = Scene()
        self._mesh = TriangleMesh(scene, self._vertices, self.tree.faces)
        scene.run(np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32), query="OCCLUDED")  # commits it
        self._scene = scene

    def trace_chunk(self, origins: np.ndarray, directions: np.ndarray, reach: float = math.inf) -> np.ndarray:
        """See `ThreadedRays`."""
        if self._scene is None:
            return self.tree.trace_chunk(origins, directions, reach)
        ends = None if math.isinf(reach) else np.full(len(origins), reach, np.float32)
        return self._scene.run(origins, directions, dists=ends, query="OCCLUDED") != _MISS

    def nearest_chunk(
        self, origins: np.ndarray, directions: np.ndarray, reach: float, distance: np.ndarray, face: np.ndarray
    ) -> None:
        """See `ThreadedRays`."""
        if self._scene is None:
            return self.tree.nearest_chunk(origins, directions, reach, distance, face)
        ends = None if math.isinf(reach) else np.full(len(origins), reach, np.float32)
        found = self._scene.run(origins, directions, dists=ends, query="INTERSECT", output=True)
        face[:] = found["primID"]
        distance[:] = np.where(face == _MISS, np.float32(np.inf), found["tfar"])
