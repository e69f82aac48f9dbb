"""What the picture says in words: what is going on, messages that fade, errors, and how to begin on the first start."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from app.files.settings import keep, read_kept
from app.model.status import Message, Status, in_full, one_line, recording_text, shortened
from app.model.view_state import ViewState
from app.tools.viewport import LEFT, Drag, PointerEvent
from app.window.captions import ERROR_INK, TEXT_INK, Caption
from phynes_core.errors import PhynesError

MESSAGE_SHOWN_S, ERROR_SHOWN_S = 6.0, 14.0
MOST_SHOWN = 3
OFFER_SHOWN_S = 60.0
OFFER = "the last session did not end properly   ·   Ctrl+Shift+O brings it back"
BOTTOM, STEP = 0.955, 0.046  # of the window's height
WELCOMED = "welcomed"
HINTS = (
    "drag to orbit   ·   right-drag to pan   ·   wheel to zoom   ·   click a limb to turn it",
    "L adds a lamp to drag   ·   1 to 9 show buffers   ·   Space plays   ·   drop your own files here",
    "? shows every key   ·   Z takes anything back, Y does it again",
)


class Notices:
    """Belongs to the windows' loop."""

    def __init__(self) -> None:
        self._is_first_start = not read_kept(WELCOMED)
        self._was_touched = False
        self._opened: Message | None = None  # shown in full until it is clicked again
        self._rows: list[tuple[Message, str]] = []  # from the lowest line up
        self._step = STEP
        self.offers_session = False  # one that a viewer lost can be brought back
        self._offered_s: float | None = None  # since when

    def touch(self) -> None:
        """The picture was used: the hints on how to begin are needed no more."""
        if self._is_first_start and not self._was_touched:
            keep(WELCOMED, "yes\n")
        self._was_touched = True

    def captions(self, status: Status, has_picture: bool, now_s: float, scale: float = 1.0) -> list[Caption]:
        """From the middle to the edges; `scale` is the text's."""
        step = STEP * scale
        captions = []
        if not status.is_ready or status.activity or not has_picture:
            captions.append(Caption(status.activity or "Rendering the first picture", share=status.share))
        if status.recording.state == "running":
            captions.append(Caption(recording_text(status.recording), y=0.05, share=status.recording.share))
        if self.offers_session and has_picture and status.recording.state != "running":
            self._offered_s = now_s if self._offered_s is None else self._offered_s
            if now_s - self._offered_s < OFFER_SHOWN_S:
                captions.append(Caption(OFFER, y=0.05))
        self._rows = list(self._toasts(status.messages, now_s))
        self._step = step
        for row, (message, line) in enumerate(self._rows):
            ink = ERROR_INK if message.is_error else TEXT_INK
            captions.append(Caption(line, y=BOTTOM - step * row, ink=ink))
        if not self._rows and has_picture and self._is_first_start and not self._was_touched:
            for row, hint in enumerate(reversed(HINTS)):
                captions.append(Caption(hint, y=BOTTOM - step * row, opacity=0.8))
        return captions

    def message_at(self, x: float, y: float) -> Message | None:
        """The message that is shown there; x, y in shares of the window."""
        row = round((BOTTOM - y) / self._step)
        return self._rows[row][0] if 0 <= row < len(self._rows) and abs(x - 0.5) <= 0.35 else None

    def click(self, x: float, y: float) -> None:
        """Open the message that was clicked, or close it."""
        if (message := self.message_at(x, y)) is not None:
            self._opened = None if self._opened == message else message

    def _toasts(self, messages: tuple[Message, ...], now_s: float) -> Iterable[tuple[Message, str]]:
        """From the lowest line up: the newest few messages, an opened one in full."""
        if self._opened is not None:
            yield from ((self._opened, line) for line in reversed(in_full(self._opened.text)))
            return
        yield from ((message, shortened(message.text)) for message in reversed(list(shown_messages(messages, now_s))))


class NoticeTool:
    """Clicks on messages, which lie over everything else in the picture."""

    name = "notice"

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    def hit(self, press: PointerEvent) -> bool:
        """The left button on a message."""
        share = _share(press)
        return press.button == LEFT and share is not None and self._notices.message_at(*share) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Open or close it; nothing more comes of the drag."""
        if (share := _share(press)) is not None:
            self._notices.click(*share)
        yield


def _share(press: PointerEvent) -> tuple[float, float] | None:
    """Of the window's width and height."""
    if press.viewport is None:
        return None
    box = press.viewport.letterbox
    return press.point[0] / box.window_width, press.point[1] / box.window_height


def fly_captions(state: ViewState, status: Status) -> list[Caption]:
    """What keys and pointer do in fly mode, at the top."""
    tool = state.tool.camera
    if not tool.flies or status.recording.state == "running":
        return []
    text = f"W A S D and Q E fly   ·   drag to look around   ·   wheel: {tool.fly_m_s:.1f} m/s   ·   Esc ends"
    return [Caption(text, y=0.05, opacity=0.8)]


def shown_messages(messages: Iterable[Message], now_s: float) -> Iterable[Message]:
    """The newest few that have not faded, oldest first; errors stay longer."""
    fresh = [
        message
        for message in messages
        if now_s - message.time_s < (ERROR_SHOWN_S if message.is_error else MESSAGE_SHOWN_S)
    ]
    return fresh[-MOST_SHOWN:]


IMPOSSIBLE = (OSError, ValueError, RuntimeError)  # what paths raise that no file can have, such as "/" or "~someone/x"


class Say(Protocol):
    """Shows a message."""

    def __call__(self, text: str, is_error: bool = False) -> None:
        """Errors stay longer."""
        ...


@contextmanager
def report_errors(say: Say) -> Iterator[None]:
    """A block that ends, with a message, where files cannot be read or written."""
    try:
        yield
    except (PhynesError, *IMPOSSIBLE) as error:
        say(one_line(error), is_error=True)
