"""Point and ray against one triangle or box: scalar functions for the kernels of the tree.

A triangle is a row of `corners_and_edges` [F, 9]: corner a, edge ab, edge ac. A box is a row of `boxes` [B, 6]: lower
corner, upper corner.
"""

import numpy as np
from numba import float32

from phynes_core.kernels.cpu.compiler import inlined, serial

_ZERO = float32(0)
_ONE = float32(1)
_FAR = float32(np.inf)


@serial
def closest_on_triangle(corners_and_edges, row, x, y, z):
    """Squared distance from a point to a triangle, and the weights of corners b and c at the closest point.

    Ericson, Real-Time Collision Detection, 5.1.5, written with the edges' Gram matrix.
    """
    ab_x, ab_y, ab_z = corners_and_edges[row, 3], corners_and_edges[row, 4], corners_and_edges[row, 5]
    ac_x, ac_y, ac_z = corners_and_edges[row, 6], corners_and_edges[row, 7], corners_and_edges[row, 8]
    ap_x, ap_y, ap_z = x - corners_and_edges[row, 0], y - corners_and_edges[row, 1], z - corners_and_edges[row, 2]
    ab_ap = ab_x * ap_x + ab_y * ap_y + ab_z * ap_z
    ac_ap = ac_x * ap_x + ac_y * ap_y + ac_z * ap_z
    ab_ab = ab_x * ab_x + ab_y * ab_y + ab_z * ab_z
    ab_ac = ab_x * ac_x + ab_y * ac_y + ab_z * ac_z
    ac_ac = ac_x * ac_x + ac_y * ac_y + ac_z * ac_z
    ab_bp = ab_ap - ab_ab
    ac_bp = ac_ap - ab_ac
    ab_cp = ab_ap - ab_ac
    ac_cp = ac_ap - ac_ac
    weight_b = _ZERO
    weight_c = _ZERO
    if ab_ap <= _ZERO and ac_ap <= _ZERO:
        pass  # corner a
    elif ab_bp >= _ZERO and ac_bp <= ab_bp:
        weight_b = _ONE
    elif ac_cp >= _ZERO and ab_cp <= ac_cp:
        weight_c = _ONE
    else:
        area_c = ab_ap * ac_bp - ab_bp * ac_ap
        area_b = ab_cp * ac_ap - ab_ap * ac_cp
        area_a = ab_bp * ac_cp - ab_cp * ac_bp
        if area_c <= _ZERO and ab_ap >= _ZERO and ab_bp <= _ZERO:
            weight_b = ab_ap / (ab_ap - ab_bp)
        elif area_b <= _ZERO and ac_ap >= _ZERO and ac_cp <= _ZERO:
            weight_c = ac_ap / (ac_ap - ac_cp)
        elif area_a <= _ZERO and ac_bp >= ab_bp and ab_cp >= ac_cp:
            weight_c = (ac_bp - ab_bp) / ((ac_bp - ab_bp) + (ab_cp - ac_cp))
            weight_b = _ONE - weight_c
        else:
            scale = _ONE / (area_a + area_b + area_c)
            weight_b = area_b * scale
            weight_c = area_c * scale
    dx = ap_x - weight_b * ab_x - weight_c * ac_x
    dy = ap_y - weight_b * ab_y - weight_c * ac_y
    dz = ap_z - weight_b * ab_z - weight_c * ac_z
    return dx * dx + dy * dy + dz * dz, weight_b, weight_c


@inlined
def squared_distance_to_box(boxes, row, x, y, z):
    """Squared distance from a point to a box, 0 inside it."""
    dx = max(_ZERO, max(boxes[row, 0] - x, x - boxes[row, 3]))
    dy = max(_ZERO, max(boxes[row, 1] - y, y - boxes[row, 4]))
    dz = max(_ZERO, max(boxes[row, 2] - z, z - boxes[row, 5]))
    return dx * dx + dy * dy + dz * dz


@inlined
def ray_meets_box(boxes, row, x, y, z, inverse_x, inverse_y, inverse_z):
    """Whether a ray from (x, y, z) meets a box; the inverse of its direction must be finite."""
    first = (boxes[row, 0] - x) * inverse_x
    second = (boxes[row, 3] - x) * inverse_x
    enter, leave = min(first, second), max(first, second)
    first = (boxes[row, 1] - y) * inverse_y
    second = (boxes[row, 4] - y) * inverse_y
    enter, leave = max(enter, min(first, second)), min(leave, max(first, second))
    first = (boxes[row, 2] - z) * inverse_z
    second = (boxes[row, 5] - z) * inverse_z
    enter, leave = max(enter, min(first, second)), min(leave, max(first, second))
    return max(enter, _ZERO) <= leave


@serial
def ray_meets_triangle(corners_and_edges, row, x, y, z, direction_x, direction_y, direction_z, reach):
    """Whether a ray from (x, y, z) hits a triangle from either side within `reach`."""
    return distance_to_triangle(corners_and_edges, row, x, y, z, direction_x, direction_y, direction_z) < reach


@serial
def distance_to_triangle(corners_and_edges, row, x, y, z, direction_x, direction_y, direction_z):
    """Where a ray from (x, y, z) hits a triangle from either side (Moller and Trumbore), in lengths; far if nowhere."""
    ab_x, ab_y, ab_z = corners_and_edges[row, 3], corners_and_edges[row, 4], corners_and_edges[row, 5]
    ac_x, ac_y, ac_z = corners_and_edges[row, 6], corners_and_edges[row, 7], corners_and_edges[row, 8]
    p_x = direction_y * ac_z - direction_z * ac_y
    p_y = direction_z * ac_x - direction_x * ac_z
    p_z = direction_x * ac_y - direction_y * ac_x
    scale = _ONE / (ab_x * p_x + ab_y * p_y + ab_z * p_z)
    t_x, t_y, t_z = x - corners_and_edges[row, 0], y - corners_and_edges[row, 1], z - corners_and_edges[row, 2]
    weight_b = (t_x * p_x + t_y * p_y + t_z * p_z) * scale
    q_x = t_y * ab_z - t_z * ab_y
    q_y = t_z * ab_x - t_x * ab_z
    q_z = t_x * ab_y - t_y * ab_x
    weight_c = (direction_x * q_x + direction_y * q_y + direction_z * q_z) * scale
    distance = (ac_x * q_x + ac_y * q_y + ac_z * q_z) * scale
    is_inside = weight_b >= _ZERO and weight_c >= _ZERO and weight_b + weight_c <= _ONE
    return distance if is_inside and distance > _ZERO else _FAR
