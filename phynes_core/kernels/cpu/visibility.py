"""Which of L directions are open at each surface point, as packed bits (bit i of word w is direction 32 w + i)."""

from typing import Protocol

import numpy as np
from numba import float32, uint32

from phynes_core.kernels.cpu.compiler import serial
from phynes_core.kernels.cpu.threads import run_in_threads

WORD = 32  # directions
# Rays start this far above the surface (m): enough that float32 rays of a body never hit the faces around their own
# vertex by rounding, less than the gaps that cast visible shadows.
ORIGIN_OFFSET_M = 2e-3
_RAYS = 1 << 14  # rays a chunk aims at: they stay in cache between being made, traced and packed


class RayScene(Protocol):
    """A mesh that answers occlusion: EmbreeScene or Bvh."""

    def trace_chunk(self, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Whether each ray [N, 3], [N, 3] meets the mesh: [N] bool, on the calling thread alone."""
        ...


def probe_visibility_bits(
    scene: RayScene,
    points: np.ndarray,  # [P, 3] m, on the surface
    normals: np.ndarray,  # [P, 3] unit
    directions: np.ndarray,  # [L, 3] unit, surface -> light
    first: int = 0,  # only directions first..last - 1 are traced
    last: int | None = None,  # None: all the rest
    bits: np.ndarray | None = None,  # [P, ceil(L / 32)] uint32 to refresh in place; None: a new array of zeros
) -> np.ndarray:  # [P, ceil(L / 32)] uint32, 1 = open
    """Visibility of directions at points; those behind the surface are closed. Slices give what one call gives."""
    points, normals = np.ascontiguousarray(points, np.float32), np.ascontiguousarray(normals, np.float32)
    directions = np.ascontiguousarray(directions, np.float32)
    num_points, num_directions = len(points), len(directions)
    last = num_directions if last is None else last
    if not 0 <= first <= last <= num_directions:
        raise ValueError(f"slice of directions: expected 0 <= first <= last <= {num_directions}, got {first}, {last}")
    shape = (num_points, (num_directions + WORD - 1) // WORD)
    if bits is None:
        bits = np.zeros(shape, np.uint32)
    elif bits.shape != shape or bits.dtype != np.uint32 or not bits.flags.c_contiguous:
        raise ValueError(f"bits: expected a contiguous uint32 array {shape}, got {bits.dtype} {bits.shape}")
    if first == last:
        return bits
    points_per_chunk = max(1, 2 * _RAYS // (last - first))  # about half of the directions face away

    def trace(start: int) -> None:
        rows = slice(start, start + points_per_chunk)
        origins, ray_directions = _facing_rays(points[rows], normals[rows], directions[first:last])
        hit = scene.trace_chunk(origins, ray_directions)
        _pack(normals[rows], directions, first, last, hit, bits[rows])

    run_in_threads(trace, range(0, num_points, points_per_chunk))
    return bits


@serial
def _faces(normal, direction):
    return normal[0] * direction[0] + normal[1] * direction[1] + normal[2] * direction[2] > float32(0)


@serial
def _facing_rays(points, normals, directions):
    """Rays from every point toward the directions before its surface, point after point."""
    capacity = points.shape[0] * directions.shape[0]
    origins = np.empty((capacity, 3), np.float32)
    ray_directions = np.empty((capacity, 3), np.float32)
    count = 0
    for point in range(points.shape[0]):
        x = points[point, 0] + normals[point, 0] * float32(ORIGIN_OFFSET_M)
        y = points[point, 1] + normals[point, 1] * float32(ORIGIN_OFFSET_M)
        z = points[point, 2] + normals[point, 2] * float32(ORIGIN_OFFSET_M)
        for k in range(directions.shape[0]):
            if _faces(normals[point], directions[k]):
                origins[count, 0], origins[count, 1], origins[count, 2] = x, y, z
                for axis in range(3):
                    ray_directions[count, axis] = directions[k, axis]
                count += 1
    return origins[:count], ray_directions[:count]


@serial
def _pack(normals, directions, first, last, hit, bits):
    """Write the bits of directions first..last - 1 from the answers of `_facing_rays`, in the same order."""
    ray = 0
    for point in range(normals.shape[0]):
        for k in range(first, last):
            word, bit = k // WORD, uint32(1) << uint32(k % WORD)
            bits[point, word] &= ~bit
            if _faces(normals[point], directions[k]):
                if not hit[ray]:
                    bits[point, word] |= bit
                ray += 1
