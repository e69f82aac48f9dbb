"""OrbitView projects as the engine's orbit camera does."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pyglm import glm

from app.model.cameras import CameraState
from app.tools.orbit_view import OrbitView, angles_deg, direction, panned
from phynes_core.conventions import orbit_direction
from phynes_core.render.camera import orbit_camera

ANGLES = st.floats(-179, 179)
ELEVATIONS = st.floats(-85, 85)
POINTS = st.tuples(*[st.floats(-0.8, 0.8)] * 3)


@given(ANGLES, ELEVATIONS, st.floats(2.0, 8.0), st.floats(15, 70), POINTS, POINTS)
@settings(max_examples=60, deadline=None)
def test_projection_agrees_with_the_engine(azimuth, elevation, distance, fov, target, point):
    view = OrbitView(CameraState(azimuth, elevation, distance, fov_deg=fov), target, 640, 480)
    camera = orbit_camera(torch.tensor(target), azimuth, elevation, distance, 640, 480, fov)
    expected = camera.project(torch.tensor(point)[None])[0].tolist()
    assert view.project(glm.vec3(*point)) == pytest.approx(expected, rel=2e-4, abs=0.02)  # px; float32 both


@given(ANGLES, ELEVATIONS, st.floats(0, 640), st.floats(0, 480))
@settings(max_examples=40, deadline=None)
def test_rays_agree_with_the_engine(azimuth, elevation, x, y):
    view = OrbitView(CameraState(azimuth, elevation, 3.0), (0.1, 1.0, -0.2), 640, 480)
    camera = orbit_camera(torch.tensor([0.1, 1.0, -0.2]), azimuth, elevation, 3.0, 640, 480)
    assert tuple(view.ray(x, y)) == pytest.approx(camera.ray_directions(torch.tensor([x, y])).tolist(), abs=1e-4)


@given(ANGLES, ELEVATIONS)
@settings(max_examples=40, deadline=None)
def test_directions_agree_with_the_conventions_and_invert(azimuth, elevation):
    vector = direction(azimuth, elevation)
    assert tuple(vector) == pytest.approx(orbit_direction(azimuth, elevation).tolist(), abs=1e-5)
    assert angles_deg(vector) == pytest.approx((azimuth, elevation), abs=0.02)


def test_panning_moves_the_orbited_point_with_the_pointer():
    view = OrbitView(CameraState(30.0, 20.0, 3.0), (0.0, 1.0, 0.0), 512, 512)
    moved = panned(view, 25.0, -10.0)
    shifted = OrbitView(moved, tuple(a + b for a, b in zip((0.0, 1.0, 0.0), moved.pan_m, strict=True)), 512, 512)
    x, y, _ = shifted.project(glm.vec3(0.0, 1.0, 0.0))
    assert (x, y) == pytest.approx((256 + 25, 256 - 10), abs=0.1)


@pytest.mark.parametrize("elevation", [90.0, -90.0, 89.7, -89.3])
@pytest.mark.parametrize("azimuth", [0.0, 60.0, -145.0])
def test_from_above_and_below_the_azimuth_says_what_is_up(azimuth, elevation):
    view = OrbitView(CameraState(azimuth, elevation, 3.0), (0.1, 1.0, -0.2), 640, 480)
    camera = orbit_camera(torch.tensor([0.1, 1.0, -0.2]), azimuth, elevation, 3.0, 640, 480)
    point = (0.4, 0.3, 0.1)
    expected = camera.project(torch.tensor(point)[None])[0].tolist()
    assert view.project(glm.vec3(*point)) == pytest.approx(expected, rel=2e-4, abs=0.02)
