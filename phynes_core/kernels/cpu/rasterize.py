"""Rasterizer: which face covers each pixel center, in tiles of whole rows that threads share.

Vertices come as homogeneous pixels (x_px * z, y_px * z, z), so that a face that crosses the near plane is still exact.
Watertight: corners snap to a grid fine enough for edge functions in float64 to be exact, and a pixel center on an edge
belongs to the face that the top-left rule names. Faces are drawn from both sides; at equal depth the lower face index
wins.
"""

import math

import numpy as np
import torch
from numba import get_num_threads
from torch import Tensor

from phynes_core.kernels.cpu.compiler import exact_parallel, exact_serial, prange
from phynes_core.kernels.mesh_interfaces import PinholeCamera

_TILE_ROWS = 16
_ROWS_NONE = -1


def rasterize(
    vertices: Tensor, faces: Tensor, homogeneous: Tensor, camera: PinholeCamera, near_m: float, snap: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The interface Rasterize."""
    face_index = np.empty((camera.height, camera.width), np.int32)
    barycentric = np.zeros((camera.height, camera.width, 3), np.float32)
    depth = np.zeros((camera.height, camera.width), np.float32)
    rasterize_faces(
        np.ascontiguousarray(homogeneous.numpy(), np.float32), np.ascontiguousarray(faces.numpy(), np.int32),
        face_index, barycentric, depth, near_m, snap, get_num_threads(),
    )  # fmt: skip
    return torch.from_numpy(face_index), torch.from_numpy(barycentric), torch.from_numpy(depth)


@exact_parallel
def rasterize_faces(
    homogeneous,  # [V, 3] float32: x_px * z, y_px * z, z (m)
    faces,  # [F, 3] int32
    face_index,  # [H, W] int32, written; -1 = background
    barycentric,  # [H, W, 3] float32 zeros, written where covered; perspective correct
    depth,  # [H, W] float32 zeros, written where covered; camera z (m)
    near_m,  # float64, camera z below which nothing is drawn
    snap,  # float64, grid steps per pixel: a power of two, so that edge functions stay exact
    num_threads,  # int
):
    """Nearest face at each pixel center (x + 0.5, y + 0.5)."""
    height, width = face_index.shape
    num_faces = faces.shape[0]
    half_step = 0.5 / snap**2  # half the least difference between two edge functions
    screen = np.empty((homogeneous.shape[0], 3), np.float64)  # x_px, y_px, 1 / z; 1 / z = 0 behind the near plane
    for vertex in range(homogeneous.shape[0]):
        z = np.float64(homogeneous[vertex, 2])
        inverse = 1.0 / z if z >= near_m else 0.0
        screen[vertex, 0] = math.floor(homogeneous[vertex, 0] * inverse * snap + 0.5) / snap
        screen[vertex, 1] = math.floor(homogeneous[vertex, 1] * inverse * snap + 0.5) / snap
        screen[vertex, 2] = inverse
    rows = np.empty((num_faces, 2), np.int32)  # first and last row of pixel centers that a face may cover
    for face in prange(num_faces):
        rows[face, 0], rows[face, 1] = _face_rows(screen, faces, face, width, height)
    num_tiles = (height + _TILE_ROWS - 1) // _TILE_ROWS
    tiles_per_thread = (num_tiles + num_threads - 1) // num_threads
    for task in prange(tiles_per_thread * num_threads):
        tile = (task % tiles_per_thread) * num_threads + task // tiles_per_thread  # neighbors go to different threads
        first_row, last_row = tile * _TILE_ROWS, min(height, (tile + 1) * _TILE_ROWS) - 1
        inverse_depth = np.zeros((_TILE_ROWS, width), np.float32)
        face_index[first_row : last_row + 1] = -1
        for face in range(num_faces):
            if rows[face, 0] <= last_row and rows[face, 1] >= first_row:
                a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
                if screen[a, 2] > 0.0 and screen[b, 2] > 0.0 and screen[c, 2] > 0.0:
                    first, last = max(first_row, rows[face, 0]), min(last_row, rows[face, 1])
                    _draw_face(screen, a, b, c, face, first, last, first_row, half_step, inverse_depth, face_index)
                else:
                    _draw_crossing_face(
                        homogeneous, a, b, c, face, first_row, last_row, near_m, inverse_depth, face_index
                    )
        for row in range(first_row, last_row + 1):
            for column in range(width):
                face = face_index[row, column]
                if face >= 0:
                    weight_a, weight_b, weight_c, inverse = weights_at(
                        homogeneous, faces[face, 0], faces[face, 1], faces[face, 2], column + 0.5, row + 0.5
                    )
                    if inverse <= 0.0:  # a sliver that only snapping gave an area
                        weight_a, inverse = 1.0, 1.0 / homogeneous[faces[face, 0], 2]
                    weight_a, weight_b, weight_c = max(weight_a, 0.0), max(weight_b, 0.0), max(weight_c, 0.0)
                    scale = 1.0 / (weight_a + weight_b + weight_c)
                    barycentric[row, column, 0] = weight_a * scale
                    barycentric[row, column, 1] = weight_b * scale
                    barycentric[row, column, 2] = weight_c * scale
                    depth[row, column] = 1.0 / inverse


@exact_serial
def _face_rows(screen, faces, face, width, height):
    """First and last row of pixel centers inside a face's bounds; an empty range for a face that covers none."""
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    num_in_front = (screen[a, 2] > 0.0) + (screen[b, 2] > 0.0) + (screen[c, 2] > 0.0)
    if num_in_front == 0:
        return height, _ROWS_NONE
    if num_in_front < 3:
        return 0, height - 1
    low_x = min(screen[a, 0], screen[b, 0], screen[c, 0])
    high_x = max(screen[a, 0], screen[b, 0], screen[c, 0])
    first_column, last_column = math.ceil(max(low_x - 0.5, 0.0)), math.floor(min(high_x - 0.5, width - 1.0))
    if first_column > last_column:
        return height, _ROWS_NONE
    low_y = min(screen[a, 1], screen[b, 1], screen[c, 1])
    high_y = max(screen[a, 1], screen[b, 1], screen[c, 1])
    return math.ceil(min(max(low_y - 0.5, 0.0), float(height))), math.floor(min(high_y - 0.5, height - 1.0))


@exact_serial
def _draw_face(screen, a, b, c, face, first, last, tile_row, half_step, inverse_depth, face_index):
    """Draw rows first..last of a face that lies wholly before the near plane."""
    a_x, b_x, c_x = screen[a, 0], screen[b, 0], screen[c, 0]
    a_y, b_y, c_y = screen[a, 1], screen[b, 1], screen[c, 1]
    a_inverse, b_inverse, c_inverse = screen[a, 2], screen[b, 2], screen[c, 2]
    area = (b_x - a_x) * (c_y - a_y) - (b_y - a_y) * (c_x - a_x)
    if area == 0.0:
        return
    if area < 0.0:  # seen from behind: swap two corners
        b_x, c_x, b_y, c_y, b_inverse, c_inverse, area = c_x, b_x, c_y, b_y, c_inverse, b_inverse, -area
    scale = 1.0 / area
    first_column = math.ceil(max(min(a_x, b_x, c_x) - 0.5, 0.0))
    last_column = math.floor(min(max(a_x, b_x, c_x) - 0.5, face_index.shape[1] - 1.0))
    a_dx, a_dy, b_dx, b_dy, c_dx, c_dy = c_x - b_x, c_y - b_y, a_x - c_x, a_y - c_y, b_x - a_x, b_y - a_y
    a_short, b_short, c_short = (
        shortfall(a_dx, a_dy, half_step), shortfall(b_dx, b_dy, half_step), shortfall(c_dx, c_dy, half_step)
    )  # fmt: skip
    x = first_column + 0.5
    for row in range(first, last + 1):
        y = row + 0.5
        edge_a = a_dx * (y - b_y) - a_dy * (x - b_x) - a_short
        edge_b = b_dx * (y - c_y) - b_dy * (x - c_x) - b_short
        edge_c = c_dx * (y - a_y) - c_dy * (x - a_x) - c_short
        for column in range(first_column, last_column + 1):
            if edge_a >= 0.0 and edge_b >= 0.0 and edge_c >= 0.0:
                inverse = np.float32((edge_a * a_inverse + edge_b * b_inverse + edge_c * c_inverse) * scale)
                if inverse > inverse_depth[row - tile_row, column]:
                    inverse_depth[row - tile_row, column] = inverse
                    face_index[row, column] = face
            edge_a -= a_dy  # exact: every term is a multiple of the grid and fits
            edge_b -= b_dy
            edge_c -= c_dy


@exact_serial
def shortfall(dx, dy, half_step):
    """0 for an edge that owns the pixel centers on it, else half a step, which excludes them.

    The top-left rule decides, with y down and the inside positive: of two faces that share an edge one owns it.
    """
    return 0.0 if dy < 0.0 or (dy == 0.0 and dx > 0.0) else half_step


@exact_serial
def _draw_crossing_face(homogeneous, a, b, c, face, first_row, last_row, near_m, inverse_depth, face_index):
    """Draw a face that crosses the near plane, pixel by pixel from the homogeneous weights."""
    low_x, high_x, low_y, high_y = math.inf, -math.inf, math.inf, -math.inf
    corners = (a, b, c)
    for k in range(3):  # bounds of what is left after clipping to z >= near_m
        start, end = corners[k], corners[(k + 1) % 3]
        z_start, z_end = np.float64(homogeneous[start, 2]), np.float64(homogeneous[end, 2])
        if z_start >= near_m:
            low_x, high_x = min(low_x, homogeneous[start, 0] / z_start), max(high_x, homogeneous[start, 0] / z_start)
            low_y, high_y = min(low_y, homogeneous[start, 1] / z_start), max(high_y, homogeneous[start, 1] / z_start)
        if (z_start >= near_m) != (z_end >= near_m):
            t = (near_m - z_start) / (z_end - z_start)
            x = (homogeneous[start, 0] + t * (homogeneous[end, 0] - homogeneous[start, 0])) / near_m
            y = (homogeneous[start, 1] + t * (homogeneous[end, 1] - homogeneous[start, 1])) / near_m
            low_x, high_x, low_y, high_y = min(low_x, x), max(high_x, x), min(low_y, y), max(high_y, y)
    # One pixel of slack: the weights decide.
    first_column = math.ceil(max(low_x - 1.0, 0.0))
    last_column = math.floor(min(high_x + 1.0, face_index.shape[1] - 1.0))
    first = math.ceil(min(max(low_y - 1.0, float(first_row)), float(last_row + 1)))
    for row in range(first, math.floor(min(high_y + 1.0, float(last_row))) + 1):
        for column in range(first_column, last_column + 1):
            weight_a, weight_b, weight_c, inverse = weights_at(homogeneous, a, b, c, column + 0.5, row + 0.5)
            if weight_a >= 0.0 and weight_b >= 0.0 and weight_c >= 0.0 and 0.0 < inverse <= 1.0 / near_m:
                nearness = np.float32(inverse)
                if nearness > inverse_depth[row - first_row, column]:
                    inverse_depth[row - first_row, column] = nearness
                    face_index[row, column] = face


@exact_serial
def weights_at(homogeneous, a, b, c, x, y):
    """Barycentric coordinates and 1 / z where the ray of a pixel meets a face's plane (all 0 when it is edge on).

    The ray z (x, y, 1) = sum_k w_k h_k: the weights are triple products (x, y, 1) . (h_i x h_j), up to their sum.
    """
    a_z, b_z, c_z = np.float64(homogeneous[a, 2]), np.float64(homogeneous[b, 2]), np.float64(homogeneous[c, 2])
    a_x, b_x, c_x = homogeneous[a, 0] - x * a_z, homogeneous[b, 0] - x * b_z, homogeneous[c, 0] - x * c_z
    a_y, b_y, c_y = homogeneous[a, 1] - y * a_z, homogeneous[b, 1] - y * b_z, homogeneous[c, 1] - y * c_z
    weight_a = b_x * c_y - b_y * c_x
    weight_b = c_x * a_y - c_y * a_x
    weight_c = a_x * b_y - a_y * b_x
    total = weight_a + weight_b + weight_c
    if total == 0.0:
        return 0.0, 0.0, 0.0, 0.0
    scale = 1.0 / total
    weight_a, weight_b, weight_c = weight_a * scale, weight_b * scale, weight_c * scale
    return weight_a, weight_b, weight_c, 1.0 / (weight_a * a_z + weight_b * b_z + weight_c * c_z)
