"""The probes' picture, without any display: markers are dragged, cells painted and picked."""

import numpy as np
import pytest

from app.model.lamps import LampState, add_lamp, move_lamp
from app.model.view_state import ViewState
from app.panels.probe_panel import (
    CELL_PX,
    HEIGHT_PX,
    WIDTH_PX,
    ProbePanel,
    lamp_to_picture,
    picture_pixels,
    picture_to_lamp,
)
from phynes_core.conventions import direction_to_latlong, orbit_direction


def test_the_eyedropper_takes_the_light_of_a_probe_and_the_brush_mirrors(bench):
    radiance = np.zeros((16, 32, 3), np.float32)
    radiance[2, 7] = (4.0, 2.0, 0.0)
    bench.show(probe_radiance=radiance)
    probes = bench.panel(ProbePanel)
    probes.pick(7.5 * CELL_PX, 2.5 * CELL_PX)
    probes.pick(-5.0, 1e6)
    bench.store.apply()
    assert bench.store.state.tool.brush_color == (1.0, 0.5, 0.0) and bench.store.state.tool.brush_intensity == 4.0
    assert bench.use("probes.mirrors", True).tool.brush_mirrors
    bench.use("probes.tool", "Paint")
    probes.press(20.5 * CELL_PX, 3.5 * CELL_PX)
    probes.release()
    bench.store.apply()
    bench.show()
    assert len(bench.store.state.light.probe_edits) == 2
    once = bench.store.state.light.probe_edits
    bench.use("probes.mirror")
    assert bench.store.state.light.probe_edits == once  # the same on both sides


def test_directions_in_the_probe_picture_are_the_conventions(bench):
    for azimuth, elevation in ((0, 0), (90, 0), (-89, 30), (135, -60), (20, 80)):
        u, v = direction_to_latlong(orbit_direction(azimuth, elevation)).tolist()
        assert lamp_to_picture(azimuth, elevation) == pytest.approx((u * WIDTH_PX, v * HEIGHT_PX), abs=0.01)
        assert picture_to_lamp(u * WIDTH_PX, v * HEIGHT_PX) == pytest.approx((azimuth, elevation), abs=0.05)


def test_a_marker_is_dragged_and_a_click_beside_it_moves_the_selected_lamp_there(bench):
    bench.set(move_lamp(add_lamp(add_lamp(ViewState())), 1, 30.0, 20.0))
    probes = bench.panel(ProbePanel)
    first = lamp_to_picture(40.0, 35.0)
    probes.press(first[0] + 4, first[1])
    probes.move(100.0, 60.0)
    probes.release()
    bench.store.apply()
    bench.show()
    lamp = bench.store.state.light.lamps[0]
    assert (lamp.azimuth_deg, lamp.elevation_deg) == pytest.approx(picture_to_lamp(100.0, 60.0))
    assert bench.store.state.tool.selected_lamp == 0
    probes.press(300.0, 40.0)
    probes.release()
    bench.store.apply()
    assert bench.store.state.light.lamps[0].azimuth_deg == pytest.approx(picture_to_lamp(300.0, 40.0)[0])
    assert bench.store.state.light.lamps[1] == LampState(azimuth_deg=30.0, elevation_deg=20.0)


def test_a_stroke_paints_without_gaps_and_is_one_undo_step(bench):
    bench.use("probes.tool", "Paint")
    bench.use("probes.intensity", 8.0)
    probes = bench.panel(ProbePanel)
    probes.press(5.5 * CELL_PX, 3.5 * CELL_PX)
    probes.move(9.5 * CELL_PX, 3.5 * CELL_PX)
    probes.release()
    bench.store.apply()
    assert [cell for cell, _ in bench.store.state.light.probe_edits] == [3 * 32 + column for column in range(5, 10)]
    assert {radiance for _, radiance in bench.store.state.light.probe_edits} == {(8.0, 8.0, 8.0)}
    bench.store.undo()
    assert bench.store.state.light.probe_edits == ()
    bench.store.redo()
    bench.show()
    assert bench.use("probes.clear").light.probe_edits == ()


def test_without_lamps_a_click_in_the_picture_does_nothing(bench):
    probes = bench.panel(ProbePanel)
    probes.press(50.0, 50.0)
    probes.move(60.0, 60.0)
    probes.release()
    assert not bench.store.apply()


def test_the_probe_picture_has_a_flat_cell_for_each_probe():
    radiance = np.zeros((16, 32, 3), np.float32)
    radiance[2, 7] = (1.0, 0.0, 0.0)
    pixels = picture_pixels(radiance, 0.0).reshape(HEIGHT_PX, WIDTH_PX, 4)
    cell = pixels[2 * CELL_PX : 3 * CELL_PX, 7 * CELL_PX : 8 * CELL_PX]
    assert (cell[1:, 1:, 0] == cell[5, 5, 0]).all() and cell[5, 5, 0] > 0.5
    assert pixels[..., 1].max() == 0 and (pixels[..., 3] == 1).all()
    assert (pixels[..., 0] > 0).sum() == CELL_PX * CELL_PX
