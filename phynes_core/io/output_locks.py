"""Locks of outputs: one process at a time writes a file or folder, and what a killed one left half-written is removed.

A lock is a file beside what it stands for, locked by the system, which frees it when the process ends in whatever way:
`.NAME.phynes-lock` for a whole run, `.NAME.PID.partial.phynes-lock` for a single write. A partial file whose lock
nobody holds has lost its owner.
"""

import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor

from phynes_core.errors import OutputError, one_line, unwritable

LOCK = ".phynes-lock"
PARTIAL = re.compile(r"\..+\.\d+\.(partial|replaced)(\.[^.]*)?")
REPLACED = re.compile(r"\.(.+)\.\d+\.replaced")
SWEEP_S = 0.3  # longest that a sweep of another process holds a lock
WRITE_S = 10.0  # longest wait for another thread that writes the same file
NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)  # of file systems without locks

_swept: set[Path] = set()  # folders that this process has looked through


@contextmanager
def claiming(*paths: Path) -> Iterator[None]:
    """Keep these files and folders from other runs inside the block.

    OutputError names the process that has one of them. Folders that are made for a lock go away if they stay empty.
    """
    with ExitStack() as stack:
        for place, path in {_place(path): path for path in paths}.items():
            stack.enter_context(_claimed(place, path))
        yield


def _place(path: Path) -> Path:
    try:
        return Path(path).expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a name that no file can have
        raise OutputError(f"{path!s:.200}: cannot write here ({one_line(error)}); choose another place") from error


@contextmanager
def _claimed(place: Path, path: Path) -> Iterator[None]:
    lock = _claim_of(place)
    made = _make_folder(path, lock.parent)
    try:
        with _holding(path, lock, SWEEP_S) as descriptor:
            if descriptor is None:
                raise OutputError(f"{path}: {_owner(lock)} is writing it; wait until that has ended, or name another")
            sweep(lock.parent)
            if descriptor >= 0:
                _sign(descriptor)
            yield
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _sign(descriptor: int) -> None:
    """Write the number of this process into a lock; another user's, which was left behind, stays unsigned."""
    with suppress(OSError):
        os.truncate(descriptor, 0)
        os.write(descriptor, f" {os.getpid()}\n".encode())  # Windows lets nobody read the locked first byte


@contextmanager
def owning(path: Path, partial: Path) -> Iterator[None]:
    """Hold the lock of a partial file or folder that becomes `path`, in a folder that is there.

    What killed processes left in that folder is removed first. Raises OutputError.
    """
    sweep(partial.parent)
    with _holding(path, partial.with_name(partial.name + LOCK), WRITE_S) as descriptor:
        if descriptor is None:
            raise OutputError(f"{path}: cannot write here (another thread writes it); wait until that has ended")
        yield


def sweep(folder: Path) -> None:
    """Remove partial files and folders that nobody owns any more; once a process and folder.

    A folder that was moved aside, to be replaced by a new one that never came, moves back.
    """
    folder = folder.absolute()
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError), os.scandir(folder) as entries:
        names = [entry.name for entry in entries if not entry.is_symlink()]
        for name in names:
            if PARTIAL.fullmatch(name) and not name.endswith(LOCK):
                _remove_if_left(folder / name)
        for name in names:
            if name.startswith(".") and name.endswith(LOCK):
                with suppress(OSError), _locked(folder / name, 0.0):
                    pass  # letting go of a lock removes its file


def _remove_if_left(partial: Path) -> None:
    with suppress(OSError), _locked(partial.with_name(partial.name + LOCK), 0.0) as descriptor:
        if descriptor is None or descriptor < 0:
            return
        replaced = REPLACED.fullmatch(partial.name)
        if replaced and not os.path.lexists(target := partial.with_name(replaced[1])):
            partial.rename(target)
        elif partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)


@contextmanager
def _holding(path: Path, lock: Path, patience_s: float) -> Iterator[int | None]:
    """As `_locked`, with OutputError for a lock that cannot be made."""
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(_locked(lock, patience_s))
        except OSError as error:
            raise unwritable(path, error) from error
        yield descriptor


@contextmanager
def _locked(lock: Path, patience_s: float) -> Iterator[int | None]:
    """The lock's descriptor; None where another holds it for so long, -1 where the file system has no locks."""
    until_s = time.monotonic() + patience_s
    while (descriptor := _lock(lock)) is None and time.monotonic() < until_s:
        time.sleep(0.01)
    try:
        yield descriptor
    finally:
        if descriptor is not None and descriptor >= 0:
            _unlock(lock, descriptor)


def _lock(lock: Path) -> int | None:
    while True:
        no_links = getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | no_links, 0o666)
        except PermissionError:
            descriptor = os.open(lock, os.O_RDONLY | no_links)  # another user's: it can be locked all the same
        try:
            if not lock_descriptor(descriptor, blocking=False):
                os.close(descriptor)
                return None
            if os.fstat(descriptor).st_nlink > 0:
                return descriptor
        except OSError as error:
            os.close(descriptor)
            if error.errno not in NO_LOCKS:
                raise
            with suppress(OSError):
                lock.unlink(missing_ok=True)
            return -1
        os.close(descriptor)  # its owner removed it after it was opened here


def _unlock(lock: Path, descriptor: int) -> None:
    """Let go, and remove the file: before others can lock it, or after, where open files cannot be removed."""
    with suppress(OSError):
        if os.name != "nt":
            lock.unlink(missing_ok=True)
    os.close(descriptor)
    with suppress(OSError):
        if os.name == "nt":
            lock.unlink(missing_ok=True)


def _claim_of(path: Path) -> Path:
    """Beside the path; in it where it is a folder whose parent cannot be written, such as a volume's root."""
    if path.is_dir() and not os.access(path.parent, os.W_OK):
        return path / f".{LOCK}"
    return path.with_name(f".{path.name}{LOCK}")


def _make_folder(path: Path, folder: Path) -> list[Path]:
    """Make a folder; those that were not there, the deepest first."""
    made = []
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        made.append(nearest)
        nearest = nearest.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return made


def _owner(lock: Path) -> str:
    """The number of the process that holds a lock."""
    with suppress(OSError), open(lock, "rb") as file:
        file.seek(1)
        if (number := file.read(20).strip()).isdigit():
            return f"process {number.decode()}"
    return "another process"
