"""Fairing against shapes in closed form: what is certain stays, what is in doubt becomes smooth, nothing shrinks."""

import numpy as np
import pytest
import scipy.sparse as sparse

from phynes_core.template.decimate import decimate
from phynes_core.template.fairing import conjugate_gradients, faired
from phynes_core.template.isosurface import closed_surface

RADIUS_M, CELL_M = 0.2, 0.01


@pytest.fixture(scope="module")
def sphere():
    """A sphere of 20 cm radius: vertices about the origin, faces."""
    size, middle = 50, 24.3
    grid = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), -1) - middle
    solid = (RADIUS_M / CELL_M - np.linalg.norm(grid, axis=-1)).astype(np.float32)
    vertices, faces = closed_surface(solid)
    vertices, faces, _ = decimate((vertices - middle) * CELL_M, faces, 4000)
    return vertices, faces


def bumpy(vertices: np.ndarray, height_m: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=(len(vertices), 1))
    return vertices * (1.0 + height_m / RADIUS_M * noise)


def test_a_certain_sphere_keeps_its_size(sphere):
    vertices, faces = sphere
    radius = np.linalg.norm(faired(vertices, faces, np.zeros(len(vertices))), axis=1)
    assert abs(radius - RADIUS_M).max() < 1e-3  # measured 4e-4


def test_bumps_in_doubt_go_and_the_volume_stays(sphere):
    vertices, faces = sphere
    rough = bumpy(vertices, 0.004)
    radius = np.linalg.norm(faired(rough, faces, np.full(len(vertices), 0.02)), axis=1)
    assert radius.std() < 0.25 * np.linalg.norm(rough, axis=1).std()  # measured 0.18: bumps as wide as the sphere stay
    assert abs(radius.mean() - RADIUS_M) < 1e-3


def test_a_bump_that_pictures_agree_on_stays_and_one_in_doubt_goes(sphere):
    """Two knobs of 1 cm height and 2.5 cm radius on opposite sides."""
    vertices, faces = sphere
    knobs = vertices.copy()
    for side in (1.0, -1.0):
        away = np.linalg.norm(vertices - np.array([side * RADIUS_M, 0, 0]), axis=1)
        knobs *= 1.0 + (0.01 * np.exp(-((away / 0.025) ** 2)) / RADIUS_M)[:, None]
    is_doubted = vertices[:, 0] < -0.1
    found = faired(knobs, faces, np.where(is_doubted, 0.03, 0.0))
    top = {side: np.linalg.norm(found[(side * vertices[:, 0]).argmax()]) - RADIUS_M for side in (1, -1)}
    assert top[1] > 0.008 and top[-1] < 0.003  # measured 0.0094 and 0.0010


def test_conjugate_gradients_solve_what_a_direct_solver_solves():
    generator = np.random.default_rng(0)
    half = sparse.random(60, 60, 0.1, random_state=generator, format="csr")
    system = sparse.csr_matrix(half @ half.T + sparse.eye(60))
    right = generator.normal(size=(60, 3))
    exact = np.linalg.solve(system.toarray(), right)
    assert abs(conjugate_gradients(system, right, np.zeros((60, 3))) - exact).max() < 1e-3 * abs(exact).max()
