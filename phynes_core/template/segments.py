"""Which faces have charts of their own: segments of the body, whose borders move to the clothes' borders of color.

A neckline or a cuff is rarely where the body's own neck or wrist ends. In a band around each border faces are divided
anew by random walks (Grady, 2006): a face belongs to the segment that a walker who shuns steps of color reaches first.
"""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sparse
import torch
from scipy.sparse.csgraph import dijkstra
from torch import Tensor

from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize
from phynes_core.template.fairing import conjugate_gradients
from phynes_core.template.solid import averaged

SEGMENTS = (
    (12, 15), (0, 3, 6, 9, 13, 14), (16, 18), (17, 19), (20, 22), (21, 23), (1, 4), (2, 5), (7, 10), (8, 11),
)  # fmt: skip  # joints of head, trunk, arms, hands, legs, feet
SEGMENT_SPREADS = 5  # times that shares of segments are averaged: straighter cuts
BAND_M, MOST_OF_SEGMENT = 0.08, 0.5  # how far a border may move, and at most so far into a segment
STEP = 0.06  # of color: a walker passes twice that e^4 times more seldom than none
LEAST_WAY = 1e-4  # of a step between any two colors, against one between equal ones
HIDDEN_M = 0.015  # farther behind what is seen in front of a vertex, it is hidden
LEAST_COSINE = 0.35  # between a vertex's normal and the way to the eye: others are seen too slanted
SOLID = 250  # coverage of pixels that show nothing of the background
COLOR_SPREADS = 2  # times that colors are averaged


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


def segments(weights: np.ndarray, faces: np.ndarray) -> np.ndarray:  # [V, 24], [F, 3] -> [F] number in SEGMENTS
    """Which of the body's segments each face follows most."""
    shares = [
        averaged(weights[:, list(joints)].sum(1).astype(np.float64), faces, SEGMENT_SPREADS) for joints in SEGMENTS
    ]
    return np.stack(shares, 1)[faces].sum(1).argmax(1)


def along_borders(
    vertices: np.ndarray,  # [V, 3] metres
    faces: np.ndarray,  # [F, 3] of a closed manifold
    segment: np.ndarray,  # [F]
    colors: np.ndarray,  # [V, 3] in [0, 1], NaN where unknown
) -> np.ndarray:  # [F]
    """The segments, divided along borders of color within BAND_M of their own."""
    first, second, length = _neighbors(vertices, faces)
    middle = vertices[faces].mean(1)
    apart = np.linalg.norm(middle[first] - middle[second], axis=1)
    size = len(faces)
    on_border = np.unique(np.concatenate([first, second])[np.tile(segment[first] != segment[second], 2)])
    if len(on_border) == 0:
        return segment
    graph = sparse.csr_matrix((np.tile(apart, 2), (np.r_[first, second], np.r_[second, first])), (size, size))
    inward = dijkstra(graph, directed=False, indices=on_border, min_only=True)
    deepest = np.zeros(int(segment.max()) + 1)
    np.maximum.at(deepest, segment, np.where(np.isfinite(inward), inward, BAND_M))
    free = np.nonzero(inward < np.minimum(BAND_M, MOST_OF_SEGMENT * deepest[segment]))[0]

    shown = _spread(colors, faces)[faces].mean(1)  # [F, 3]
    step = ((shown[first] - shown[second]) ** 2).sum(1)
    way = (length / apart) * (np.exp(-np.where(np.isfinite(step), step, 0.0) / STEP**2) + LEAST_WAY)
    ways = sparse.csr_matrix((np.tile(way, 2), (np.r_[first, second], np.r_[second, first])), (size, size))
    laplacian = sparse.csr_matrix(sparse.diags(np.asarray(ways.sum(1)).ravel()) - ways)
    names = np.unique(segment)
    belongs = (segment[:, None] == names).astype(np.float64)
    held = belongs.copy()
    held[free] = 0.0
    right = -np.asarray(laplacian[free] @ held)
    reached = conjugate_gradients(sparse.csr_matrix(laplacian[free][:, free]), right, belongs[free])
    found = segment.copy()
    found[free] = names[reached.argmax(1)]
    return found


def _neighbors(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of faces with a common edge, and its length, metres."""
    sides = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), 1)
    order = np.lexsort(sides.T)
    pairs = order.reshape(-1, 2)  # of a closed manifold every edge has two faces
    ends = vertices[sides[pairs[:, 0]]]
    return pairs[:, 0] // 3, pairs[:, 1] // 3, np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)


def _spread(colors: np.ndarray, faces: np.ndarray) -> np.ndarray:  # [V, 3]
    """Averaged over neighbors, which also give their color to unknown ones; NaN where there is none around."""
    known = np.asarray(np.isfinite(colors).all(1), np.float64)
    total = np.where(known[:, None] > 0, colors, 0.0)
    for _ in range(COLOR_SPREADS):
        total = np.stack([averaged(total[:, k], faces, 1) for k in range(3)], 1)
        known = averaged(known, faces, 1)
    return np.where(known[:, None] > 1e-6, total / np.maximum(known, 1e-6)[:, None], np.nan)
