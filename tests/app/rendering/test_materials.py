"""Material edits: the edits of the state, their files, and their pictures."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from app import cli
from app.files.materials import MaterialFileError, load_materials, materials_path, save_materials
from app.model import avatar_row, edits, materials
from app.model.avatar_row import BodyState
from app.model.comparison import CompareState, compared_state, swapped
from app.model.fields import range_of
from app.model.lamps import add_lamp
from app.model.lights import LightState
from app.model.materials import MOST_STROKES, MaterialState, StrokeState
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.render_service import RenderService
from phynes_core.errors import PhynesError
from phynes_core.io.exr_files import read_exr

SIZE = 64
PAINTED = MaterialState(
    0.8, (1.0, 0.5, 0.25), 0.5, 1.5,
    (
        StrokeState(points=((0.25, 0.5), (0.26, 0.5)), mirrors=True),
        StrokeState("tint", "fill", ((0.4, 0.41),), color=(0.1, 0.2, 0.3), strength=0.5),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def service():
    return RenderService()


@pytest.fixture
def view(service, avatar_file):
    state = ViewState(BodyState(str(avatar_file)), light=LightState(mode="none"))
    return add_lamp(replace(state, camera=service.home_camera(state)))


# edits of the state


def test_a_stroke_grows_and_is_one_undo_step():
    store = Store(ViewState())
    store.post(lambda s: materials.begin_stroke(s, ((0.2, 0.3),)), "paint")
    for step in range(5):
        store.post(lambda s, u=0.2 + 0.01 * step: materials.extend_stroke(s, ((u, 0.3),)), "paint")
    store.end_gesture()
    store.post(lambda s: materials.begin_stroke(s, ((0.5, 0.5),)), "paint")
    store.apply()
    strokes = store.state.body.materials.strokes
    assert [len(stroke.points) for stroke in strokes] == [6, 1]
    store.undo()
    assert store.state.body.materials.strokes == strokes[:1]
    store.undo()
    assert store.state == ViewState()


def test_two_hundred_undo_steps_share_their_strokes():
    """Each step adds the points of its own stroke and a tuple of references: far less than a copy of the strokes."""
    state, states = ViewState(), []
    points = tuple((0.2 + 0.001 * step, 0.3) for step in range(50))
    for _ in range(200):
        state = materials.begin_stroke(state, points)
        states.append(state)
    seen = {id(stroke): stroke for past in states for stroke in past.body.materials.strokes}
    rows = sum(sys.getsizeof(past.body.materials.strokes) for past in states)
    assert len(seen) == 200
    assert rows + sum(100 * len(stroke.points) for stroke in seen.values()) < 2_000_000


def test_invalid_edits_change_nothing():
    state = ViewState()
    assert materials.extend_stroke(state, ((0.1, 0.1),)) == state  # there is no stroke to extend
    assert materials.begin_stroke(state, ((1.5, 0.1),)) == state  # outside [0, 1]
    assert materials.take_tool(state, "hammer") == state
    full = materials.use_materials(state, MaterialState(strokes=(StrokeState(points=((0.1, 0.1),)),) * MOST_STROKES))
    assert materials.begin_stroke(full, ((0.1, 0.1),)) == full
    tiny = materials.resize_brush(state, -1000).tool.brush.stroke.radius_m
    assert tiny == range_of(StrokeState, "radius_m").least
    assert materials.take_tool(materials.take_tool(state, "brush"), "brush") == state


def test_painting_shows_edits_that_were_hidden():
    state = materials.toggle_shown(materials.begin_stroke(ViewState(), ((0.2, 0.2),)))
    assert state.body.materials.is_plain
    assert materials.begin_stroke(state, ((0.3, 0.3),)).body.materials.is_shown


def test_the_eyedropper_sets_the_brush_and_chooses_it():
    state = materials.take_tool(ViewState(), "pick")
    state = materials.pick_material(state, (0.1, 0.2, 0.3), 0.01)
    assert state.tool.brush.tool == "brush"
    assert state.tool.brush.stroke.color == (0.1, 0.2, 0.3)
    assert state.tool.brush.stroke.roughness == materials.MIN_ROUGHNESS


def test_material_edits_belong_to_one_avatar():
    state = ViewState(replace(BodyState("a.ckpt"), materials=PAINTED))
    assert avatar_row.choose_avatar(state, "b.ckpt").body.materials == MaterialState()
    assert avatar_row.choose_avatar(state, "a.ckpt") == state
    compared = replace(state, compare=CompareState(True, avatar="b.ckpt"))
    assert compared_state(compared).body.materials == MaterialState()
    assert swapped(compared).body.materials == MaterialState()
    assert swapped(swapped(compared)).body == state.body
    before = replace(state, compare=CompareState(True, materials=MaterialState()))
    assert compared_state(before).body.materials == MaterialState() and swapped(swapped(before)).body == state.body


def test_edited_and_unedited_materials_can_be_compared():
    state = materials.use_materials(ViewState(BodyState("a.ckpt")), PAINTED)
    split = materials.compare_plain(state)
    assert split.compare.is_on and compared_state(split).body.materials == MaterialState()
    assert compared_state(split).display.buffer == state.display.buffer
    assert not materials.compare_plain(split).compare.is_on


# files


def test_saved_edits_are_read_unchanged(tmp_path):
    path = materials_path(str(tmp_path / "josh.ckpt"))
    assert path.name == "josh.materials.json"
    save_materials(path, PAINTED, "josh.ckpt")
    assert load_materials(path) == PAINTED


@pytest.mark.parametrize(
    "text, says",
    [
        ("{", "not a readable file of material edits"),
        ("[" * 100_000, "not a readable file of material edits"),
        ("[]", "expected material edits"),
        ('{"format": "other"}', "expected material edits"),
        ('{"format": "phynes materials", "version": 2}', "expected version 1"),
        ('{"tint": [1, 1]}', "tint: expected 3 entries"),
        ('{"tint": [1, 1, -1]}', "materials.tint[2]: expected 0 to 4, got -1"),
        ('{"albedo_scale": NaN}', "finite"),
        ('{"albedo_scale": 1e9}', "albedo_scale: expected 0 to 4"),
        ('{"gloss": 1}', "gloss: unknown"),
        ('{"strokes": [{"paint": "gold"}]}', "strokes[0].paint: expected one of color"),
        ('{"strokes": [{"radius_m": 0}]}', "strokes[0].radius_m: expected 0.002"),
        ('{"strokes": [{"points": [[0.5, 2]]}]}', "strokes[0].points[0][1]: expected 0 to 1, got 2"),
        ('{"strokes": [{"points": [[0.5]]}]}', "expected 2 entries"),
        ('{"strokes": [' + "{}," * MOST_STROKES + "{}]}", "at most 1000"),
    ],
)
def test_invalid_files_are_refused_in_one_line(tmp_path, text, says):
    path = tmp_path / "x.materials.json"
    if text.startswith('{"') and "format" not in text:
        text = f'{{"format": "phynes materials", "version": 1, "materials": {text}}}'
    path.write_text(text)
    with pytest.raises(MaterialFileError) as refused:
        load_materials(path)
    assert says in str(refused.value) and len(str(refused.value)) < 400


def test_a_huge_file_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "x.materials.json"
    with open(path, "wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(MaterialFileError, match="at most"):
        load_materials(path)


# pictures


def image_of(service, state, name):
    buffers = service.buffers(state, SIZE, frozenset({name, "uv"})).buffers
    return buffers.image(name).numpy(), buffers.mask[..., 0].numpy() == 1, buffers.uv.numpy()


def test_half_the_albedo_is_half_as_bright(service, view):
    plain, inside, _ = image_of(service, view, "albedo")
    dark, _, _ = image_of(service, materials.edit_materials(view, albedo_scale=0.5), "albedo")
    assert np.abs(dark - 0.5 * plain)[inside].max() < 1e-5


def test_paint_appears_at_the_painted_pixel_and_can_be_hidden(service, view):
    plain, inside, uv = image_of(service, view, "albedo")
    row, column = (int(part.mean()) for part in np.nonzero(inside))
    point = tuple(uv[row, column].tolist())
    state = materials.edit_next_stroke(view, color=(0.0, 1.0, 0.0), radius_m=0.06)
    state = materials.begin_stroke(state, (point,))
    shown, _, _ = image_of(service, state, "albedo")
    assert np.allclose(shown[row, column], (0.0, 1.0, 0.0), atol=2e-3)
    changed = np.abs(shown - plain).max(-1) > 0.01
    assert 3 <= changed.sum() < 0.1 * inside.sum()
    longer = materials.extend_stroke(state, (tuple(uv[row + 8, column].tolist()),))
    assert (np.abs(image_of(service, longer, "albedo")[0] - plain).max(-1) > 0.01).sum() > changed.sum()
    hidden = image_of(service, materials.toggle_shown(state), "albedo")[0]
    assert np.array_equal(hidden, plain)


def test_only_the_painted_body_of_a_row_is_painted(service, view):
    from app.model.avatar_row import add_body

    state = add_body(materials.edit_materials(view, tint=(1.0, 0.0, 0.0)))
    state = materials.reset_materials(state)
    frame = service.render(edits.edit_display(state, buffer="albedo"), SIZE)
    left, right = frame.pixels[:, : SIZE // 2].astype(np.float32), frame.pixels[:, SIZE // 2 :].astype(np.float32)
    assert left[..., 1].max() == 0.0 and right[..., 1].max() > 0.05


# the command line


def test_render_applies_a_file_or_the_one_beside_the_checkpoint(avatar_file, tmp_path):
    avatar = tmp_path / "me.ckpt"
    avatar.write_bytes(avatar_file.read_bytes())
    save_materials(tmp_path / "other.json", MaterialState(tint=(0.0, 1.0, 1.0)), "me")
    save_materials(materials_path(str(avatar)), MaterialState(tint=(1.0, 1.0, 0.0)), "me")

    def albedo(name, *options):
        argv = ["render", "--avatar", str(avatar), "--out", str(tmp_path / name), "--size", str(SIZE)]
        assert cli.main([*argv, "--buffers", "albedo", "--format", "exr", *options]) == 0
        return read_exr(tmp_path / name / "albedo.exr")

    plain = albedo("plain")
    assert (plain.max((0, 1)) > 0).all()  # no file is applied without the option
    red, blue = albedo("a", "--materials", str(tmp_path / "other.json")), albedo("b", "--materials", "beside")
    assert float(red[..., 0].max()) == 0.0 and np.allclose(red[..., 1:], plain[..., 1:], atol=1e-6)
    assert float(blue[..., 2].max()) == 0.0 and np.allclose(blue[..., :2], plain[..., :2], atol=1e-6)


def test_a_missing_file_is_refused_in_one_line(avatar_file, tmp_path, capsys):
    argv = ["render", "--avatar", str(avatar_file), "--out", str(tmp_path / "o"), "--materials", str(tmp_path / "no")]
    assert cli.main(argv) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1 and "cannot read" in said
    assert not (tmp_path / "o").exists()


def test_sessions_keep_the_edits_and_check_them(avatar_file):
    from app.files.sessions import parse_session, session_text

    state = ViewState(BodyState(str(avatar_file.resolve()), materials=PAINTED))
    text = session_text(state)
    assert parse_session(text, "s", avatar_file.parent) == state
    record = json.loads(text)
    record["view"]["body"]["materials"]["albedo_scale"] = 99.0
    with pytest.raises(PhynesError, match="albedo_scale"):
        parse_session(json.dumps(record), "s", avatar_file.parent)
