"""The registry of commands: keys, menus, the palette, the help pages and docs/keys.md all read it."""

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


def command_of(id: str) -> Command:
    """The command of an id; KeyError where there is none."""
    return _BY_ID[id]


def run(id: str, context: CommandContext) -> None:
    """Run a command by its id, or say why it cannot run now."""
    execute(command_of(id), context)


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
