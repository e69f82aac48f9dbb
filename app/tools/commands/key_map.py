"""Which key runs which command: the registry's chords, or those that a person chose instead.

A chord is written "Ctrl+Shift+Alt+Z": the modifiers that are held, in this order, then the key as moderngl-window names
it (digits without NUMBER_). A chosen chord is taken away from the command that has it at first. Texts name the keys in
use as "{light.add_lamp}", which `KeyMap.filled` replaces.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from app.model.preferences import KEY_NAMES, MOST_CHORDS, ChosenKeys
from app.tools.commands.command import Command
from app.tools.commands.context import CommandContext
from app.tools.commands.registry import COMMANDS, command_of
from app.tools.commands.window import LET_GO
from app.tools.fly import FLY_KEYS, MOVES

_FACES = {
    "SPACE": "Space", "DELETE": "Delete", "BACKSPACE": "Backspace", "ESCAPE": "Esc", "TAB": "Tab", "MINUS": "-",
    "EQUAL": "=", "COMMA": ",", "PERIOD": ".", "SLASH": "/", "BACKSLASH": "\\", "SEMICOLON": ";", "HOME": "Home",
    "PAGE_DOWN": "Page down", "PAGE_UP": "Page up", "END": "End", "INSERT": "Insert", "LEFT": "←", "RIGHT": "→",
    "UP": "↑", "DOWN": "↓", "LEFT_BRACKET": "[", "RIGHT_BRACKET": "]", "Shift+SLASH": "?",
}  # fmt: skip
_NAMED = re.compile(r"\{([a-z0-9_]+\.[a-z0-9_]+)\}")
_IDS = {command.id for command in COMMANDS}


class KeyMap:
    """The keys in use."""

    def __init__(self, chosen: Iterable[ChosenKeys] = ()) -> None:
        """Ids that no command has are passed over: they may be a newer viewer's."""
        self._chosen = {one.command: one.chords for one in chosen if one.command in _IDS and one.command != LET_GO}
        taken = {pressed for chords in self._chosen.values() for pressed in chords}
        self._chords: dict[str, tuple[str, ...]] = {
            command.id: self._chosen.get(command.id, tuple(key for key in command.keys if key not in taken))
            for command in COMMANDS
        }
        self._by_chord = {pressed: id for id, chords in self._chords.items() for pressed in chords}

    def chords(self, command: Command) -> tuple[str, ...]:
        """A command's chords; of one that is not in the registry, its own."""
        return self._chords.get(command.id, command.keys)

    def command_at(self, pressed: str) -> Command | None:
        """The command of a chord."""
        return command_of(self._by_chord[pressed]) if pressed in self._by_chord else None

    def text(self, command: Command) -> str:
        """A command's keys as they are printed on a keyboard."""
        return " / ".join(face(pressed) for pressed in self.chords(command))

    def filled(self, text: str) -> str:
        """The text with the keys of the commands that it names; the title of one that has no key."""
        return _NAMED.sub(lambda found: self._named(found.group(1), found.group(0)), text)

    def help_lines(self, commands: Iterable[Command] = COMMANDS) -> list[tuple[str, str]]:
        """(keys, what they do) of all or some commands that have keys, a line for each help text."""
        faces: dict[str, list[str]] = {}
        for command in commands:
            if chords := self.chords(command):
                faces.setdefault(command.line, []).extend(face(pressed) for pressed in chords)
        return [(_joined(keys), line) for line, keys in faces.items()]

    def with_keys(self, id: str, chords: tuple[str, ...] | None) -> tuple[ChosenKeys, ...]:
        """What is chosen once a command has these keys, which others lose; None gives it those it had at first."""
        first = command_of(id).keys
        wanted = first if chords is None else chords[:MOST_CHORDS]
        others = {one: tuple(key for key in keys if key not in wanted) for one, keys in self._chosen.items()}
        others.pop(id, None)
        if wanted != first:
            others[id] = wanted
        return tuple(ChosenKeys(one, keys) for one, keys in others.items())

    def _named(self, id: str, otherwise: str) -> str:
        if id not in _IDS:
            return otherwise
        chords = self._chords[id]
        return face(chords[0]) if chords else f"\u201c{command_of(id).title.removesuffix('...')}\u201d"


@lru_cache(maxsize=4)
def key_map(chosen: tuple[ChosenKeys, ...]) -> KeyMap:
    """The map of these choices, made once."""
    return KeyMap(chosen)


def keys_of(context: CommandContext) -> KeyMap:
    """The keys that the preferences say."""
    return key_map(context.preferences.now.keys)


def key_choices() -> tuple[Command, ...]:
    """Every command whose keys can be chosen; run, it asks for its key."""

    def asking(id: str) -> Callable[[CommandContext], None]:
        return lambda context: context.windows.ask_key(id)

    return tuple(Command(one.id, one.title, one.keys, asking(one.id)) for one in COMMANDS if one.id != LET_GO)


def chord(key: str, has_control: bool = False, has_shift: bool = False, has_alt: bool = False) -> str:
    """The spelling of a key with the modifiers that are held."""
    return "Ctrl+" * has_control + "Shift+" * has_shift + "Alt+" * has_alt + key


def key_names() -> list[str]:
    """Every key that may run a command or move the camera in fly mode, without modifiers."""
    return sorted({*KEY_NAMES, *FLY_KEYS, *command_of(LET_GO).keys})


def face(pressed: str) -> str:
    """A chord as it is printed on a keyboard."""
    if pressed in _FACES:
        return _FACES[pressed]
    *modifiers, key = pressed.split("+")
    return "+".join([*modifiers, _FACES.get(key, key)])


def is_in_fly_mode(pressed: str) -> bool:
    """Whether fly mode takes the chord for itself."""
    return pressed.removeprefix("Shift+") in MOVES


def _joined(faces: list[str]) -> str:
    """Keys in a row; neighboring digits as "1 ... 9"."""
    digits = [int(one[-1]) for one in faces if one[-1].isdigit()]
    is_run = len(faces) > 4 and len({one[:-1] for one in faces}) == 1 and digits == [*range(digits[0], digits[-1] + 1)]
    return f"{faces[0]} ... {faces[-1]}" if is_run else " / ".join(faces)
