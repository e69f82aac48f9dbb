"""How the controls look to one person: theme and size. Kept between sessions; no part of the ViewState."""

import logging
from dataclasses import dataclass, replace

from app.records import RecordError, from_record, to_record
from app.user_files import keep_json, read_kept_json

APPEARANCE_FILE = "appearance.json"
THEMES = ("dark", "light")
SCALES = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Appearance:
    """Theme and size of text and widgets."""

    theme: str = "dark"  # of THEMES
    scale: float = 0.0  # of SCALES, times the usual size; 0 follows the screen's density

    def scale_on(self, screen_scale: float) -> float:
        """The size to draw with, of SCALES, on a screen of this density (1 is 96 dots per inch)."""
        wanted = self.scale or screen_scale
        return min(SCALES, key=lambda scale: abs(scale - wanted))


def read_appearance() -> Appearance:
    """As it was kept; the usual one where nothing readable was."""
    try:
        appearance = from_record(Appearance, read_kept_json(APPEARANCE_FILE, {}))
    except RecordError as error:
        _log.warning("%s is ignored: %s", APPEARANCE_FILE, error)
        return Appearance()
    is_known = appearance.theme in THEMES and appearance.scale in (0.0, *SCALES)
    return appearance if is_known else Appearance()


def keep_appearance(appearance: Appearance) -> None:
    """For the next start."""
    keep_json(APPEARANCE_FILE, to_record(appearance))


def next_theme(appearance: Appearance) -> Appearance:
    """The other one."""
    return replace(appearance, theme=THEMES[(THEMES.index(appearance.theme) + 1) % len(THEMES)])


def step_scale(appearance: Appearance, steps: int, screen_scale: float) -> Appearance:
    """The next larger or smaller size; 0 steps follow the screen again."""
    if not steps:
        return replace(appearance, scale=0.0)
    index = SCALES.index(appearance.scale_on(screen_scale)) + steps
    return replace(appearance, scale=SCALES[min(max(index, 0), len(SCALES) - 1)])
