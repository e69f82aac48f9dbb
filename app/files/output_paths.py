"""Whether a result can be written, found out before the work and without leaving a trace."""

import tempfile
from pathlib import Path

from phynes_core.errors import OutputError, unwritable


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
