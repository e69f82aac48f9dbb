"""Preferences: how the viewer behaves for a person, whatever is shown; kept between sessions, and no part of one."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Annotated, Literal, get_args

from app.model.fields import Choice, Length, Number, Rule

Navigation = Literal["phynes", "blender", "maya"]
NAVIGATIONS: tuple[str, ...] = get_args(Navigation)
ORBIT, PAN, ZOOM, TURN_LIGHT = "orbit", "pan", "zoom", "light"  # what a drag may do that starts on no handle
LEFT, RIGHT, MIDDLE = 1, 2, 3  # buttons of the pointer
Press = tuple[int, str]  # a button, and the modifiers that are held: "", "Shift", "Ctrl", "Alt", "Ctrl+Shift", ...
DRAGS: dict[str, dict[Press, str]] = {  # a press of the left button that is not here orbits
    "phynes": {
        (LEFT, "Shift"): PAN, (RIGHT, ""): PAN, (MIDDLE, ""): PAN, (RIGHT, "Shift"): PAN, (MIDDLE, "Shift"): PAN,
        (LEFT, "Ctrl"): TURN_LIGHT, (LEFT, "Alt"): TURN_LIGHT, (LEFT, "Ctrl+Alt"): TURN_LIGHT,
        (LEFT, "Ctrl+Shift"): TURN_LIGHT, (LEFT, "Shift+Alt"): TURN_LIGHT,
        (RIGHT, "Ctrl"): ZOOM, (MIDDLE, "Ctrl"): ZOOM,
    },
    "blender": {
        (MIDDLE, ""): ORBIT, (MIDDLE, "Shift"): PAN, (MIDDLE, "Ctrl"): ZOOM, (LEFT, "Shift"): PAN,
        (RIGHT, ""): PAN, (LEFT, "Ctrl"): TURN_LIGHT, (LEFT, "Alt"): TURN_LIGHT,
    },
    "maya": {
        (LEFT, "Alt"): ORBIT, (MIDDLE, "Alt"): PAN, (RIGHT, "Alt"): ZOOM, (MIDDLE, ""): PAN, (RIGHT, ""): PAN,
        (LEFT, "Shift"): PAN, (LEFT, "Ctrl"): TURN_LIGHT,
    },
}  # fmt: skip

KEY_NAMES: tuple[str, ...] = (  # that a command may have, as moderngl-window names them (digits without NUMBER_)
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ", *"0123456789", *(f"F{number}" for number in range(1, 13)),
    "SPACE", "TAB", "DELETE", "BACKSPACE", "INSERT", "HOME", "END", "PAGE_UP", "PAGE_DOWN", "LEFT", "RIGHT", "UP",
    "DOWN", "MINUS", "EQUAL", "COMMA", "PERIOD", "SLASH", "BACKSLASH", "SEMICOLON", "LEFT_BRACKET", "RIGHT_BRACKET",
)  # fmt: skip
MOST_CHOSEN, MOST_CHORDS, LONGEST_ID = 500, 8, 80
_CHORD = re.compile(rf"(Ctrl\+)?(Shift\+)?(Alt\+)?({'|'.join(KEY_NAMES)})")


def mistake_in_command(id: str) -> str | None:
    """Why a text is no command's id; whether there is such a command only the registry knows."""
    if re.fullmatch(rf"[a-z0-9_.]{{1,{LONGEST_ID}}}", id):
        return None
    return f"expected the id of a command such as light.add_lamp, got {id!r:.40}"


def mistake_in_chord(pressed: str) -> str | None:
    """Why a text is no key with modifiers that a command may have."""
    if _CHORD.fullmatch(pressed):
        return None
    return f"expected a key such as L or Ctrl+Shift+F5, got {pressed!r:.40}"


@dataclass(frozen=True)
class ChosenKeys:
    """The keys of one command, in place of those that it has at first."""

    command: Annotated[str, Rule(mistake_in_command)]
    chords: Annotated[tuple[Annotated[str, Rule(mistake_in_chord)], ...], Length(0, MOST_CHORDS)] = ()


def mistake_in_keys(keys: tuple[ChosenKeys, ...]) -> str | None:
    """What occurs twice, a command or a key; None where nothing does."""
    for what, counts in (
        ("command", Counter(chosen.command for chosen in keys)),
        ("key", Counter(pressed for chosen in keys for pressed in chosen.chords)),
    ):
        if (twice := next((name for name, count in counts.items() if count > 1), None)) is not None:
            return f"expected each {what} once, got {twice} again"
    return None


LENGTHS: dict[str, tuple[float, str, int]] = {  # units -> how many are a metre, name, digits after the point
    "metric": (1.0, "m", 3),  # sliders of small lengths show centimeters
    "centimeters": (100.0, "cm", 1),
    "inches": (1.0 / 0.0254, "in", 1),
}


def in_units(number: Number, units: str) -> Number:
    """The declaration of a length as these units show it; other numbers as they are."""
    if number.unit != "metres" or units == "metric":
        return number
    per_m, name, digits = LENGTHS[units]
    return replace(number, scale=per_m, format=re.sub(r"%\.\df c?m\b", f"%.{digits}f {name}", number.format))


MOST_FAVORITES, LONGEST_PATH = 500, 4096


def mistake_in_path(path: str) -> str | None:
    """Why a text is no path of a file; whether there is such a file is not asked."""
    return None if 0 < len(path) <= LONGEST_PATH and "\0" not in path else f"expected a path, got {path!r:.40}"


@dataclass(frozen=True)
class Preferences:
    """What a person prefers."""

    fits_exposure: bool = True  # once when the light or the avatar changes
    undoes_camera: bool = False  # undo and redo also move the camera back
    native_dialogs: bool = True  # of the system, where it has some
    navigation: Annotated[str, Choice(NAVIGATIONS)] = "phynes"  # what drags in the picture do
    units: Annotated[str, Choice(tuple(LENGTHS))] = "metric"  # of lengths that are shown; files hold metres
    keys: Annotated[tuple[ChosenKeys, ...], Length(0, MOST_CHOSEN), Rule(mistake_in_keys)] = ()  # of some commands
    favorites: Annotated[tuple[Annotated[str, Rule(mistake_in_path)], ...], Length(0, MOST_FAVORITES)] = ()  # lights
    output_folder: str = ""  # of pictures, videos and sessions; "": where the viewer was started


def drag_of(navigation: str, button: int, modifiers: str) -> str:
    """What a drag on no handle does."""
    return DRAGS[navigation].get((button, modifiers), ORBIT if button == LEFT else PAN)


def with_favorite(preferences: Preferences, path: str) -> tuple[str, ...]:
    """The favorites with an environment more, the newest first; without it where it was one."""
    others = tuple(known for known in preferences.favorites if known != path)
    return others if path in preferences.favorites else (path, *others)[:MOST_FAVORITES]
