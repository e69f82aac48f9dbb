"""Heights over a mesh of samples along rays, skipping those that the last distance rules out."""

import numpy as np
from numba import float32

from phynes_core.kernels.cpu.closest import STACK_SIZE, nearest_slot
from phynes_core.kernels.cpu.compiler import parallel, prange

OUTSIDE_HEIGHT = float32(1)  # m; what samples outside the shell hold
HIT_MARGIN, BEHIND_MARGIN = float32(1e-5), float32(1e-4)  # m, so that rounding never drops what a caller would keep


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
    behind,  # float32, m behind that place where nothing is asked any more
    height,  # [R, S] float32, written
    uv,  # [R, S, 2] float32, written inside the shell
    face_index,  # [R, S] int32, written inside the shell
    barycentric,  # [R, S, 3] float32, written inside the shell
    inside,  # [R, S] bool, written
):
    """Signed distance to the mesh (positive where the interpolated normal points) of samples inside a shell.

    A sample at distance d from the mesh frees the next d - shell of the ray from any look-up. Samples well behind a
    known surface count as outside.
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
