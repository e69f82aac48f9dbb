"""The pixel inspector: values of the picture and of the engine, their text, both sides of a split, the loupe."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.model import comparison, tools
from app.model.avatar_row import BodyState
from app.model.comparison import compared_state
from app.model.display_settings import DisplaySettings
from app.model.lamps import add_lamp
from app.model.lights import LightState
from app.model.tools import LOUPE_ZOOMS, ToolState
from app.model.view_state import ViewState
from app.rendering.frames import INSPECTED_BUFFERS, LIGHT, PLAIN, Frame, packed
from app.rendering.render_service import RenderService
from app.tools.pixel_inspector import PENDING, Line, inspection_at, number_texts, value_lines, values_shown
from app.tools.viewport import Letterbox
from app.window.pixel_inspector_display import card_corner, card_picture, loupe_at
from phynes_core.frame.buffers import FrameBuffers
from tests.app.offscreen import offscreen_context

SIZE = 32
READOUT, LOUPE = ToolState(has_readout=True), ToolState(has_loupe=True)
WINDOW = Letterbox(200, 100, SIZE, SIZE)  # the picture fills the middle 100 x 100


def frame_of(name, kind, values, coverage=1.0, **changes):
    pixels = np.concatenate([values * coverage, np.full((SIZE, SIZE, 1), coverage)], -1).astype(np.float16)
    state = ViewState(display=DisplaySettings(name))
    return Frame(pixels, kind, state, (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0, **changes)


def random_values(seed=0):
    return np.random.default_rng(seed).random((SIZE, SIZE, 3))


def numbers(lines, label):
    return next(line.numbers for line in lines if line.label == label)


@pytest.mark.parametrize("coverage", [1.0, 0.5])
def test_the_pictures_own_value_is_divided_by_its_coverage(coverage):
    values = random_values()
    shown = values_shown(frame_of("radiance", LIGHT, values * 3.0, coverage), 5, 7)
    assert shown["radiance"] == pytest.approx(values[7, 5] * 3.0, rel=2e-3)
    normal = values_shown(frame_of("normal", PLAIN, values, coverage), 5, 7)["normal"]
    assert normal == pytest.approx(values[7, 5] * 2.0 - 1.0, abs=3e-3)
    assert len(values_shown(frame_of("roughness", PLAIN, values), 5, 7)["roughness"]) == 1
    assert values_shown(frame_of("radiance", LIGHT, values, 0.0), 5, 7) == {}


def test_the_grays_of_the_depth_picture_are_metres_again():
    gray = np.full((SIZE, SIZE, 3), 1.0)
    gray[3, 4] = 0.15
    frame = frame_of("depth", PLAIN, gray, depth_m=(2.0, 4.0))
    assert values_shown(frame, 0, 0)["depth"] == pytest.approx((2.0,))
    assert values_shown(frame, 4, 3)["depth"] == pytest.approx((4.0,), abs=2e-3)


def test_pixel_values_hold_covered_pixels_alone_and_light_divided_by_coverage():
    coverage = np.zeros((4, 4))
    coverage[1, 2], coverage[3, 0] = 1.0, 0.25
    radiance = np.full((4, 4, 3), 8.0) * coverage[..., None]
    values = packed({"radiance": radiance, "uv": np.full((4, 4, 2), 0.5)}, coverage)
    assert values.values["uv"].shape == (2, 2)
    assert values.at(2, 1) == values.at(0, 3) == {"radiance": (8.0, 8.0, 8.0), "uv": (0.5, 0.5)}
    assert values.at(0, 0) == {}


def test_values_are_pending_until_the_engine_has_given_them():
    faces = np.zeros((SIZE, SIZE), np.int32)
    frame = frame_of("roughness", PLAIN, random_values(), faces=faces)
    before = value_lines(frame, None, 3, 4)
    assert before[0].label == "3, 4" and numbers(before, "depth") == (PENDING,)
    assert numbers(before, "roughness") == number_texts("roughness", values_shown(frame, 3, 4)["roughness"])
    ones = {name: np.ones((SIZE, SIZE, 1)) for name in INSPECTED_BUFFERS}
    after = value_lines(frame, packed(ones, np.ones((SIZE, SIZE))), 3, 4)
    assert numbers(after, "depth") == ("1.000",) and numbers(after, "normal") == ("+1.000",)
    assert [line.label for line in after[1:]] == list(INSPECTED_BUFFERS)


def test_numbers_keep_their_digits_and_the_card_its_width():
    assert number_texts("normal", (-0.25, 0.0, 1.0)) == ("\N{MINUS SIGN}0.250", "+0.000", "+1.000")
    assert number_texts("radiance", (0.1, 12.5, 1234.5)) == ("0.100", "12.500", "1234.5")
    wide, narrow = (
        card_picture((Line("x"), Line("radiance", texts)), 14) for texts in (("0.888",) * 3, ("0.111",) * 3)
    )
    assert wide.shape == narrow.shape  # the card's width does not change with the digits


def test_the_pixel_is_the_one_under_the_pointer_whatever_the_letterbox():
    frame = frame_of("albedo", PLAIN, random_values())
    left, top = WINDOW.to_window(9.5, 20.5)
    pointed = inspection_at(frame, None, WINDOW, (left, top), READOUT, DisplaySettings())
    assert pointed is not None and (pointed.column, pointed.row, pointed.zoom) == (9, 20, 0)
    assert pointed.lines == value_lines(frame, None, 9, 20)
    for point in ((10.0, 50.0), (195.0, 50.0)):  # beside the picture
        assert inspection_at(frame, None, WINDOW, point, READOUT, DisplaySettings()) is None
    assert (
        inspection_at(frame, None, WINDOW, (left, top), ToolState(), DisplaySettings()) is None
    )  # nothing is switched on
    assert inspection_at(frame, None, WINDOW, (left, top), LOUPE, DisplaySettings()).lines == ()


def test_in_a_split_picture_the_values_are_those_of_the_side_under_the_pointer():
    first, second = frame_of("albedo", PLAIN, random_values(1)), frame_of("normal", PLAIN, random_values(2))
    values = packed({"uv": np.zeros((SIZE, SIZE, 2))}, np.ones((SIZE, SIZE)))
    others = packed({"uv": np.ones((SIZE, SIZE, 2))}, np.ones((SIZE, SIZE)))
    both = replace(first, other=second)
    for column, uv, side in ((9, "0.0000", "left side"), (10, "1.0000", "right side")):
        point = WINDOW.to_window(column + 0.5, 3.5)
        lines = inspection_at(
            both, replace(values, other=others), WINDOW, point, READOUT, DisplaySettings(slider=10 / SIZE)
        ).lines
        assert numbers(lines, "uv") == (uv, uv) and side in lines[0].label
    assert numbers(lines, "normal") == number_texts("normal", values_shown(second, 10, 3)["normal"])


def test_the_loupe_has_a_middle_and_stays_in_the_window():
    for zoom in LOUPE_ZOOMS:
        for ratio in (1.0, 1.5, 2.0):
            loupe = loupe_at(10, 12, zoom, ratio)
            assert loupe.count % 2 == 1 and 0.8 < loupe.size_px / (200 * ratio) < 1.25
    loupe = loupe_at(10, 12, 8, 1.0)
    assert loupe.part(SIZE, SIZE)[:2] == ((10 - loupe.count // 2) / SIZE, (12 - loupe.count // 2) / SIZE)
    assert loupe.line_px(10) == loupe.count // 2 * 8 and loupe.line_px(-99) == 0
    for x in range(0, 600, 40):
        for y in range(0, 500, 40):
            left, top = card_corner(Letterbox(600, 500, 1, 1), x, y, 200, 300, 1.0)
            assert 0 <= left <= 400 and 0 <= top <= 200
            assert not (left <= x < left + 200 and top <= y < top + 300)  # never over the pixel


def test_the_magnification_is_limited_and_switches_the_loupe_on():
    state = tools.magnify(ViewState(), 1)
    assert state.tool.has_loupe and state.tool.loupe_zoom == 8
    assert tools.magnify(state, 1).tool.loupe_zoom == 12 and tools.magnify(state, -1).tool.loupe_zoom == 6
    assert tools.magnify(state, -99).tool.loupe_zoom == LOUPE_ZOOMS[0]


def test_the_loupe_shows_the_pictures_pixels_as_squares_on_both_sides_of_the_line():
    moderngl = pytest.importorskip("moderngl")
    from app.rendering.picture import display_bytes
    from app.tools.pixel_inspector import Inspection
    from app.window.frame_display import FrameDisplay
    from app.window.pixel_inspector_display import PixelInspectorDisplay

    first, second = frame_of("uv", PLAIN, random_values(1)), frame_of("uv", PLAIN, random_values(2))
    settings, letterbox = DisplaySettings(slider=0.5), Letterbox(600, 600, SIZE, SIZE)
    both = replace(first, other=second)
    with offscreen_context() as context:
        target = context.framebuffer([context.texture((600, 600), 4)])
        target.use()
        display = FrameDisplay(context)
        display.show(both)
        display.draw(settings, letterbox)
        context.enable(moderngl.BLEND)
        pointed = Inspection(100.0, 100.0, 16, 16, 8, ())
        PixelInspectorDisplay(context).draw(display, both, settings, letterbox, pointed, 1.0, 1.0)
        shown = np.frombuffer(target.read(components=3), np.uint8).reshape(600, 600, 3)[::-1].astype(int)
    picture, loupe = display_bytes(both, settings), loupe_at(16, 16, 8, 1.0)
    left, top = card_corner(letterbox, 100.0, 100.0, loupe.size_px, loupe.size_px, 1.0)
    for column, row in ((8, 9), (15, 12), (16, 20), (25, 25)):  # two on either side
        x = left + (column - 16 + loupe.count // 2) * 8 + 4
        y = top + (row - 16 + loupe.count // 2) * 8 + 4
        cell = shown[y - 2 : y + 3, x - 2 : x + 3]
        assert np.abs(cell - picture[row, column]).max() <= 1
    middle = left + loupe.count // 2 * 8, top + loupe.count // 2 * 8
    assert (shown[middle[1] - 1, middle[0] : middle[0] + 8] == 255).all()  # the mark, around the pixel
    assert np.abs(shown[middle[1] + 1, middle[0] + 1] - picture[16, 16]).max() <= 1


def test_the_engines_pixel_values_are_those_of_its_buffers_on_both_sides(avatar_file):
    session = RenderService()
    state = ViewState(BodyState(str(avatar_file)))
    state = replace(state, camera=session.home_camera(state))
    state = comparison.compare_light(add_lamp(state), LightState(mode="none"))
    values, size = session.pixel_values(state, 48), 48
    assert values.other is not None
    for shown, view in ((values, replace(state, compare=ViewState().compare)), (values.other, compared_state(state))):
        buffers = RenderService().buffers(view, size, frozenset(INSPECTED_BUFFERS)).buffers
        assert isinstance(buffers, FrameBuffers)
        row, column = (int(index) for index in torch.nonzero(buffers.mask[..., 0] == 1)[100])
        for name in INSPECTED_BUFFERS:
            expected = buffers.image(name)[row, column].tolist()
            assert shown.at(column, row)[name] == pytest.approx(expected, abs=1e-5), name
    assert max(values.other.values["radiance"].max(), 0.0) == 0.0  # no light at all


@pytest.mark.parametrize(
    "units, shown", [("metric", ("1.250", "m")), ("centimeters", ("125.0", "cm")), ("inches", ("49.2", "in"))]
)
def test_the_depth_is_told_in_the_preferred_units(units, shown):
    frame = frame_of("roughness", PLAIN, random_values())
    values = packed({"depth": np.full((SIZE, SIZE, 1), 1.25, np.float32)}, np.ones((SIZE, SIZE)))
    line = next(line for line in value_lines(frame, values, 3, 4, units=units) if line.label == "depth")
    assert (line.numbers[0], line.unit) == shown
