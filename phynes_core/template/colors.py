"""The colors that pictures show on a mesh: what clothes' borders are found by."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize

HIDDEN_M = 0.015  # farther behind what is seen in front of a vertex, it is hidden
LEAST_COSINE = 0.35  # between a vertex's normal and the way to the eye: others are seen too slanted
SOLID = 250  # coverage of pixels that show nothing of the background


def vertex_colors(
    faces: Tensor,  # [F, 3]
    pictures: Sequence[
        tuple[int, Camera, np.ndarray, np.ndarray]
    ],  # frame, camera, [H, W, 3] and coverage [H, W] uint8
    posed: Callable[[int], Tensor],  # the mesh in a frame: [V, 3] world, metres
) -> np.ndarray:  # [V, 3] in [0, 1], NaN where no picture shows the vertex
    """Mean sRGB over the pictures that a vertex is seen in from the front."""
    total, count, last = None, None, None
    vertices = normals = torch.zeros(0, 3)
    for frame, camera, image, coverage in pictures:
        if frame != last:
            last, vertices = frame, posed(frame)
            normals = vertex_normals(vertices, faces)
        if total is None or count is None:
            total, count = np.zeros((len(vertices), 3)), np.zeros(len(vertices))
        place = camera.project(vertices).numpy()
        column, row = (np.floor(place[:, k]).astype(np.int64) for k in (0, 1))
        seen = np.nonzero((column >= 0) & (row >= 0) & (column < camera.width) & (row < camera.height))[0]
        column, row = column[seen], row[seen]
        depth = rasterize(vertices, faces, camera).depth.numpy()[row, column]
        toward = torch.nn.functional.normalize(camera.center - vertices[seen], dim=-1)
        facing = (toward * normals[seen]).sum(-1).numpy() > LEAST_COSINE
        behind = camera.to_camera(vertices[seen])[:, 2].numpy() - depth
        shown = facing & (depth > 0) & (behind < HIDDEN_M) & (coverage[row, column] >= SOLID)
        total[seen[shown]] += image[row[shown], column[shown]] / 255.0
        count[seen[shown]] += 1.0
    if total is None or count is None:
        raise ValueError("pictures: expected one or more, got none")
    return np.where(count[:, None] > 0, total / np.maximum(count, 1.0)[:, None], np.nan)
