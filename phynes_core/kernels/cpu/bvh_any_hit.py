"""Any hit of many rays through the tree: what stands in where embree has no wheel."""

import numpy as np
from numba import float32

from phynes_core.kernels.cpu.closest import STACK_SIZE
from phynes_core.kernels.cpu.compiler import serial
from phynes_core.kernels.cpu.triangle import ray_meets_box, ray_meets_triangle

_TINY = float32(1e-30)


@serial
def any_hits(
    boxes,  # [B, 6] float32
    children,  # [B, 2] int32
    corners_and_edges,  # [F, 9] float32
    origins,  # [N, 3] float32
    directions,  # [N, 3] float32
    reach,  # float32, how far rays go, in lengths of their direction
    hit,  # [N] bool, written
):
    """Whether each ray meets any triangle, from either side."""
    stack = np.empty(STACK_SIZE, np.int32)
    for ray in range(origins.shape[0]):
        x, y, z = origins[ray, 0], origins[ray, 1], origins[ray, 2]
        direction_x, direction_y, direction_z = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        inverse_x = float32(1) / (direction_x if abs(direction_x) > _TINY else _TINY)
        inverse_y = float32(1) / (direction_y if abs(direction_y) > _TINY else _TINY)
        inverse_z = float32(1) / (direction_z if abs(direction_z) > _TINY else _TINY)
        found = False
        stack[0] = 0
        depth = 1
        while depth > 0 and not found:
            depth -= 1
            node = stack[depth]
            if not ray_meets_box(boxes, node, x, y, z, inverse_x, inverse_y, inverse_z):
                continue
            left, right = children[node, 0], children[node, 1]
            if left >= 0:
                stack[depth] = left
                stack[depth + 1] = right
                depth += 2
                continue
            for slot in range(-left - 1, -left - 1 + right):
                if ray_meets_triangle(corners_and_edges, slot, x, y, z, direction_x, direction_y, direction_z, reach):
                    found = True
                    break
        hit[ray] = found
