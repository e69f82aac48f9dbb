"""Results in files: whether one can be written is known before the work, and each appears whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phynes_core.errors import OutputError, unwritable
from phynes_core.io.output_locks import owning


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path with the same suffix in the same folder; rename it to `path` if the block succeeds.

    The folder is created. An unwritable path is an OutputError; a file that existed at `path` survives a failure.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with owning(path, temporary):
            try:
                temporary.touch()  # raises here with the system's reason, which some writers hide
                yield temporary
                with open(temporary, "rb") as written:
                    os.fsync(written.fileno())
                os.replace(temporary, path)
            finally:
                with suppress(OSError):
                    temporary.unlink()
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def replacing_folder(path: Path, check: Callable[[], None]) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`, which becomes `path` if the block succeeds.

    A folder that stands at `path` by then is replaced, unless `check` raises. It is moved aside first: killed at any
    moment, one of both is left whole. An unwritable path is an OutputError.
    """
    path = Path(path).resolve()
    temporary, replaced = (path.with_name(f".{path.name}.{os.getpid()}.{part}") for part in ("partial", "replaced"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with owning(path, temporary), owning(path, replaced):
            try:
                temporary.mkdir()
                yield temporary
                if path.exists():
                    check()
                    os.rename(path, replaced)
                os.rename(temporary, path)
            finally:
                if replaced.exists() and not path.exists():
                    os.rename(replaced, path)
                for folder in (temporary, replaced):
                    shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise unwritable(path, error) from error


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
