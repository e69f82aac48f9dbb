"""Brush, fill and eyedropper in the picture and on the panel's square; the file beside the avatar."""

from dataclasses import replace

import dearpygui.dearpygui as dpg
import numpy as np
import pytest

from app.files.materials import materials_path, save_materials
from app.model import materials
from app.model.avatar_row import AvatarRowState, BodyState
from app.model.materials import MOST_STROKES, MaterialFile, MaterialState, StrokeState
from app.model.preferences import LEFT, RIGHT
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.layout import PanelLayout
from app.panels.paint_panel import SIDE_PX, PaintPanel, square_pixels
from app.panels.panel import PanelContext, Snapshot
from app.rendering.frames import LIGHT, Frame, MaterialSquare, ShownBody
from app.viewer.avatars import MaterialController
from tests.app.fake_commands import PictureEvents, fake_commands
from tests.app.panel_bench import widgets

SIZE = 100


def shown_body(first_face):
    return ShownBody(
        np.zeros((24, 3)), np.zeros((24, 3, 3)), np.zeros((24, 3)), 0.0, 0.0, first_face, np.zeros((10, 24), np.uint8)
    )


def frame_of(state):
    """Two bodies, in the left and the right quarter of the picture; uv is the pixel's position."""
    faces = np.full((SIZE, SIZE), -1, np.int32)
    faces[:, :25], faces[:, 75:] = 3, 13
    across = (np.arange(SIZE) + 0.5) / SIZE
    uv = np.stack([np.broadcast_to(across, (SIZE, SIZE)), np.broadcast_to(1 - across[:, None], (SIZE, SIZE))], -1)
    is_body = np.zeros((10, 10), bool)
    is_body[:, :3] = True
    square = MaterialSquare(np.full((10, 10, 3), 0.25, np.float32), np.full((10, 10), 0.4, np.float32), is_body)
    return Frame(
        np.zeros((SIZE, SIZE, 4), np.float16), LIGHT, state, (0.0, 1.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0,
        bodies=(shown_body(0), shown_body(10)), faces=faces, texel_coordinates=uv.astype(np.float32), square=square,
    )  # fmt: skip


@pytest.fixture
def store():
    state = ViewState(BodyState("a.ckpt"), avatar_row=AvatarRowState((BodyState("b.ckpt"),)))
    return Store(materials.edit_next_stroke(state, radius_m=0.02))


@pytest.fixture
def gestures(store):
    return PictureEvents(fake_commands(store), frame_of(store.state), window=(SIZE, SIZE))


def test_without_a_tool_a_drag_on_the_body_turns_the_camera(gestures, store):
    gestures.press(10.5, 50.5, LEFT, False)
    assert gestures.tool == "orbit"
    store.apply()
    assert store.state.body.materials == MaterialState()


def test_a_stroke_beyond_the_limit_gives_a_message(store):
    said = []
    gestures = PictureEvents(fake_commands(store, say=said.append), frame_of(store.state), window=(SIZE, SIZE))
    strokes = (StrokeState(points=((0.5, 0.5),)),) * MOST_STROKES
    store.post(lambda s: materials.edit_materials(materials.take_tool(s, "brush"), strokes=strokes), "test")
    store.apply()
    gestures.press(5.5, 50.5, LEFT, False)
    store.apply()
    assert len(store.state.body.materials.strokes) == MOST_STROKES and "clear some" in said[0]


def test_a_drag_with_the_brush_is_a_stroke_without_gaps_and_one_undo_step(gestures, store):
    gestures.key("P", has_shift=True)
    store.apply()
    gestures.press(5.5, 50.5, LEFT, False)
    assert gestures.tool == "paint"
    gestures.move(20.5, 50.5, 15, 0)
    gestures.move(60.5, 50.5, 40, 0)  # off the body
    gestures.release(LEFT)
    store.apply()
    (stroke,) = store.state.body.materials.strokes
    points = np.array(stroke.points)
    assert points[0] == pytest.approx((0.055, 0.495)) and 0.23 < points[:, 0].max() <= 0.25
    assert np.diff(points[:, 0]).max() < 0.03 and (points[:, 1] == points[0, 1]).all()
    assert store.state.camera == ViewState().camera
    store.undo()
    assert store.state.body.materials.strokes == ()


def test_beside_the_body_a_drag_with_the_brush_orbits(gestures, store):
    gestures.key("P", has_shift=True)
    store.apply()
    gestures.press(50.5, 50.5, LEFT, False)
    assert gestures.tool == "orbit"


def test_painting_another_body_makes_it_the_active_one(gestures, store):
    gestures.key("P", has_shift=True)
    store.apply()
    gestures.press(90.5, 50.5, LEFT, False)
    gestures.move(10.5, 50.5, -80, 0)  # across to the other: not part of this stroke
    gestures.release(LEFT)
    store.apply()
    assert store.state.avatar_row.active == 1 and store.state.body.avatar == "b.ckpt"
    (stroke,) = store.state.body.materials.strokes
    assert min(u for u, _ in stroke.points) >= 0.75
    assert store.state.avatar_row.others[0].materials == MaterialState()


def test_the_brushs_circle_has_its_radius_and_shows_on_bodies_only(gestures, store):
    def brush_ring(point):
        return gestures.gestures.brush_ring(gestures.viewport, point)

    assert brush_ring((10.5, 50.5)) is None  # no tool is chosen
    gestures.key("P", has_shift=True)
    store.apply()
    x, y, radius = brush_ring((10.5, 50.5))
    camera = store.state.camera
    assert (x, y) == (10.5, 50.5)
    assert radius == pytest.approx(0.02 * gestures.viewport.view.focal_px / camera.distance_m)
    assert brush_ring((50.5, 50.5)) is None and brush_ring(None) is None


def test_a_fill_is_one_point(gestures, store):
    gestures.key("G", has_shift=True)
    store.apply()
    gestures.press(10.5, 50.5, LEFT, False)
    gestures.move(20.5, 50.5, 10, 0)
    gestures.release(LEFT)
    store.apply()
    (stroke,) = store.state.body.materials.strokes
    assert stroke.shape == "fill" and len(stroke.points) == 1


@pytest.mark.parametrize("tool, button", [("pick", LEFT), ("brush", RIGHT)])
def test_the_eyedropper_takes_color_and_roughness(gestures, store, tool, button):
    store.post(lambda s: materials.take_tool(s, tool), "brush")
    store.apply()
    gestures.press(10.5, 50.5, button, False)
    gestures.release(button)
    store.apply()
    brush = store.state.tool.brush
    assert brush.stroke.color == (0.25, 0.25, 0.25) and brush.stroke.roughness == pytest.approx(0.4)
    assert brush.tool == "brush" and store.state.body.materials == MaterialState()


def test_escape_first_puts_the_brush_away(gestures, store):
    gestures.key("P", has_shift=True)
    store.apply()
    gestures.key("ESCAPE")
    store.apply()
    assert store.state.tool.brush.tool == "none"


def test_keys_change_the_brush(gestures, store):
    for name, modifiers in (
        ("K", {"has_shift": True}),
        ("RIGHT_BRACKET", {"has_shift": True}),
        ("X", {"has_shift": True}),
    ):
        gestures.key(name, **modifiers)
    store.apply()
    stroke = store.state.tool.brush.stroke
    assert (stroke.paint, stroke.mirrors) == ("tint", True) and stroke.radius_m == pytest.approx(0.025)


# the panel


class Bench:
    def __init__(self, state):
        self.calls = []
        self.store = Store(state)
        self.layout = PanelLayout(PanelContext(fake_commands(self.store, self.calls)))
        self.panel = next(panel for panel in self.layout.panels if isinstance(panel, PaintPanel))

    def show(self, **changes):
        self.store.apply()
        side = np.zeros((256, 256), bool)
        side[:, :128] = True
        square = MaterialSquare(np.full((256, 256, 3), 0.25, np.float32), np.full((256, 256), 0.4, np.float32), side)
        self.layout.sync(Snapshot(self.store.state, **{"square": square, **changes}))


@pytest.fixture
def bench(monkeypatch):
    with widgets(monkeypatch):
        bench = Bench(ViewState(BodyState("/a/josh.ckpt")))
        bench.layout.build()
        bench.show()
        yield bench


def test_a_stroke_on_the_square_is_one_on_the_body(bench):
    bench.store.post(lambda s: materials.take_tool(s, "brush"), "brush")
    bench.show()
    bench.panel.press(0.25 * SIDE_PX, 0.25 * SIDE_PX)
    bench.panel.move(0.5 * SIDE_PX, 0.25 * SIDE_PX)
    bench.panel.release()
    bench.show()
    (stroke,) = bench.store.state.body.materials.strokes
    assert stroke.points[0] == pytest.approx((0.25, 0.75)) and stroke.points[-1] == pytest.approx((0.5, 0.75))
    assert max(b[0] - a[0] for a, b in zip(stroke.points, stroke.points[1:], strict=False)) < 0.02


def test_the_square_shows_color_or_roughness_and_what_is_beside_the_body(bench):
    square = MaterialSquare(
        np.full((256, 256, 3), 0.25, np.float32), np.full((256, 256), 0.4, np.float32), np.eye(256, dtype=bool)
    )
    state = ViewState()
    color = square_pixels(Snapshot(state, square=square)).reshape(256, 256, 4)
    assert color[3, 3, 0] == pytest.approx(0.25 ** (1 / 2.2), abs=1e-5) and color[3, 4, 0] == pytest.approx(0.1)
    rough = square_pixels(Snapshot(materials.edit_brush(state, shows_roughness=True), square=square))
    assert rough.reshape(256, 256, 4)[3, 3, 1] == pytest.approx(0.4)


def test_scales_are_posted_shown_and_reset(bench):
    for name in ("albedo_scale", "roughness_scale", "specular_scale"):
        dpg.get_item_callback(f"materials.{name}")(None, 0.5)
        bench.show()
        assert getattr(bench.store.state.body.materials, name) == 0.5
        assert dpg.get_value(f"materials.{name}") == pytest.approx(0.5)
    bench.store.post(lambda s: materials.begin_stroke(s, ((0.1, 0.1),)), "paint")
    bench.show()
    assert dpg.get_value("materials.count") == "1 stroke"
    dpg.get_item_callback("materials.clear")()
    bench.show()
    assert bench.store.state.body.materials.strokes == () and bench.store.state.body.materials.albedo_scale == 0.5
    dpg.get_item_callback("materials.reset")()
    bench.show()
    assert bench.store.state.body.materials == MaterialState()


def test_brush_rows_post_what_they_say(bench):
    dpg.get_item_callback("materials.radius")(None, 5.0)
    dpg.get_item_callback("materials.paint")(None, "Color + roughness")
    dpg.get_item_callback("materials.mirrors")(None, True)
    bench.show()
    stroke = bench.store.state.tool.brush.stroke
    assert stroke.radius_m == pytest.approx(0.05) and (stroke.paint, stroke.mirrors) == ("material", True)
    assert dpg.get_value("materials.radius") == pytest.approx(5.0)
    assert dpg.get_item_configuration("materials.rough")["show"]


def test_a_file_beside_the_avatar_is_named_and_can_be_loaded(bench):
    assert not dpg.get_item_configuration("materials.load")["enabled"]
    bench.show(materials_file=MaterialFile("josh.materials.json", True))
    assert "josh.materials.json" in dpg.get_value("materials.beside")
    dpg.get_item_callback("materials.load")()
    assert bench.calls == ["materials.load"]


# the file beside the checkpoint


def test_a_file_is_offered_and_used_only_when_loaded_which_undo_takes_back(tmp_path):
    avatar = str(tmp_path / "josh.ckpt")
    painted = MaterialState(tint=(1.0, 0.0, 0.0))
    save_materials(materials_path(avatar), painted, avatar)
    said, store = [], Store(ViewState(BodyState(avatar)))
    controller = MaterialController(store, lambda text, is_error=False: said.append((text, is_error)))
    for _ in range(3):
        controller.update()
    assert len(said) == 1 and "josh.materials.json" in said[0][0] and "not used" in said[0][0]
    assert controller.file == MaterialFile("josh.materials.json", True)
    store.apply()
    assert store.state.body.materials == MaterialState()
    controller.load()
    store.apply()
    assert store.state.body.materials == painted
    store.undo()
    assert store.state.body.materials == MaterialState()


def test_saving_says_where_and_a_broken_file_is_a_message(tmp_path):
    avatar = str(tmp_path / "josh.ckpt")
    said, store = [], Store(ViewState(replace(BodyState(avatar), materials=MaterialState(tint=(0.5, 0.5, 1.0)))))
    controller = MaterialController(store, lambda text, is_error=False: said.append((text, is_error)))
    controller.update()
    assert said == [] and not controller.file.is_there
    controller.save()
    assert materials_path(avatar).is_file() and controller.file.is_there and not said[-1][1]
    materials_path(avatar).write_text("{}")
    controller.load()
    store.apply()
    assert said[-1][1] and store.state.body.materials.tint == (0.5, 0.5, 1.0)
    controller.load(str(tmp_path / "nothing.json"))
    assert "cannot read" in said[-1][0]
