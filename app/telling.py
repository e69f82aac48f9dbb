"""What the desks behind the windows do with files may fail: then the reason is a message, in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from app.wording import one_line
from phynes_core.errors import PhynesError

IMPOSSIBLE = (OSError, ValueError, RuntimeError)  # what paths raise that no file can have, such as "/" or "~someone/x"


class Say(Protocol):
    """Shows a message."""

    def __call__(self, text: str, is_error: bool = False) -> None:
        """Errors stay longer."""
        ...


@contextmanager
def telling(say: Say) -> Iterator[None]:
    """A block that ends, with a message, where files cannot be read or written."""
    try:
        yield
    except (PhynesError, *IMPOSSIBLE) as error:
        say(one_line(error), is_error=True)
