"""A command: what a key, a menu item, a button or the palette runs."""

from collections.abc import Callable
from dataclasses import dataclass

from app.model.store import Edit
from app.tools.commands.context import CommandContext

Run = Callable[[CommandContext], None]
Needs = Callable[[CommandContext], str | None]  # None, or the sentence that says why it cannot run now


def _nothing(context: CommandContext) -> str | None:
    return None


@dataclass(frozen=True)
class Command:
    """One entry of the registry. Neighbors with the same `help` share a line of the help pages."""

    id: str  # subject.what, lower case
    title: str  # in menus and in the palette
    keys: tuple[str, ...]  # chords, as registry.chord spells them
    run: Run
    needs: Needs = _nothing
    help: str = ""  # the line of the help pages; empty for the title

    @property
    def line(self) -> str:
        """The command's line of the help pages."""
        return self.help or self.title[0].lower() + self.title[1:]


def edit_command(
    id: str,
    title: str,
    keys: tuple[str, ...],
    edit: Edit,
    help: str = "",
    otherwise: str = "",  # why it cannot run where the edit would change nothing; "" where it always runs
    is_undoable: bool = True,
) -> Command:
    """A command that posts an edit of the state, labeled with its id."""

    def needs(context: CommandContext) -> str | None:
        state = context.store.state
        return otherwise if otherwise and edit(state) == state else None

    return Command(id, title, keys, lambda context: context.store.post(edit, id, is_undoable), needs, help)


def execute(command: Command, context: CommandContext) -> None:
    """Run a command, or say why it cannot run now."""
    context.store.apply()  # edits that were posted before come first
    if (reason := command.needs(context)) is not None:
        context.say(reason)
        return
    command.run(context)
    context.store.end_gesture()
