"""Captions over the picture: hints, messages, progress, help pages."""

from dataclasses import replace

import numpy as np
import pytest

from app.model.preferences import RIGHT
from app.model.status import LONGEST, Message, RecordingStatus, Status, clock, shortened
from app.model.tools import HELP_PAGES, toggle_help
from app.model.view_state import ViewState
from app.tools.commands.key_map import KeyMap
from app.tools.commands.registry import GROUPS
from app.tools.viewport import PointerEvent, Viewport
from app.viewer.notices import ERROR_SHOWN_S, MESSAGE_SHOWN_S, Notices, NoticeTool
from app.viewer.picture_names import SIZE, TOP
from app.window.captions import TEXT_SIZE_PX
from app.window.help_picture import PAGES, help_picture
from tests.app.fake_commands import blank_frame


@pytest.fixture
def notices(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return Notices


def click(notices, x, y):
    """Click by the tool in a window of 1000 x 500; x, y in shares of it."""
    viewport = Viewport.of(blank_frame(ViewState(), 16), (1000, 500))
    press, tool = PointerEvent(viewport, (1000 * x, 500 * y)), NoticeTool(notices)
    assert tool.hit(press) and not tool.hit(replace(press, button=RIGHT))
    next(tool.drag(press), None)


def texts(captions):
    return [caption.text for caption in captions]


def test_the_guide_stands_above_the_messages(notices):
    status = Status(is_ready=True, messages=(Message("saved", False, 0.0),))
    captions = notices().captions(status, True, 1.0, guide="1 of 5")
    assert texts(captions) == ["saved", "1 of 5"] and captions[1].y < captions[0].y
    assert texts(notices().captions(status, False, 1.0, guide="1 of 5"))[-1] == "saved"


def test_messages_fade_and_errors_stay_longer(notices):
    status = Status(is_ready=True, messages=(Message("bad file", True, 0.0), Message("saved", False, 0.0)))
    said = notices()
    assert set(texts(said.captions(status, True, 1.0))) == {"bad file", "saved"}
    assert texts(said.captions(status, True, MESSAGE_SHOWN_S + 0.1)) == ["bad file"]
    assert said.captions(status, True, ERROR_SHOWN_S + 0.1) == []


def test_the_newest_message_is_lowest_and_long_ones_are_cut(notices):
    messages = tuple(Message(f"message {number} " + "x" * 200, False, 0.0) for number in range(5))
    captions = notices().captions(Status(is_ready=True, messages=messages), True, 1.0)
    assert [text[:9] for text in texts(captions)] == ["message 4", "message 3", "message 2"]
    assert captions[0].y > captions[1].y and all(len(caption.text) == LONGEST for caption in captions)
    assert shortened("short") == "short"


def test_a_click_shows_all_of_a_message_until_the_next_click(notices):
    long = "cannot read it: " + "word " * 60
    status, said = Status(is_ready=True, messages=(Message("saved", False, 0.0), Message(long, True, 0.0))), notices()
    lowest = said.captions(status, True, 1.0)[0]
    assert said.message_at(0.05, lowest.y) is None and said.message_at(0.5, 0.3) is None
    click(said, 0.45, lowest.y + 0.01)
    opened = said.captions(status, True, 1000.0)
    assert " ".join(texts(reversed(opened))) == long.strip() and all(len(text) <= LONGEST for text in texts(opened))
    click(said, 0.5, opened[-1].y)
    assert said.captions(status, True, 1000.0) == []


def test_progress_shows_the_remaining_time(notices):
    status = Status(is_ready=True, recording=RecordingStatus("running", 5, 20, "t.mp4", left_s=75.0))
    said = texts(notices().captions(status, True, 0.0))
    assert "Making the video   5 of 20   ·   1:15 left   ·   {export.cancel} cancels" in said
    assert (clock(7.4), clock(3723)) == ("0:07", "1:02:03")


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("width, height", [(700, 780), (1800, 1000), (420, 420)])
def test_the_table_of_keys_fits_wherever_it_can(width, height, page):
    picture = help_picture(page, width, height, KeyMap())
    pixels = np.asarray(picture)
    assert pixels.max() == 255
    if width > 500:
        assert picture.width <= width and picture.height <= height


def test_the_pages_hold_every_group_and_the_key_turns_them():
    assert len(PAGES) == HELP_PAGES and sorted(sum(PAGES, ())) == sorted(("Mouse", *GROUPS))
    state = ViewState()
    for expected in (1, 2, 0):
        state = toggle_help(state)
        assert state.tool.help_page == expected


def test_what_is_being_made_is_said_below_the_names_of_the_picture():
    running = Status(is_ready=True, recording=RecordingStatus("running", 1, 8, "a.png", noun="picture"))
    for scale, height in ((1.0, 560), (1.0, 1000), (2.0, 1000), (2.0, 2104)):
        caption = Notices().captions(running, has_picture=True, now_s=0.0, scale=scale)[0]
        plate_top = caption.y * height - (0.5 * TEXT_SIZE_PX + 8) * scale
        names_bottom = TOP * scale * height + (0.5 * TEXT_SIZE_PX + 8) * scale * SIZE
        assert plate_top >= names_bottom, (scale, height)
