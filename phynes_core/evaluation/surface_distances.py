"""Distances between surfaces, in centimetres."""

import torch
from torch import Tensor

from phynes_core.geometry.closest_point import closest_point
from phynes_core.geometry.mesh import surface_samples


def surface_distances(
    vertices: Tensor,  # [V, 3] metres
    faces: Tensor,  # [F, 3]
    true_vertices: Tensor,  # [Vt, 3] metres
    true_faces: Tensor,  # [Ft, 3]
    samples: int = 10_000,  # on either surface (FORMATS section 3.4: 10000 for P2S, 1000 for CD)
    seed: int = 0,
) -> tuple[float, float]:
    """P2S and CD in centimetres: mean distance from ours to the true surface, and the mean of both directions."""
    generator = torch.Generator().manual_seed(seed)

    def mean_distance(points: Tensor, onto_vertices: Tensor, onto_faces: Tensor) -> float:
        return float(closest_point(onto_vertices, onto_faces, points).distance.double().mean())

    ours = surface_samples(vertices, faces, samples, generator)
    theirs = surface_samples(true_vertices, true_faces, samples, generator)
    to_truth = mean_distance(ours, true_vertices, true_faces)
    from_truth = mean_distance(theirs, vertices, faces)
    return 100.0 * to_truth, 50.0 * (to_truth + from_truth)
