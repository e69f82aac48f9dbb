"""A file that one living process holds: the operating system lets go of it however that process ends."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def held(path: Path) -> BinaryIO | None:
    """ExportJob hold of the file, made when missing; None while another process has it. Closing the handle lets go."""
    handle = open(path, "a+b")
    try:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def is_held(path: Path) -> bool:
    """Whether a living process has the file."""
    with suppress(OSError):
        if not path.exists():
            return False
        if (handle := held(path)) is None:
            return True
        handle.close()
    return False
