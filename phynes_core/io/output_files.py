"""Results in files: whether one can be written is known before the work, and each appears whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phynes_core.errors import OutputError, unwritable


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path with the same suffix in the same folder; rename it to `path` if the block succeeds.

    The folder is created. An unwritable path is an OutputError; a file that existed at `path` survives a failure.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()  # raises here with the system's reason, which some writers hide
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_folder(path: Path) -> None:
    """Raise OutputError unless files can be created in this folder, which need not exist yet."""
    nearest = path.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(f"{path}: cannot write here ({nearest} is a file); choose another folder")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise unwritable(path, error) from error


def check_file(path: Path) -> None:
    """Raise OutputError unless this file can be created or replaced."""
    if path.is_dir():
        raise OutputError(f"{path}: cannot write here (it is a folder); name a file")
    check_folder(path.parent)
