"""The camera's panels and bookmarks, without any display."""

import json

import dearpygui.dearpygui as dpg
import pytest

from app.files.cameras import FILE, read_bookmarks, read_path
from app.model import camera_paths, cameras
from app.model.cameras import CameraState
from app.model.edits import edit_camera
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.camera_panel import CameraPanel
from app.panels.panel import PanelContext, Snapshot
from app.panels.path_panel import NO_KEYS, PathPanel
from app.rendering.choices import Choices
from app.tools.commands.registry import run
from app.tools.orbit_view import OrbitView
from app.viewer.cameras import CameraController
from app.window.camera_path_gizmos import path_lines, path_marks
from tests.app.fake_commands import fake_commands
from tests.app.panel_bench import use_widget


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return tmp_path / "settings" / "phynes-viewer"


@pytest.fixture
def said():
    return []


@pytest.fixture
def controller(said):
    return CameraController(
        Store(ViewState()), lambda text, is_error=False: said.append(text), CameraState(), lambda: None
    )


class Bench:
    def __init__(self, controller):
        self.controller, self.store = controller, controller._store
        context = PanelContext(fake_commands(self.store, cameras=controller))
        self.panels = [kind(context) for kind in (CameraPanel, PathPanel)]
        for panel in self.panels:
            with dpg.window():
                panel.build()
        self.show()

    def show(self):
        self.store.apply()
        for panel in self.panels:
            panel.sync(Snapshot(self.store.state, Choices(bookmarks=self.controller.bookmarks)))

    def use(self, tag, value=None):
        use_widget(tag, value)
        self.show()
        return self.store.state


@pytest.fixture
def bench(controller):
    dpg.create_context()
    yield Bench(controller)
    dpg.destroy_context()


def test_the_camera_panel_edits_and_shows(bench):
    assert bench.use("camera.back").camera.azimuth_deg == -180.0
    state = bench.use("camera.lenses", "35 mm")
    assert dpg.get_value("camera.lens") == pytest.approx(35.0) and state.camera.distance_m < 3.0
    assert not bench.use("camera.keeps_size").tool.camera.keeps_size
    distance = bench.use("camera.lens", 100.0).camera.distance_m
    assert distance == state.camera.distance_m
    assert bench.use("camera.speed", 3.0).tool.camera.fly_m_s == 3.0
    assert bench.use("camera.fly").tool.camera.flies


def test_bookmarks_are_saved_chosen_and_removed(bench, said):
    bench.use("camera.left")
    dpg.set_value("camera.name", "  my side ")
    bench.use("camera.keep")
    assert [bookmark.name for bookmark in read_bookmarks()] == ["my side"]
    bench.use("camera.front")
    assert not dpg.get_item_configuration("camera.remove")["enabled"]
    (label,) = dpg.get_item_configuration("camera.places")["items"]
    assert bench.use("camera.places", label).camera.azimuth_deg == 90.0
    bench.store.undo()
    assert bench.store.state.camera.azimuth_deg == 0.0
    bench.use("camera.remove")
    assert read_bookmarks() == () and dpg.get_item_configuration("camera.places")["items"] == ["no places yet"]


def test_the_path_panel_edits_and_shows(bench):
    assert dpg.get_item_configuration("path.keys")["items"] == [NO_KEYS]
    for view in ("camera.front", "camera.left", "camera.back"):
        bench.use(view)
        bench.use("path.add")
    labels = dpg.get_item_configuration("path.keys")["items"]
    assert len(labels) == 3 and "4.00 s" in labels[2] and dpg.get_value("path.keys") == labels[2]
    assert bench.use("path.time", 5.0).path.keys[2].time_s == 5.0
    assert bench.use("path.keys", labels[1]).camera.azimuth_deg == 90.0
    assert bench.use("path.earlier").path.keys[0].camera.azimuth_deg == 90.0
    assert not dpg.get_item_configuration("path.time")["enabled"]  # the first key's
    assert bench.use("path.closed").path.is_closed and dpg.get_item_configuration("path.closing")["enabled"]
    assert bench.use("path.closing", 3.5).path.closing_s == 3.5
    assert dpg.get_item_configuration("path.scrub")["max_value"] == 8.5
    assert bench.use("path.scrub", 5.0).camera == bench.store.state.path.keys[2].camera
    assert bench.use("path.moves", "straight lines").path.moves == "straight"
    assert bench.use("path.play").tool.camera.plays and dpg.get_item_label("path.play") == "Stop"
    state = bench.use("path.record")
    assert (state.tool.turntable.spin, state.tool.turntable.fits) == ("path", True)
    assert not bench.use("path.clear").path.keys and not bench.store.state.tool.camera.plays


def test_bookmarks_by_number_are_saved_and_found_and_a_missing_one_gives_a_message(controller, said):
    store = controller._store
    store.state = edit_camera(store.state, azimuth_deg=33.0)
    controller.keep_here(7)
    store.state = edit_camera(store.state, azimuth_deg=-5.0)
    controller.save_bookmark("face")
    assert [(bookmark.number, bookmark.name) for bookmark in controller.bookmarks] == [(1, "face"), (7, "place 7")]
    controller.go_to(7)
    store.apply()
    assert store.state.camera.azimuth_deg == 33.0
    run("camera.go_to_place_3", fake_commands(store, cameras=controller, say=said.append))
    assert "Ctrl+Shift+3" in said[-1]
    controller.save_bookmark("face")  # replaces the older one
    assert read_bookmarks()[0].camera.azimuth_deg == 33.0 and len(controller.bookmarks) == 2
    controller.save_bookmark("  ")
    assert "expected a name" in said[-1]


def test_a_broken_file_of_bookmarks_loses_only_what_is_broken(settings):
    settings.mkdir(parents=True)
    good = {"name": "good", "camera": {"azimuth_deg": 5.0}}
    wrong = [good, {"name": "x"}, {"name": "y", "camera": {"fov_deg": 0.0}}, 3, {"camera": {}}, good]
    (settings / FILE).write_text(json.dumps(wrong))
    assert [bookmark.name for bookmark in read_bookmarks()] == ["good"]
    (settings / FILE).write_text("[" * 9)
    assert read_bookmarks() == ()


def test_camera_paths_are_saved_and_loaded_by_the_controller(controller, said, tmp_path):
    store = controller._store
    controller.save_path(str(tmp_path / "path.json"))
    assert "one key at least" in said[-1] and not (tmp_path / "path.json").exists()
    store.state = camera_paths.add_key(camera_paths.add_key(store.state))
    controller.save_path(str(tmp_path / "path.json"))
    assert read_path(tmp_path / "path.json") == store.state.path
    path, store.state = store.state.path, ViewState()
    controller.load_path(str(tmp_path / "path.json"))
    store.apply()
    assert store.state.path == path
    (tmp_path / "broken.json").write_text("{")
    controller.load_path(str(tmp_path / "broken.json"))
    assert "not a readable camera path" in said[-1] and "\n" not in said[-1]


def test_the_line_in_the_picture_follows_the_eye():
    state = ViewState()
    for azimuth in (-60.0, 0.0, 60.0):
        state = camera_paths.add_key(edit_camera(state, azimuth_deg=azimuth, distance_m=2.0))
    state = camera_paths.go_to_key(state, 0)
    view = OrbitView(CameraState(elevation_deg=89.0, distance_m=8.0), (0.0, 1.0, 0.0), 400, 400)  # from above
    path, *looks = path_lines(path_marks(state), view)
    assert [line.kind for line in looks] == ["selected", "look", "look"] and path.is_shown.all()
    radius = 2.0 * view.focal_px / 8.0
    assert abs(path.points - 200.0).max() <= radius * 1.02
    assert path.points[len(path.points) // 2] == pytest.approx((200.0, 200.0 + radius), abs=3.0)
    tip = looks[1].points[1]
    assert tip[1] < looks[1].points[0][1]  # toward the avatar
    behind = OrbitView(CameraState(azimuth_deg=0.0, distance_m=2.0), (0.0, 1.0, 0.0), 400, 400)
    assert not path_lines(path_marks(state), behind)[2].is_shown[0]  # the key at the camera's own position
    assert path_marks(camera_paths.toggle_path(state)) is None
    assert path_marks(camera_paths.toggle_shows_path(state)) is None
    assert path_marks(cameras.toggle_fly(ViewState())) is None
