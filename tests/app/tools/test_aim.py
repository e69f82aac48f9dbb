"""Aiming a lamp: a drag on the body places it so that it shines straight there, or has its highlight there."""

from dataclasses import replace

import numpy as np
import pytest
from pyglm import glm

from app.model.lamps import FACING, HIGHLIGHT, LampState, lamp_offset, toggle_aim
from app.model.lights import LightState
from app.model.status import Status
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.frames import ShownMesh
from app.tools.aim import surface_point
from app.tools.commands.registry import run
from app.tools.orbit_view import direction
from app.viewer.notices import tool_captions
from tests.app.fake_commands import PictureEvents, blank_frame, fake_commands

SIZE, TARGET = 256, (0.0, 1.0, 0.0)
TILT_DEG = (25.0, 40.0)  # azimuth and elevation of the wall's normal
SUN, NEAR = LampState(-120.0, 10.0), LampState(70.0, -20.0, kind="area", distance_m=1.2)


def events_of(*lamps: LampState) -> tuple[Store, PictureEvents]:
    """A frame whose upper half shows a wall through the target, a little uneven."""
    state = replace(ViewState(), light=LightState(lamps=lamps))
    normal = direction(*TILT_DEG)
    across = glm.normalize(glm.cross(glm.vec3(0, 1, 0), normal))
    up = glm.cross(normal, across)
    corners = [glm.vec3(*TARGET) + 9.0 * (a * across + b * up) for a, b in ((-1, -1), (1, -1), (0, 2))]
    faces = np.full((SIZE, SIZE), -1, np.int32)
    faces[: SIZE // 2] = 0
    mesh = ShownMesh(np.array([[*corner] for corner in corners], np.float32), np.array([[0, 1, 2]]))
    frame = replace(blank_frame(state, SIZE, TARGET), faces=faces, mesh=mesh)
    store = Store(state)
    return store, PictureEvents(fake_commands(store), frame, (SIZE, SIZE))


def drag(store: Store, events: PictureEvents, end=(150.0, 90.0)) -> LampState:
    events.press(100.0, 100.0)
    events.move(*end)
    events.release(x=end[0], y=end[1])
    store.apply()
    return store.state.light.lamps[0]


def test_a_point_of_the_surface_has_position_and_normal():
    _, events = events_of(SUN)
    surface = surface_point(events.viewport, (128.0, 127.9))
    assert surface.position == pytest.approx(TARGET, abs=2e-3)
    assert surface.normal == pytest.approx(tuple(direction(*TILT_DEG)), abs=1e-4)
    assert surface_point(events.viewport, (128.0, 200.0)) is None


def test_a_sun_shines_straight_or_is_mirrored_where_the_pointer_is():
    for aims in (FACING, HIGHLIGHT):
        store, events = events_of(SUN)
        store.post(lambda s, aims=aims: toggle_aim(s, aims), "aim")
        store.apply()
        lamp = drag(store, events)
        toward, normal = direction(lamp.azimuth_deg, lamp.elevation_deg), direction(*TILT_DEG)
        expected = normal if aims == FACING else glm.reflect(events.viewport.view.ray(150.0, 90.0), normal)
        assert tuple(toward) == pytest.approx(tuple(expected), abs=1e-3)
        assert store.state.tool.aims == "" and events.tool is None


def test_a_near_lamp_stands_over_the_point_as_far_as_before():
    store, events = events_of(NEAR)
    run("light.aim", fake_commands(store))
    store.apply()
    events.press(100.0, 100.0)
    events.release(x=100.0, y=100.0)
    store.apply()
    point = glm.vec3(*surface_point(events.viewport, (100.0, 100.0)).position) - glm.vec3(*TARGET)
    before, after = (glm.vec3(*lamp_offset(lamp)) for lamp in (NEAR, store.state.light.lamps[0]))
    assert glm.distance(after, point) == pytest.approx(glm.distance(before, point), rel=1e-4)
    assert tuple(glm.normalize(after - point)) == pytest.approx(tuple(direction(*TILT_DEG)), abs=1e-3)
    store.undo()
    assert store.state.light.lamps[0] == NEAR, "a drag is one step"


def test_beside_the_body_the_camera_turns_and_escape_ends_it():
    store, events = events_of(SUN)
    run("light.aim_highlight", fake_commands(store))
    store.apply()
    events.press(100.0, 200.0)
    assert events.tool == "orbit" and store.state.tool.aims == HIGHLIGHT
    events.release()
    assert "highlight" in tool_captions(store.state, Status())[0].text and store.state.has_mesh
    events.key("ESCAPE")
    store.apply()
    assert store.state.tool.aims == "" and not store.state.has_mesh and not tool_captions(store.state, Status())


def test_without_a_lamp_nothing_is_aimed():
    calls = []
    store = Store(ViewState())
    run("light.aim", fake_commands(store, calls))
    assert "L adds one" in calls[0][1] and not store.apply()
