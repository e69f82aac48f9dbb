"""The body in the pose that it is carved in, and skinning weights in the space around it.

Arms hang a little and legs stand apart, so that sleeves, skirts and shoes do not touch each other. Near the skin
weights are the body's own at the closest point; away from it they are diffused (Laplace's equation on a grid, the body
held), so that cloth between two legs follows both. A coat or a wide skirt does not bend where the knee below it does:
`hanging` gives what stands off the legs, down to a hem, the thighs' motion.
"""

from copy import copy
from dataclasses import dataclass, replace

import numpy as np
import torch

from phynes_core.body.model import BodyModel, Pose, pose_body, pose_joints, rest_to_posed
from phynes_core.conventions import NUM_JOINTS
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.kernels.cpu.compiler import parallel, prange

LEGS_RAD, ARMS_RAD = np.radians(12.0), np.radians(-20.0)
CELL_M = 0.02  # of the grid of weights
MARGIN_M = 0.25  # around the body
HELD_M = 0.012  # the body holds the weights of cells up to here
SWEEPS = 60  # of Jacobi's method: farther from the skin than some 15 cm weights hardly change any more
NEAR_M, FAR_M = 0.005, 0.03  # from the body's own weights to diffused ones
CHUNK = 200_000
OFF_M = (0.03, 0.05)  # off the skin: up to here trousers, from there on cloth that hangs
HEM_M = 0.06  # above a hem, over which what hangs begins
SHINS = ((1, 4), (2, 5))  # hips, whose motion hanging cloth takes, and knees


@dataclass(frozen=True, eq=False)
class Bound:
    """Points of space and what moves them, one row a point."""

    face: np.ndarray  # [N] int32, closest face of the body
    barycentric: np.ndarray  # [N, 3]
    distance: np.ndarray  # [N] metres, negative inside the body
    weights: np.ndarray  # [N, 24] float32
    rest: np.ndarray  # [N, 3] float32, where the T-pose has them, metres
    blend: np.ndarray  # [N] 0 where weights are the body's own at the closest point, 1 where they are diffused


class RestShape:
    """The body of one person in the carving pose."""

    def __init__(self, body: BodyModel, betas: torch.Tensor) -> None:
        self.body = body
        body_pose = torch.zeros(NUM_JOINTS - 1, 3)
        body_pose[0, 2], body_pose[1, 2] = LEGS_RAD, -LEGS_RAD
        body_pose[15, 2], body_pose[16, 2] = ARMS_RAD, -ARMS_RAD
        self.pose = replace(Pose.rest(), body_pose=body_pose, betas=betas)
        # without pose blend shapes, which the T-pose of a template does not have either
        plain = replace(body, posedirs=torch.zeros_like(body.posedirs))
        vertices = pose_body(plain, self.pose).vertices
        self.vertices = vertices.numpy()
        self.normals = vertex_normals(vertices, body.faces).numpy()
        self.faces = body.faces.numpy()
        self.transforms = rest_to_posed(body, self.pose).numpy()
        self.low = self.vertices.min(0) - MARGIN_M
        self._weights = body.weights.numpy()
        self._tree = Bvh(self.vertices, self.faces)
        size = tuple(int(n) for n in np.ceil((self.vertices.max(0) + MARGIN_M - self.low) / CELL_M) + 1)
        self.extent = (np.array(size) - 1) * CELL_M
        self._grid = self._diffused(size)

    def closest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # [N, 3]
        """Closest face [N], barycentric coordinates [N, 3] and signed distance [N], negative inside."""
        face, barycentric, distance = self._tree.closest(points)
        corners = self.faces[face]
        away = points - _at(self.vertices, corners, barycentric)
        facing = (away * _at(self.normals, corners, barycentric)).sum(1)
        return face, barycentric, np.where(facing >= 0, distance, -distance)

    def bound(self, points: np.ndarray) -> Bound:  # [N, 3] in the carving pose, metres
        """What moves these points, and where the T-pose has them."""
        face, barycentric, distance = self.closest(points)
        weights = _at(self._weights, self.faces[face], barycentric)
        blend = np.clip((distance - NEAR_M) / (FAR_M - NEAR_M), 0.0, 1.0)
        blend = (blend * blend * (3.0 - 2.0 * blend)).astype(np.float32)
        points = np.ascontiguousarray(points, np.float32)
        blend_weights(points, self.low.astype(np.float32), np.float32(CELL_M), self._grid, blend, weights)
        rest = np.empty_like(points)
        unskin(points, weights, self.transforms, rest)
        return Bound(face, barycentric, distance, weights, rest, blend)

    def hanging(self, hem: float) -> "RestShape":
        """The same, but what stands off the legs above the hem follows the thighs alone.

        `hem` is how far down the shins it is, as a share of the way from the knees to the ankles.
        """
        joints = pose_joints(self.body, self.pose).positions.numpy()
        knees, ankles = joints[[4, 5], 1].mean(), joints[[7, 8], 1].mean()
        height = self.low[1] + CELL_M * np.arange(self._grid.shape[1]) - (knees + hem * (ankles - knees))
        off = np.clip((self.distance - OFF_M[0]) / (OFF_M[1] - OFF_M[0]), 0.0, 1.0)
        share = (off * np.clip(height / HEM_M, 0.0, 1.0)[:, None]).astype(np.float32)  # [X, Y, Z]
        other = copy(self)
        other._grid = self._grid.copy()
        for hip, knee in SHINS:
            for joint in (knee, knee + 3, knee + 6):  # ankle and foot below it
                given = share * self._grid[..., joint]
                other._grid[..., joint] -= given
                other._grid[..., hip] += given
        return other

    def _diffused(self, size: tuple[int, ...]) -> np.ndarray:  # [X, Y, Z, 24]
        cells = np.stack(np.meshgrid(*[np.arange(n) for n in size], indexing="ij"), -1).reshape(-1, 3)
        points = (self.low + cells * CELL_M).astype(np.float32)
        face, barycentric, distance = self.closest(points)
        weights = _at(self._weights, self.faces[face], barycentric).reshape(*size, NUM_JOINTS)
        self.distance = distance.reshape(size).astype(np.float32)  # [X, Y, Z] to the body, negative inside
        return diffuse(weights, self.distance < HELD_M, SWEEPS)


def skinned(points: np.ndarray, weights: np.ndarray, transforms: np.ndarray) -> np.ndarray:  # [N, 3] each
    """Linear blend skinning of T-pose points by `transforms` [24, 3, 4]."""
    blended = (weights @ transforms.reshape(NUM_JOINTS, 12)).reshape(-1, 3, 4)
    return np.einsum("nij,nj->ni", blended[..., :3], points) + blended[..., 3]


def _at(values: np.ndarray, corners: np.ndarray, barycentric: np.ndarray) -> np.ndarray:  # [V, C] -> [N, C]
    return np.einsum("nk,nkc->nc", barycentric, values[corners], dtype=np.float32)


def diffuse(weights: np.ndarray, held: np.ndarray, sweeps: int) -> np.ndarray:
    """Jacobi sweeps of Laplace's equation in all cells but those held; borders are insulated. [X, Y, Z, C] float32."""
    source = np.ascontiguousarray(weights, np.float32)
    target = source.copy()
    for _ in range(sweeps):
        _sweep(source, held, target)
        source, target = target, source
    return source


@parallel
def _sweep(source, held, target):
    size_x, size_y, size_z, channels = source.shape
    for x in prange(size_x):
        for y in range(size_y):
            for z in range(size_z):
                if held[x, y, z]:
                    continue
                for c in range(channels):
                    target[x, y, z, c] = np.float32(0)
                count = 0
                for k in range(6):
                    a = x + (1 if k == 0 else (-1 if k == 1 else 0))
                    b = y + (1 if k == 2 else (-1 if k == 3 else 0))
                    d = z + (1 if k == 4 else (-1 if k == 5 else 0))
                    if a < 0 or b < 0 or d < 0 or a >= size_x or b >= size_y or d >= size_z:
                        continue
                    count += 1
                    for c in range(channels):
                        target[x, y, z, c] += source[a, b, d, c]
                share = np.float32(1) / np.float32(count)
                for c in range(channels):
                    target[x, y, z, c] *= share


@parallel
def blend_weights(points, low, cell, grid, blend, weights):
    """Mix `weights` [N, C] with those of the grid, `blend` [N] of them; rows sum to 1 afterwards. In place."""
    size_x, size_y, size_z, channels = grid.shape
    for i in prange(points.shape[0]):
        px = min(max((points[i, 0] - low[0]) / cell, np.float32(0)), np.float32(size_x - 1.001))
        py = min(max((points[i, 1] - low[1]) / cell, np.float32(0)), np.float32(size_y - 1.001))
        pz = min(max((points[i, 2] - low[2]) / cell, np.float32(0)), np.float32(size_z - 1.001))
        x, y, z = int(px), int(py), int(pz)
        u, v, w = px - x, py - y, pz - z
        total = np.float32(0)
        for c in range(channels):
            value = np.float32(0)
            if blend[i] > 0:
                for k in range(8):
                    a, b, d = k & 1, (k >> 1) & 1, k >> 2
                    share = (u if a else 1 - u) * (v if b else 1 - v) * (w if d else 1 - w)
                    value += share * grid[x + a, y + b, z + d, c]
            weights[i, c] = (1 - blend[i]) * weights[i, c] + blend[i] * value
            total += weights[i, c]
        for c in range(channels):
            weights[i, c] /= total


@parallel
def unskin(points, weights, transforms, rest):
    """The T-pose points [N, 3] that linear blend skinning takes to `points`."""
    for i in prange(points.shape[0]):
        m = np.zeros((3, 4))
        for j in range(weights.shape[1]):
            share = weights[i, j]
            if share > 0:
                for a in range(3):
                    for b in range(4):
                        m[a, b] += share * transforms[j, a, b]
        x, y, z = points[i, 0] - m[0, 3], points[i, 1] - m[1, 3], points[i, 2] - m[2, 3]
        c00 = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
        c01 = m[1, 2] * m[2, 0] - m[1, 0] * m[2, 2]
        c02 = m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0]
        determinant = m[0, 0] * c00 + m[0, 1] * c01 + m[0, 2] * c02
        c10 = m[0, 2] * m[2, 1] - m[0, 1] * m[2, 2]
        c11 = m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]
        c12 = m[0, 1] * m[2, 0] - m[0, 0] * m[2, 1]
        c20 = m[0, 1] * m[1, 2] - m[0, 2] * m[1, 1]
        c21 = m[0, 2] * m[1, 0] - m[0, 0] * m[1, 2]
        c22 = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
        rest[i, 0] = (c00 * x + c10 * y + c20 * z) / determinant
        rest[i, 1] = (c01 * x + c11 * y + c21 * z) / determinant
        rest[i, 2] = (c02 * x + c12 * y + c22 * z) / determinant
