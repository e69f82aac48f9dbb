"""Safe-frame guides: the window's picture takes the shape of the next picture or video, and lines say what is safe."""

from dataclasses import replace

import pytest

from app.model.exports import StillState, TurntableState
from app.model.tools import SAFE_SHARES, ToolState, step_guides
from app.model.view_state import ViewState
from app.tools.viewport import Letterbox
from app.window.guides import draw_guides, guide_lines


def test_guides_go_through_picture_and_video():
    tool = ToolState(still=StillState(1920, height=1080), turntable=TurntableState(size=720))
    state, shapes = ViewState(tool=tool), []
    for _ in range(3):
        state = step_guides(state)
        shapes.append(state.tool.guided_shape)
    assert shapes == [(1920, 1080), 720, None]


def test_the_windows_picture_has_the_shape_and_as_many_pixels():
    tool = ToolState(guides="picture", still=StillState(1920, height=1080))
    width, height = tool.live_size(512)
    assert width / height == pytest.approx(16 / 9, rel=0.01) and width * height == pytest.approx(512**2, rel=0.01)
    assert ToolState().live_size(512) == 512
    assert replace(tool, still=StillState(300, height=300)).live_size(512) == 512


def test_a_new_shape_is_a_new_frame():
    plain = ViewState()
    wide = replace(plain, tool=ToolState(guides="picture", still=StillState(1920, height=1080)))
    assert wide.rendered != plain.rendered
    assert replace(plain, tool=ToolState(still=StillState(1920, height=1080))).rendered == plain.rendered


class Framebuffer:
    def __init__(self):
        self.cleared = []

    def clear(self, red, green, blue, alpha, viewport):
        self.cleared.append(viewport)


def test_lines_lie_on_the_frame_and_on_the_safe_areas():
    letterbox = Letterbox(200, 100, 50, 50)  # a square of 100 pixels in the middle
    lines = guide_lines(letterbox, (50, 50), 1)
    assert len(lines) == 3 * 2 * 4
    outer = {rectangle for _, rectangle in lines[:4]}
    assert outer == {(50, 0, 100, 1), (50, 99, 100, 1), (50, 0, 1, 100), (149, 0, 1, 100)}
    title = {rectangle for _, rectangle in lines[-8:-4]}
    share = SAFE_SHARES[-1]
    assert (round(100 - 50 * share), round(50 - 50 * share), round(100 * share), 1) in title


def test_nothing_is_drawn_outside_the_window():
    framebuffer = Framebuffer()
    draw_guides(framebuffer, Letterbox(40, 40, 50, 50), (50, 50), density=1.0)
    assert framebuffer.cleared
    for left, bottom, width, height in framebuffer.cleared:
        assert left >= 0 and bottom >= 0 and width > 0 and height > 0 and left + width <= 40 and bottom + height <= 40
