"""Closest point on a mesh for many points, by best-first descent with a warm start from the previous point."""

import numpy as np
from numba import float32

from phynes_core.kernels.cpu.compiler import parallel, prange, serial
from phynes_core.kernels.cpu.triangle import closest_on_triangle, squared_distance_to_box

STACK_SIZE = 128  # nodes; the tree of 14k triangles is about 30 deep
_CHUNK = 256  # points that one thread takes in a row, so that neighbors warm-start each other
_FAR = float32(1e30)


@serial
def nearest_slot(boxes, children, corners_and_edges, x, y, z, warm_slot, node_stack, distance_stack):
    """Squared distance, weights of corners b and c, and slot of the closest triangle; warm_slot < 0 means none."""
    best, best_b, best_c, best_slot = _FAR, float32(0), float32(0), 0
    if warm_slot >= 0:
        squared, weight_b, weight_c = closest_on_triangle(corners_and_edges, warm_slot, x, y, z)
        if squared < best:  # false for the NaN of a degenerate triangle
            best, best_b, best_c, best_slot = squared, weight_b, weight_c, warm_slot
    node_stack[0] = 0
    distance_stack[0] = float32(0)
    depth = 1
    while depth > 0:
        depth -= 1
        if distance_stack[depth] >= best:
            continue
        left, right = children[node_stack[depth], 0], children[node_stack[depth], 1]
        if left < 0:
            for slot in range(-left - 1, -left - 1 + right):
                squared, weight_b, weight_c = closest_on_triangle(corners_and_edges, slot, x, y, z)
                if squared < best:
                    best, best_b, best_c, best_slot = squared, weight_b, weight_c, slot
            continue
        near, far = left, right
        near_distance = squared_distance_to_box(boxes, left, x, y, z)
        far_distance = squared_distance_to_box(boxes, right, x, y, z)
        if far_distance <= near_distance:
            near, far = right, left
            near_distance, far_distance = far_distance, near_distance
        if far_distance < best:
            node_stack[depth] = far
            distance_stack[depth] = far_distance
            depth += 1
        if near_distance < best:
            node_stack[depth] = near
            distance_stack[depth] = near_distance
            depth += 1
    return best, best_b, best_c, best_slot


@parallel
def closest_points(
    boxes,  # [B, 6] float32
    children,  # [B, 2] int32
    corners_and_edges,  # [F, 9] float32
    face_order,  # [F] int32
    points,  # [N, 3] float32
    face_index,  # [N] int32, written
    barycentric,  # [N, 3] float32, written
    distance,  # [N] float32, written
):
    """Closest triangle, its barycentric coordinates and the distance, for each point."""
    num_points = points.shape[0]
    for chunk in prange((num_points + _CHUNK - 1) // _CHUNK):
        node_stack = np.empty(STACK_SIZE, np.int32)
        distance_stack = np.empty(STACK_SIZE, np.float32)
        slot = -1
        for i in range(chunk * _CHUNK, min(num_points, (chunk + 1) * _CHUNK)):
            squared, weight_b, weight_c, slot = nearest_slot(
                boxes, children, corners_and_edges, points[i, 0], points[i, 1], points[i, 2], slot,
                node_stack, distance_stack,
            )  # fmt: skip
            face_index[i] = face_order[slot]
            barycentric[i, 0] = float32(1) - weight_b - weight_c
            barycentric[i, 1] = weight_b
            barycentric[i, 2] = weight_c
            distance[i] = np.sqrt(squared)
