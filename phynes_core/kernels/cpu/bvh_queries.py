"""Queries of a tree of boxes over triangles: closest points, heights along rays, any and nearest hits."""

import numpy as np
from numba import float32

from phynes_core.kernels.cpu.compiler import parallel, prange, serial
from phynes_core.kernels.cpu.triangle import (
    closest_on_triangle,
    distance_to_triangle,
    ray_meets_box,
    ray_meets_triangle,
    squared_distance_to_box,
)

OUTSIDE_HEIGHT = float32(1)  # m; what samples outside the shell hold
HIT_MARGIN, BEHIND_MARGIN = float32(1e-5), float32(1e-4)  # m, so that rounding never drops what a caller would keep

STACK_SIZE = 128  # nodes; the tree of 14k triangles is about 30 deep
_CHUNK = 256  # points that one thread takes in a row, so that neighbors warm-start each other
_FAR = float32(1e30)
_TINY = float32(1e-30)


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
def nearest_points(
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


@parallel
def ray_heights(
    boxes,  # [B, 6] float32
    children,  # [B, 2] int32
    corners_and_edges,  # [F, 9] float32
    face_order,  # [F] int32
    faces,  # [F, 3] int32
    vertex_normals,  # [V, 3] float32
    corner_uv,  # [F, 3, 2] float32
    origins,  # [R, 3] float32
    directions,  # [R, 3] float32, unit
    distances,  # [R, S] float32, ascending along each ray
    lower,  # float32, the shell's lowest height
    upper,  # float32, the shell's greatest height
    offsets,  # [V] float32, heights of the surface over the mesh; [0]: not known
    hit_depth,  # float32, m inside that surface where a ray has hit it
    behind,  # float32, m behind the hit from which samples are passed over
    height,  # [R, S] float32, written
    uv,  # [R, S, 2] float32, written inside the shell
    face_index,  # [R, S] int32, written inside the shell
    barycentric,  # [R, S, 3] float32, written inside the shell
    inside,  # [R, S] bool, written
):
    """Signed distance to the mesh (positive where the interpolated normal points) of samples inside a shell.

    A sample at distance d from the mesh has no other sample of the shell within d - shell of it, so these are skipped.
    Samples well behind a known surface count as outside.
    """
    num_rays, num_samples = distances.shape
    shell = max(-lower, upper)
    for ray in prange(num_rays):
        node_stack = np.empty(STACK_SIZE, np.int32)
        distance_stack = np.empty(STACK_SIZE, np.float32)
        slot = -1
        next_distance, last_distance = float32(-1e30), float32(1e30)
        for sample in range(num_samples):
            inside[ray, sample] = False
            height[ray, sample] = OUTSIDE_HEIGHT
            along = distances[ray, sample]
            if along < next_distance or along > last_distance:
                continue
            x = origins[ray, 0] + along * directions[ray, 0]
            y = origins[ray, 1] + along * directions[ray, 1]
            z = origins[ray, 2] + along * directions[ray, 2]
            squared, weight_b, weight_c, slot = nearest_slot(
                boxes, children, corners_and_edges, x, y, z, slot, node_stack, distance_stack
            )
            distance = np.sqrt(squared)
            next_distance = along + distance - shell
            if distance > shell:
                continue
            weight_a = float32(1) - weight_b - weight_c
            face = face_order[slot]
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            facing = float32(0)
            for axis, coordinate in enumerate((x, y, z)):
                foot = (
                    corners_and_edges[slot, axis]
                    + weight_b * corners_and_edges[slot, 3 + axis]
                    + weight_c * corners_and_edges[slot, 6 + axis]
                )
                normal = (
                    weight_a * vertex_normals[a, axis]
                    + weight_b * vertex_normals[b, axis]
                    + weight_c * vertex_normals[c, axis]
                )
                facing += normal * (coordinate - foot)
            signed = distance if facing >= float32(0) else -distance
            if signed < lower or signed > upper:
                continue
            inside[ray, sample] = True
            height[ray, sample] = signed
            face_index[ray, sample] = face
            barycentric[ray, sample, 0] = weight_a
            barycentric[ray, sample, 1] = weight_b
            barycentric[ray, sample, 2] = weight_c
            if offsets.shape[0] > 0:
                offset = weight_a * offsets[a] + weight_b * offsets[b] + weight_c * offsets[c]
                if signed - offset + hit_depth < -HIT_MARGIN:
                    last_distance = min(last_distance, along + behind + BEHIND_MARGIN)
            for k in range(2):
                uv[ray, sample, k] = (
                    weight_a * corner_uv[face, 0, k]
                    + weight_b * corner_uv[face, 1, k]
                    + weight_c * corner_uv[face, 2, k]
                )


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


@serial
def nearest_hits(
    boxes,  # [B, 6] float32
    children,  # [B, 2] int32
    corners_and_edges,  # [F, 9] float32
    face_order,  # [F] int32
    origins,  # [N, 3] float32
    directions,  # [N, 3] float32
    reach,  # float32, how far rays go, in lengths of their direction
    distance,  # [N] float32, written: in lengths of the direction; inf where nothing is hit
    face,  # [N] int32, written: -1 where nothing is hit
):
    """The nearest triangle that each ray meets, from either side."""
    stack = np.empty(STACK_SIZE, np.int32)
    for ray in range(origins.shape[0]):
        x, y, z = origins[ray, 0], origins[ray, 1], origins[ray, 2]
        direction_x, direction_y, direction_z = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        inverse_x = float32(1) / (direction_x if abs(direction_x) > _TINY else _TINY)
        inverse_y = float32(1) / (direction_y if abs(direction_y) > _TINY else _TINY)
        inverse_z = float32(1) / (direction_z if abs(direction_z) > _TINY else _TINY)
        best, best_slot = reach, -1
        stack[0] = 0
        depth = 1
        while depth > 0:
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
                found = distance_to_triangle(corners_and_edges, slot, x, y, z, direction_x, direction_y, direction_z)
                if found < best:
                    best, best_slot = found, slot
        distance[ray] = best if best_slot >= 0 else float32(np.inf)
        face[ray] = face_order[best_slot] if best_slot >= 0 else -1
