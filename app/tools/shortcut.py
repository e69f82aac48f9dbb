"""One entry of the table of keys, for the files that hold a group of them: shortcuts.py puts them together."""

from collections.abc import Callable
from dataclasses import dataclass

from app.model.store import Edit, Store
from app.tools.actions import Actions

Handler = Callable[[Store, Actions], None]


@dataclass(frozen=True)
class Shortcut:
    """Keys that do one thing. Neighbors in the table with one description share a line of the help."""

    chords: tuple[str, ...]
    name: str
    description: str
    do: Handler


def edits_by(edit: Edit, label: str, is_undoable: bool = True, otherwise: str = "") -> Handler:
    """A key that edits the state; `otherwise` is said where that changes nothing, so that no key seems dead."""

    def do(store: Store, actions: Actions) -> None:
        if otherwise:
            store.apply()  # what was posted before the key comes first
            if edit(store.state) == store.state:
                actions.say(otherwise)
                return
        store.post(edit, label, is_undoable)

    return do


def acts_by(name: str) -> Handler:
    """A key that does one of the actions that take nothing."""
    return lambda store, actions: getattr(actions, name)()
