"""A tree of boxes over a triangle mesh: building, refitting, and queries by closest point, ray and segment.

It is built by the binned surface area heuristic, with two children a node.
"""

import copy
import math
from dataclasses import dataclass

import numpy as np
import torch
from numba import float32
from torch import Tensor

from phynes_core.kernels.cpu.bvh_queries import any_hits, nearest_hits, nearest_points, ray_heights
from phynes_core.kernels.cpu.compiler import serial
from phynes_core.kernels.cpu.packets import Packets, open_bits
from phynes_core.kernels.cpu.threads import ThreadedRays

LEAF_SIZE = 4  # triangles; 2 to 4 measured alike
_NUM_BINS = 16
_FAR = float32(1e30)


@dataclass(frozen=True)
class KnownSurface:
    """A surface over the mesh behind which samples of rays are not needed."""

    offsets: np.ndarray  # [V] float32, m over the mesh along its normals
    hit_depth_m: float  # a ray has hit the surface when it is this far inside
    behind_m: float  # samples farther than this behind the hit are passed over


class Bvh(ThreadedRays):
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

    def moved(self, vertices: np.ndarray) -> "Bvh":  # [V, 3] m
        """Another tree of the same topology, refitted; this one stays."""
        other = copy.copy(self)
        other._boxes, other._corners_and_edges = np.empty_like(self._boxes), np.empty_like(self._corners_and_edges)
        other.refit(vertices)
        return other

    @property
    def cost(self) -> float:
        """The surface area of all boxes in square metres, to which the tests that a ray needs are proportional."""
        x, y, z = (self._boxes[:, 3:] - self._boxes[:, :3]).T
        return float(2.0 * (x * y + y * z + z * x).sum())

    def open_bits(
        self,
        points: np.ndarray,  # [P, 3] float32 m
        normals: np.ndarray,  # [P, 3] float32 unit
        offsets_m: np.ndarray,  # [P] float32
        packets: Packets,
        bits: np.ndarray,  # [P, ceil(L / 32)] uint32, zeros, written: 1 = open
    ) -> np.ndarray:  # [N] int64
        """Set the bits of open directions on the calling thread; returns the points whose every ray is blocked."""
        blocked = np.empty(len(points), np.int64)
        rays = points, normals, offsets_m, packets.directions, packets.inverses, packets.count
        return blocked[: open_bits(*self._tree, *rays, bits, blocked)]

    def closest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # points [N, 3] m
        """Closest face [N] int32, barycentric coordinates there [N, 3], distance [N] m."""
        points = np.ascontiguousarray(points, np.float32)
        face_index = np.empty(len(points), np.int32)
        barycentric = np.empty((len(points), 3), np.float32)
        distance = np.empty(len(points), np.float32)
        nearest_points(*self._tree, self._face_order, points, face_index, barycentric, distance)
        return face_index, barycentric, distance

    def trace_chunk(self, origins: np.ndarray, directions: np.ndarray, reach: float = math.inf) -> np.ndarray:
        """See `ThreadedRays`."""
        hit = np.empty(len(origins), np.bool_)
        any_hits(*self._tree, origins, directions, np.float32(reach), hit)
        return hit

    def nearest_chunk(
        self, origins: np.ndarray, directions: np.ndarray, reach: float, distance: np.ndarray, face: np.ndarray
    ) -> None:
        """See `ThreadedRays`."""
        nearest_hits(*self._tree, self._face_order, origins, directions, np.float32(reach), distance, face)

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


def closest_points(vertices: Tensor, faces: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The interface ClosestPoints; builds a tree for this one query."""
    found = Bvh(vertices.detach().numpy(), faces.numpy()).closest(points.detach().numpy())
    face_index, barycentric, distance = (torch.from_numpy(array) for array in found)
    return face_index.long(), barycentric, distance


@serial
def build_tree(
    vertices,  # [V, 3] float32
    faces,  # [F, 3] int32
):
    """Nodes and the order of the faces in their leaves.

    Returns children [B, 2] int32 (left and right node, or -first_slot - 1 and count at a leaf) and face_order [F].
    A child always comes after its parent.
    """
    num_faces = faces.shape[0]
    lower = np.empty((num_faces, 3), np.float32)
    upper = np.empty((num_faces, 3), np.float32)
    for face in range(num_faces):
        for axis in range(3):
            a, b, c = vertices[faces[face, 0], axis], vertices[faces[face, 1], axis], vertices[faces[face, 2], axis]
            lower[face, axis] = min(a, b, c)
            upper[face, axis] = max(a, b, c)
    face_order = np.arange(num_faces).astype(np.int32)
    children = np.empty((2 * num_faces, 2), np.int32)
    num_nodes = 1
    stack = [(0, 0, num_faces)]
    while len(stack) > 0:
        node, start, end = stack.pop()
        if end - start <= LEAF_SIZE:
            children[node, 0] = -start - 1
            children[node, 1] = end - start
            continue
        middle = _split(lower, upper, face_order, start, end)
        children[node, 0] = num_nodes
        children[node, 1] = num_nodes + 1
        stack.append((num_nodes, start, middle))
        stack.append((num_nodes + 1, middle, end))
        num_nodes += 2
    return children[:num_nodes].copy(), face_order


@serial
def _split(lower, upper, face_order, start, end):
    """Reorder face_order[start:end] into two halves of least expected cost and return where the second begins."""
    best_cost, best_axis, best_bin = _FAR, -1, 0
    best_origin, best_scale = float32(0), float32(0)
    for axis in range(3):
        first_center, last_center = _FAR, -_FAR
        for slot in range(start, end):
            center = lower[face_order[slot], axis] + upper[face_order[slot], axis]
            first_center, last_center = min(first_center, center), max(last_center, center)
        if last_center - first_center <= float32(1e-9):
            continue
        scale = float32(_NUM_BINS) / (last_center - first_center)
        count = np.zeros(_NUM_BINS, np.int32)
        boxes = np.empty((_NUM_BINS, 6), np.float32)
        boxes[:, :3] = _FAR
        boxes[:, 3:] = -_FAR
        for slot in range(start, end):
            face = face_order[slot]
            chosen = min(_NUM_BINS - 1, int((lower[face, axis] + upper[face, axis] - first_center) * scale))
            count[chosen] += 1
            for k in range(3):
                boxes[chosen, k] = min(boxes[chosen, k], lower[face, k])
                boxes[chosen, 3 + k] = max(boxes[chosen, 3 + k], upper[face, k])
        right_cost = _sweep_costs(boxes[::-1], count[::-1])[::-1]
        left_cost = _sweep_costs(boxes, count)
        for chosen in range(_NUM_BINS - 1):
            cost = left_cost[chosen] + right_cost[chosen + 1]
            if left_cost[chosen] > 0 and right_cost[chosen + 1] > 0 and cost < best_cost:
                best_cost, best_axis, best_bin = cost, axis, chosen
                best_origin, best_scale = first_center, scale
    middle = start
    if best_axis >= 0:
        last = end - 1
        while middle <= last:
            face = face_order[middle]
            center = lower[face, best_axis] + upper[face, best_axis]
            if min(_NUM_BINS - 1, int((center - best_origin) * best_scale)) <= best_bin:
                middle += 1
            else:
                face_order[middle] = face_order[last]
                face_order[last] = face
                last -= 1
    return (start + end) // 2 if middle == start or middle == end else middle


@serial
def _sweep_costs(boxes, count):
    """Surface area times number of triangles of the first 1, 2, ... bins; 0 while they are empty."""
    costs = np.zeros(_NUM_BINS, np.float32)
    lower = np.full(3, _FAR)
    upper = np.full(3, -_FAR)
    total = 0
    for chosen in range(_NUM_BINS):
        total += count[chosen]
        for k in range(3):
            lower[k] = min(lower[k], boxes[chosen, k])
            upper[k] = max(upper[k], boxes[chosen, 3 + k])
        if total > 0:
            dx, dy, dz = upper[0] - lower[0], upper[1] - lower[1], upper[2] - lower[2]
            costs[chosen] = max((dx * dy + dy * dz + dz * dx) * total, float32(1e-30))
    return costs


@serial
def refit_tree(
    vertices,  # [V, 3] float32
    faces,  # [F, 3] int32
    face_order,  # [F] int32
    children,  # [B, 2] int32
    boxes,  # [B, 6] float32, written
    corners_and_edges,  # [F, 9] float32, written, in face_order
):
    """Fit the boxes of an existing tree to moved vertices."""
    for slot in range(face_order.shape[0]):
        face = face_order[slot]
        for axis in range(3):
            corner = vertices[faces[face, 0], axis]
            corners_and_edges[slot, axis] = corner
            corners_and_edges[slot, 3 + axis] = vertices[faces[face, 1], axis] - corner
            corners_and_edges[slot, 6 + axis] = vertices[faces[face, 2], axis] - corner
    for node in range(children.shape[0] - 1, -1, -1):
        left, right = children[node, 0], children[node, 1]
        for axis in range(3):
            if left >= 0:
                boxes[node, axis] = min(boxes[left, axis], boxes[right, axis])
                boxes[node, 3 + axis] = max(boxes[left, 3 + axis], boxes[right, 3 + axis])
                continue
            lowest, highest = _FAR, -_FAR
            for slot in range(-left - 1, -left - 1 + right):
                for corner in range(3):
                    value = vertices[faces[face_order[slot], corner], axis]
                    lowest, highest = min(lowest, value), max(highest, value)
            boxes[node, axis] = lowest
            boxes[node, 3 + axis] = highest
