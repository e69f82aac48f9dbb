"""A CommandContext without windows and files, whose controllers record their calls; pointer and keys for Gestures."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.model.lights import choose_environment
from app.model.preferences import LEFT, Preferences
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.frames import LIGHT, Frame
from app.tools.commands.context import CommandContext
from app.tools.commands.key_map import KeyMap
from app.tools.gestures import Gestures
from app.tools.viewport import PointerEvent, Viewport, modifiers_text


class Recorded:
    """Stands for any controller. A call is recorded as "subject.method", or as a tuple with its arguments."""

    can_restore, has_choices, is_running, bookmarks = True, True, False, ()

    def __init__(self, subject: str, calls: list) -> None:
        self._subject, self._calls = subject, calls

    def __getattr__(self, method: str):
        name = f"{self._subject}.{method}"
        return lambda *given: self._calls.append((name, *given) if given else name)


class Windows(Recorded):
    """Windows in which no popup is open."""

    def close_popup(self) -> bool:
        return False


class Lights:
    """Environments that need no reading."""

    asked: tuple[str, ...] = ()

    def show(self, paths: Sequence[str]) -> None:
        self.asked = tuple(paths)

    def __init__(self, store: Store) -> None:
        self._store = store

    def choose(self, path: str) -> None:
        self._store.post(lambda state: choose_environment(state, path), "environment")


class FixedPreferences:
    """Preferences that are kept nowhere."""

    def __init__(self, **fields) -> None:
        self.now = Preferences(**fields)

    def change(self, **changes) -> None:
        self.now = replace(self.now, **changes)


class Clip(Recorded):
    """A clip of this length and rate."""

    def __init__(self, length_s: float = 0.0, fps: float = 0.0) -> None:
        self._clip = length_s, fps

    def clip(self) -> tuple[float, float]:
        return self._clip


def fake_commands(store: Store | None = None, calls: list | None = None, **given: object) -> CommandContext:
    """A context whose controllers record their calls in `calls`; `given` replaces fields."""
    recorded = calls if calls is not None else []
    subjects = ("sessions", "rigs", "materials", "poses", "cameras", "exports")
    store = store or Store(ViewState())
    fields = {
        "store": store, "preferences": FixedPreferences(), "lights": Lights(store),
        "windows": Windows("windows", recorded),
        "say": lambda text: recorded.append(("say", text)), "environments": (),
        "avatars": (), "clock": Clip(), **{subject: Recorded(subject, recorded) for subject in subjects},
    }  # fmt: skip
    fields |= given
    shows = fields["say"]
    return CommandContext(**{**fields, "say": lambda text: shows(KeyMap().filled(text))})


def blank_frame(state: ViewState, size: int, target=(0.0, 1.0, 0.0)) -> Frame:
    """A frame of the background alone, by the state's camera."""
    return Frame(np.zeros((size, size, 4), np.float16), LIGHT, state, target, np.zeros((16, 32, 3), np.float32), 1.0)


class PictureEvents:
    """Sends pointer and keys to Gestures as the picture's window does."""

    def __init__(
        self, commands: CommandContext, frame: Frame | None = None, window: Sequence[int] = (512, 512)
    ) -> None:
        self.gestures = Gestures(commands)
        self.viewport = Viewport.of(frame, tuple(window)) if frame is not None else None
        self.key, self.key_up = self.gestures.key, self.gestures.key_up
        self._center = (0.5 * window[0], 0.5 * window[1])

    @property
    def tool(self) -> str | None:
        return self.gestures.active_tool

    def scroll(self, notches, magnifies=False, point=None):
        self.gestures.scroll(notches, PointerEvent(self.viewport, point or self._center), magnifies)

    def press(self, x, y, button=LEFT, has_shift=False, turns_light=False):
        modifiers = modifiers_text(turns_light, has_shift, False)
        event = PointerEvent(self.viewport, (x, y), button, modifiers=modifiers)
        self.gestures.press(event)

    def move(self, x, y, dx=0.0, dy=0.0):
        self.gestures.move(PointerEvent(self.viewport, (x, y), delta=(dx, dy)))

    def release(self, button=LEFT, x=-1.0, y=-1.0):
        self.gestures.release(PointerEvent(self.viewport, (x, y), button, is_release=True))
