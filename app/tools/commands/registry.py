"""The registry of commands: keys, menus, the palette, the help pages and docs/keys.md all read it.

A chord is written "Ctrl+Shift+Alt+Z": the modifiers that are held, in this order, then the key as moderngl-window names
it (digits without NUMBER_).
"""

from collections.abc import Iterable

from app.tools.commands.body import BODY_COMMANDS
from app.tools.commands.camera import CAMERA_COMMANDS, FRAME_COMMAND
from app.tools.commands.command import Command, execute
from app.tools.commands.context import CommandContext
from app.tools.commands.display import CLOSE_UP_COMMANDS, PICTURE_COMMANDS
from app.tools.commands.file import FILE_COMMANDS, RECORD_COMMAND
from app.tools.commands.light import LIGHT_COMMANDS
from app.tools.commands.material import MATERIAL_COMMANDS
from app.tools.commands.playback import CLIP_COMMANDS, PLAY_COMMAND
from app.tools.commands.window import WINDOW_COMMANDS
from app.tools.fly import FLY_KEYS

GROUPS: dict[str, tuple[Command, ...]] = {  # the headings of the help pages
    "Picture": (*PICTURE_COMMANDS, PLAY_COMMAND, FRAME_COMMAND, RECORD_COMMAND, *WINDOW_COMMANDS),
    "Looking closely": CLOSE_UP_COMMANDS,
    "Body": BODY_COMMANDS,
    "Clip": CLIP_COMMANDS,
    "Light": LIGHT_COMMANDS,
    "Camera": CAMERA_COMMANDS,
    "Materials": MATERIAL_COMMANDS,
    "Files": FILE_COMMANDS,
}
COMMANDS: tuple[Command, ...] = tuple(command for group in GROUPS.values() for command in group)
_BY_ID = {command.id: command for command in COMMANDS}
_BY_CHORD = {pressed: command for command in COMMANDS for pressed in command.keys}
_FACES = {
    "SPACE": "Space", "DELETE": "Delete", "BACKSPACE": "Backspace", "ESCAPE": "Esc", "TAB": "Tab", "MINUS": "-",
    "EQUAL": "=", "COMMA": ",", "PERIOD": ".", "HOME": "Home", "PAGE_DOWN": "Page down", "PAGE_UP": "Page up",
    "END": "End", "LEFT": "←", "RIGHT": "→", "UP": "↑", "DOWN": "↓", "LEFT_BRACKET": "[", "RIGHT_BRACKET": "]",
    "Shift+SLASH": "?",
}  # fmt: skip


def command_of(id: str) -> Command:
    """The command of an id; KeyError where there is none."""
    return _BY_ID[id]


def run(id: str, context: CommandContext) -> None:
    """Run a command by its id, or say why it cannot run now."""
    execute(command_of(id), context)


def chord(key: str, has_control: bool = False, has_shift: bool = False, has_alt: bool = False) -> str:
    """The registry's spelling of a key with the modifiers that are held."""
    return "Ctrl+" * has_control + "Shift+" * has_shift + "Alt+" * has_alt + key


def command_at(pressed: str) -> Command | None:
    """The command of a chord."""
    return _BY_CHORD.get(pressed)


def key_names() -> list[str]:
    """Every key of the registry and of fly mode, without modifiers."""
    return sorted({pressed.rsplit("+", 1)[-1] for pressed in _BY_CHORD} | set(FLY_KEYS))


def keys_text(command: Command) -> str:
    """A command's keys as they are printed on a keyboard."""
    return " / ".join(_face(pressed) for pressed in command.keys)


def help_lines(commands: Iterable[Command] = COMMANDS) -> list[tuple[str, str]]:
    """(keys, what they do) of all or some commands that have keys, a line for each help text."""
    faces: dict[str, list[str]] = {}
    for command in commands:
        if command.keys:
            faces.setdefault(command.line, []).extend(_face(pressed) for pressed in command.keys)
    return [(_joined(keys), line) for line, keys in faces.items()]


def found(text: str, commands: Iterable[Command] = COMMANDS) -> list[Command]:
    """Commands whose title or help holds every word of the text, in any order; titles that begin so come first."""
    words = text.lower().split()

    def rank(command: Command) -> int | None:
        title = command.title.lower()
        if not all(word in f"{title} {command.line.lower()}" for word in words):
            return None
        if title.startswith(" ".join(words)):
            return 0
        if all(any(part.startswith(word) for part in title.split()) for word in words):
            return 1
        return 2 if all(word in title for word in words) else 3

    ranked = [(order, command) for command in commands if (order := rank(command)) is not None]
    return [command for _, command in sorted(ranked, key=lambda pair: pair[0])]


def _face(pressed: str) -> str:
    if pressed in _FACES:
        return _FACES[pressed]
    *modifiers, key = pressed.split("+")
    return "+".join([*modifiers, _FACES.get(key, key)])


def _joined(faces: list[str]) -> str:
    is_run = len(faces) > 4
    return f"{faces[0]} ... {faces[-1]}" if is_run else " / ".join(faces)
