"""What a person prefers, in the settings folder: preferences, and the appearance of the controls."""

import logging
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from app.files.records import RecordError, from_record, to_record
from app.files.settings import keep_json, read_kept_json
from app.model.fields import Choice
from app.model.preferences import Preferences

_log = logging.getLogger(__name__)
Kept = TypeVar("Kept")
PREFERENCES_FILE = "preferences.json"


class KeptPreferences:
    """The preferences of this person, used from the windows' thread. Implements commands/context.py's protocol."""

    def __init__(self) -> None:
        self.now = _read(PREFERENCES_FILE, Preferences())

    def change(self, **changes: Any) -> None:
        """Use other values, from now on and at the next start."""
        changed = replace(self.now, **changes)
        if changed != self.now:
            self.now = changed
            keep_json(PREFERENCES_FILE, to_record(changed))


APPEARANCE_FILE = "appearance.json"
THEMES = ("dark", "light")
SCALES = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Appearance:
    """Theme and size of text and widgets."""

    theme: Annotated[str, Choice(THEMES)] = "dark"
    scale: Annotated[float, Choice((0.0, *SCALES))] = 0.0  # factor of text and widgets; 0: the screen's

    def scale_on(self, screen_scale: float) -> float:
        """The factor of SCALES to draw with on a screen of this density (1 is 96 dots per inch)."""
        wanted = self.scale or screen_scale
        return min(SCALES, key=lambda scale: abs(scale - wanted))


def read_appearance() -> Appearance:
    """Read the appearance; the default where none can be read."""
    return _read(APPEARANCE_FILE, Appearance())


def keep_appearance(appearance: Appearance) -> None:
    """Write the appearance for the next start."""
    keep_json(APPEARANCE_FILE, to_record(appearance))


def next_theme(appearance: Appearance) -> Appearance:
    """The appearance with the next theme of THEMES."""
    return replace(appearance, theme=THEMES[(THEMES.index(appearance.theme) + 1) % len(THEMES)])


def step_scale(appearance: Appearance, steps: int, screen_scale: float) -> Appearance:
    """The appearance with the next larger or smaller scale; 0 steps use the screen's again."""
    if not steps:
        return replace(appearance, scale=0.0)
    index = SCALES.index(appearance.scale_on(screen_scale)) + steps
    return replace(appearance, scale=SCALES[min(max(index, 0), len(SCALES) - 1)])


def _read(name: str, otherwise: Kept) -> Kept:
    """The record in a kept file; `otherwise`, with a warning, where it is none of this kind."""
    try:
        return from_record(type(otherwise), read_kept_json(name, {}))
    except RecordError as error:
        _log.warning("%s is ignored: %s", name, error)
        return otherwise
