"""Fair a carved surface: it stays where pictures agree on it and takes the smoothest way where they do not.

A surface that the person has is touched by many silhouettes. What no outline ever passed, as between the thighs, and
cloth that moved, stay where few pictures left them, and bumpy; `Carving.doubt` tells both apart. Minimized is the sum
of squared displacements over the variance of each vertex and of squared umbrella vectors (Kobbelt et al., 1998): a
smoothing spline.
"""

import numpy as np
import scipy.sparse as sparse

from phynes_core.template.solid import averaged

SMOOTH_TIMES, SHRINK, SWELL = 20, 0.5, -0.53  # Taubin (1995): the steps of voxels go, the volume stays
CERTAIN_M = 0.001  # standard deviation of a vertex that many silhouettes touch
STIFFNESS = 2.0  # of the umbrella vectors against displacements of certain vertices
DOUBT_SPREADS = 3  # times over the surface, one ring each
SOLVED, MOST_STEPS = 1e-4, 400  # of conjugate gradients


def faired(
    vertices: np.ndarray,  # [V, 3] metres
    faces: np.ndarray,  # [F, 3] of a closed manifold, edges of about one length
    doubt: np.ndarray,  # [V] metres, standard deviations of the vertices beyond CERTAIN_M
) -> np.ndarray:  # [V, 3]
    """Deterministic."""
    trust = 1.0 / (1.0 + (averaged(doubt, faces, DOUBT_SPREADS) / CERTAIN_M) ** 2)
    umbrella = neighbor_means(faces, len(vertices)) - sparse.eye(len(vertices), format="csr")
    system = sparse.csr_matrix(sparse.diags(trust) + STIFFNESS * (umbrella.T @ umbrella))
    return conjugate_gradients(system, trust[:, None] * vertices, vertices)


def conjugate_gradients(system: sparse.csr_matrix, right: np.ndarray, start: np.ndarray) -> np.ndarray:  # [V, C] each
    """The columns that a symmetric positive definite system takes to `right`, by Jacobi-preconditioned steps."""
    scale = 1.0 / np.asarray(system.diagonal(), np.float64)[:, None]
    found, left = start.copy(), right - system @ start
    step = scale * left
    fit = (left * step).sum(0)
    goal = SOLVED**2 * np.maximum(fit, 1e-300)
    for _ in range(MOST_STEPS):
        if (fit <= goal).all():
            break
        moved = system @ step
        length = fit / np.maximum((step * moved).sum(0), 1e-300)
        found, left = found + length * step, left - length * moved
        next_step = scale * left
        next_fit = (left * next_step).sum(0)
        step = next_step + next_fit / np.maximum(fit, 1e-300) * step
        fit = next_fit
    return found


def neighbor_means(faces: np.ndarray, count: int) -> sparse.csr_matrix:  # [V, V]
    """The matrix that takes the mean over each vertex's neighbors."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    joined = sparse.csr_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (count, count))
    return sparse.csr_matrix(sparse.diags(1.0 / np.asarray(joined.sum(1)).ravel().clip(min=1.0)) @ joined)


def smoothed(vertices: np.ndarray, faces: np.ndarray, times: int = SMOOTH_TIMES) -> np.ndarray:  # [V, 3] both
    """Without the steps that voxels leave."""
    mean = neighbor_means(faces, len(vertices))
    for _ in range(times):
        for factor in (SHRINK, SWELL):
            vertices = vertices + factor * (mean @ vertices - vertices)
    return vertices
