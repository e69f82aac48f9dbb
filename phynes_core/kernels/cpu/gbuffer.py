"""Geometry of the covered pixels, row by row of the picture: the same as render/gbuffer.py's torch."""

import math

import numpy as np
import torch
from numba import float32
from torch import Tensor

from phynes_core.kernels.cpu.compiler import exact_parallel, prange
from phynes_core.kernels.mesh_interfaces import GBufferColumns, PixelImages

_LEAST_NORM = float32(1e-12)  # torch's normalize divides by no less


def interpolate_covered(
    fragments: PixelImages,
    vertices: Tensor,
    faces: Tensor,
    vertex_normals: Tensor,
    corner_uv: Tensor,
    center: Tensor,
) -> GBufferColumns:
    """The interface InterpolateCovered."""
    face_index, barycentric, depth = (
        image.contiguous().numpy() for image in (fragments.face_index, fragments.barycentric, fragments.depth)
    )
    mesh = (values.contiguous().numpy() for values in (vertices, faces, vertex_normals, corner_uv, center))
    points, triangles, directions, coordinates, eye = mesh
    first = np.empty(len(face_index) + 1, np.int64)
    _count_covered(face_index, first)
    count = int(first[-1])
    pixel, face = np.empty(count, np.int64), np.empty(count, np.int64)
    corners, depths = np.empty((count, 3), np.int32), np.empty(count, np.float32)
    weights, position, normal, wo = (np.empty((count, 3), np.float32) for _ in range(4))
    uv = np.empty((count, 2), np.float32)
    _interpolate(
        face_index, barycentric, depth, points, triangles, directions, coordinates, eye, first,
        pixel, face, corners, weights, position, normal, uv, wo, depths,
    )  # fmt: skip
    made = torch.from_numpy
    return (
        made(pixel), made(face), made(weights), made(position), made(normal), made(uv), made(wo), made(depths),
        made(corners),
    )  # fmt: skip


@exact_parallel
def _count_covered(face_index, first):
    """Into first [H + 1]: how many pixels are covered in all rows before each."""
    height = face_index.shape[0]
    for row in prange(height):
        count = 0
        for column in range(face_index.shape[1]):
            count += face_index[row, column] >= 0
        first[row + 1] = count
    first[0] = 0
    for row in range(height):
        first[row + 1] += first[row]


@exact_parallel
def _interpolate(
    face_index, barycentric, depth, vertices, faces, vertex_normals, corner_uv, center, first,
    pixel, face, corners, weights, position, normal, uv, wo, depths,
):  # fmt: skip
    width = face_index.shape[1]
    for row in prange(face_index.shape[0]):
        i = first[row]
        for column in range(width):
            covering = face_index[row, column]
            if covering < 0:
                continue
            pixel[i] = row * width + column
            face[i] = covering
            a, b, c = faces[covering, 0], faces[covering, 1], faces[covering, 2]
            corners[i, 0], corners[i, 1], corners[i, 2] = a, b, c
            weight_a, weight_b, weight_c = (
                barycentric[row, column, 0], barycentric[row, column, 1], barycentric[row, column, 2]
            )  # fmt: skip
            weights[i, 0], weights[i, 1], weights[i, 2] = weight_a, weight_b, weight_c
            depths[i] = depth[row, column]
            normal_square, view_square = float32(0), float32(0)
            for axis in range(3):
                point = vertices[a, axis] * weight_a + vertices[b, axis] * weight_b + vertices[c, axis] * weight_c
                position[i, axis] = point
                wo[i, axis] = center[axis] - point
                view_square += wo[i, axis] * wo[i, axis]
                normal[i, axis] = (
                    vertex_normals[a, axis] * weight_a
                    + vertex_normals[b, axis] * weight_b
                    + vertex_normals[c, axis] * weight_c
                )
                normal_square += normal[i, axis] * normal[i, axis]
            normal_norm = max(math.sqrt(normal_square), _LEAST_NORM)
            view_norm = max(math.sqrt(view_square), _LEAST_NORM)
            for axis in range(3):
                normal[i, axis] /= normal_norm
                wo[i, axis] /= view_norm
            for k in range(2):
                uv[i, k] = (
                    corner_uv[covering, 0, k] * weight_a
                    + corner_uv[covering, 1, k] * weight_b
                    + corner_uv[covering, 2, k] * weight_c
                )
            i += 1
