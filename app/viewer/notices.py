"""Text over the picture: what is being computed, messages that fade, errors, the guided start."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from app.model.lamps import HIGHLIGHT
from app.model.preferences import LEFT, LENGTHS
from app.model.status import Message, Status, in_full, one_line, recording_text, shortened
from app.model.view_state import ViewState
from app.tools.viewport import Drag, PointerEvent
from app.window.captions import ERROR_INK, GUIDE_INK, TEXT_INK, Caption
from phynes_core.errors import PhynesError

MESSAGE_SHOWN_S, ERROR_SHOWN_S = 6.0, 14.0
MOST_SHOWN = 3
OFFER_SHOWN_S = 60.0
OFFER = "the last session did not end properly   ·   {session.restore} brings it back"
BOTTOM, STEP, TOP = 0.955, 0.046, 0.08  # of the window's height; at the top below the names of the picture


class Notices:
    """Chooses the captions. Belongs to the windows' thread."""

    def __init__(self) -> None:
        self._opened: Message | None = None  # the message that is shown in full until the next click
        self._rows: list[tuple[Message, str]] = []  # from the lowest line up
        self._step = STEP
        self.offers_session = False  # whether a lost session can be restored
        self._offered_s: float | None = None  # when the offer was first shown

    def captions(
        self, status: Status, has_picture: bool, now_s: float, scale: float = 1.0, guide: str = ""
    ) -> list[Caption]:
        """All captions; `scale` is the size of text, times the usual one; `guide`: what is to be done, or nothing."""
        step = STEP * scale
        captions = []
        if not status.is_ready or status.activity or not has_picture:
            captions.append(Caption(status.activity or "Rendering the first picture", share=status.share))
        if status.recording.state == "running":
            captions.append(Caption(recording_text(status.recording), y=TOP * scale, share=status.recording.share))
        if self.offers_session and has_picture and status.recording.state != "running":
            self._offered_s = now_s if self._offered_s is None else self._offered_s
            if now_s - self._offered_s < OFFER_SHOWN_S:
                captions.append(Caption(OFFER, y=TOP * scale))
        self._rows = list(self._toasts(status.messages, now_s))
        self._step = step
        for row, (message, line) in enumerate(self._rows):
            ink = ERROR_INK if message.is_error else TEXT_INK
            captions.append(Caption(line, y=BOTTOM - step * row, ink=ink))
        if guide and has_picture:
            captions.append(Caption(guide, y=BOTTOM - step * len(self._rows), ink=GUIDE_INK))
        return captions

    def message_at(self, x: float, y: float) -> Message | None:
        """The message at a position, in shares of the window; None where there is none."""
        row = round((BOTTOM - y) / self._step)
        return self._rows[row][0] if 0 <= row < len(self._rows) and abs(x - 0.5) <= 0.35 else None

    def click(self, x: float, y: float) -> None:
        """Show the message at a position in full, or close it."""
        if (message := self.message_at(x, y)) is not None:
            self._opened = None if self._opened == message else message

    def _toasts(self, messages: tuple[Message, ...], now_s: float) -> Iterable[tuple[Message, str]]:
        """Messages with a line of text each, from the lowest line up; an opened message alone, in full."""
        if self._opened is not None:
            yield from ((self._opened, line) for line in reversed(in_full(self._opened.text)))
            return
        yield from ((message, shortened(message.text)) for message in reversed(list(shown_messages(messages, now_s))))


class NoticeTool:
    """Opens and closes messages by clicks; they lie over everything else in the picture."""

    name = "notice"

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    def hit(self, press: PointerEvent) -> bool:
        """A press of the left button on a message."""
        share = _share(press)
        return press.button == LEFT and share is not None and self._notices.message_at(*share) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Open or close the message; the rest of the drag does nothing."""
        if (share := _share(press)) is not None:
            self._notices.click(*share)
        yield


def _share(press: PointerEvent) -> tuple[float, float] | None:
    """Position of a press in shares of the window; None before the first picture."""
    if press.viewport is None:
        return None
    box = press.viewport.letterbox
    return press.point[0] / box.window_width, press.point[1] / box.window_height


def tool_captions(state: ViewState, status: Status, units: str = "metric", scale: float = 1.0) -> list[Caption]:
    """While a lamp is aimed and in fly mode, a caption that says what keys and pointer do; `scale`: size of text."""
    tool = state.tool.camera
    if status.recording.state == "running":
        return []
    if state.tool.aims:
        does = "has its highlight" if state.tool.aims == HIGHLIGHT else "shines straight"
        return [Caption(f"drag on the body: the lamp {does} there   ·   Esc ends", y=TOP * scale, opacity=0.8)]
    if not tool.flies:
        return []
    per_m, unit, _ = LENGTHS[units]
    text = (
        f"W A S D and Q E fly   ·   drag to look around   ·   wheel: {tool.fly_m_s * per_m:.1f} {unit}/s   ·   Esc ends"
    )
    return [Caption(text, y=TOP * scale, opacity=0.8)]


def shown_messages(messages: Iterable[Message], now_s: float) -> Iterable[Message]:
    """The newest messages that have not faded, oldest first; errors stay longer."""
    fresh = [
        message
        for message in messages
        if now_s - message.time_s < (ERROR_SHOWN_S if message.is_error else MESSAGE_SHOWN_S)
    ]
    return fresh[-MOST_SHOWN:]


IMPOSSIBLE = (OSError, ValueError, RuntimeError)  # raised for paths that no file can have, such as "/" or "~unknown/x"


class Say(Protocol):
    """Shows a message."""

    def __call__(self, text: str, is_error: bool = False) -> None:
        """Errors stay longer."""
        ...


@contextmanager
def report_errors(say: Say) -> Iterator[None]:
    """Turn an error of reading or writing files inside the block into a message."""
    try:
        yield
    except (PhynesError, *IMPOSSIBLE) as error:
        say(one_line(error), is_error=True)
