"""The surface of a solid: where it should be, and always a ball's."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from phynes_core.template.isosurface import closed_surface
from phynes_core.template.mesh_checks import topology

SIZE = 40


def places() -> np.ndarray:  # [SIZE, SIZE, SIZE, 3], from the middle, off the grid
    axes = np.arange(SIZE)
    return np.stack(np.meshgrid(axes, axes, axes, indexing="ij"), -1) - 19.3


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6.0)


def test_a_sphere_is_where_it_is():
    vertices, faces = closed_surface((14.0 - np.linalg.norm(places(), axis=-1)).astype(np.float32))
    radius = np.linalg.norm(vertices - 19.3, axis=1)
    # linear between grid points, and a tenth of an edge, at most 1.7 long, away from them: measured 0.162
    assert abs(radius - 14.0).max() < 0.18
    assert volume(vertices, faces) == pytest.approx(4.0 / 3.0 * np.pi * 14.0**3, rel=0.01)  # outward: positive


def test_a_torus_is_cut_open_where_it_is_thinnest():
    x, y, z = np.moveaxis(places(), -1, 0)
    tube = 5.0 - 1.5 * (x > 0) * (abs(y) < 3)
    solid = tube - np.sqrt((np.hypot(x, y) - 12.0) ** 2 + z**2)
    vertices, faces = closed_surface(solid.astype(np.float32))
    assert topology(faces).genus == 0 and topology(faces).is_manifold
    x, y, z = (vertices - 19.3).T
    deep = np.hypot(np.hypot(x, y) - 12.0, z) < 2.0  # of the tube, where nothing but the cut makes a surface
    assert deep.any() and (x[deep] > 0).all() and (abs(y[deep]) < 4).all()


def test_any_solid_becomes_one_closed_surface_without_handles():
    noise = gaussian_filter(np.random.default_rng(0).normal(size=(SIZE, SIZE, SIZE)), 1.5).astype(np.float32)
    for axis in range(3):
        border = np.moveaxis(noise, axis, 0)
        border[0] = border[-1] = -1.0
    found = topology(closed_surface(noise)[1])
    assert (found.num_parts, found.is_manifold, found.genus) == (1, True, 0)


def test_hollows_are_filled_and_crumbs_left_out():
    away = np.linalg.norm(places(), axis=-1)
    solid = np.minimum(14.0 - away, away - 6.0)
    solid[2:4, 2:4, 2:4] = 1.0
    vertices, faces = closed_surface(solid.astype(np.float32))
    assert topology(faces).num_parts == 1
    assert np.linalg.norm(vertices - 19.3, axis=1).min() > 13.0


def test_an_empty_solid_is_an_error():
    with pytest.raises(ValueError, match="points inside"):
        closed_surface(np.full((4, 4, 4), -1.0, np.float32))
