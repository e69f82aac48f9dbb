"""Errors that a user can cause and mend.

Every message is one line that says what is wrong, where, what was expected, what was found, and the remedy.
The command line prints it and exits with code 2; anything else that escapes is a bug and keeps its traceback.
"""

from pathlib import Path

LONGEST_MESSAGE = 2000  # characters


def one_line(error: BaseException) -> str:
    """What a library says, on one line of at most 120 characters."""
    try:
        return " ".join(str(error).split())[:120] or type(error).__name__
    except Exception:  # some libraries' errors cannot even be shown
        return type(error).__name__


class PhynesError(Exception):
    """A mistake in the input or the machine's set-up, told in one line.

    Line breaks and other characters that cannot be printed, which a file's name or content brought in, are escaped.
    """

    def __init__(self, message: str) -> None:
        if len(message) > LONGEST_MESSAGE:
            message = f"{message[: LONGEST_MESSAGE - 700]} ... {message[-690:]}"
        super().__init__(printable(message))


def printable(text: str) -> str:
    """The text with line breaks, control characters and the like as escapes such as \\n."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class CheckpointError(PhynesError):
    """A .ckpt file that cannot be read as an avatar."""


class CaptureError(PhynesError):
    """A dataset folder that is incomplete or contradicts itself."""


class BodyError(PhynesError):
    """A body model file, UV file or body parameters that cannot be used."""


class MotionError(PhynesError):
    """A motion clip that cannot be read."""


class ImageError(PhynesError):
    """An image or environment map that cannot be read or written."""


class BackendError(PhynesError):
    """A backend that was asked for by name and cannot run here."""


class OutputError(PhynesError):
    """A place that cannot be written to."""


def unwritable(path: Path, error: OSError) -> OutputError:
    """To be raised where the system refused to write."""
    return OutputError(
        f"{path}: cannot write here ({error.strerror or error}); choose a writable place with room on it"
    )


class DisplayError(PhynesError):
    """No window can be opened here."""
