"""The virtual environment .venv: create it, install the packages that a command needs, and restart the program inside.

Standard library only. .venv/phynes-installed.json is written last and holds a hash of what was installed, so that the
next start recognizes an interrupted or outdated installation and finishes it.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap import system_packages
from app.bootstrap.requirements import EXTRAS, missing, requirement_lists
from app.bootstrap.system_packages import SetupError

NEWEST_PYTHON = (3, 13)  # for which every pinned package has a wheel
RELAUNCHED = "PHYNES_RELAUNCHED"  # set in the environment of the second start, inside .venv


@dataclass(frozen=True)
class Project:
    """The paths in a checkout that an installation reads and writes."""

    root: Path

    @property
    def venv(self) -> Path:
        """The environment that launch.py makes."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter inside it."""
        return self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def marker(self) -> Path:
        """A JSON file that is written last: {group of packages: hash of what was installed for it}."""
        return self.venv / "phynes-installed.json"

    @property
    def constraints(self) -> Path:
        """The exact versions that the tests run with."""
        return self.root / "constraints.txt"


PROJECT = Project(Path(__file__).resolve().parents[2])


def ensure(command: str, argv: Sequence[str], project: Project = PROJECT) -> None:
    """Return where this interpreter has what `command` needs; else install into .venv and restart inside it."""
    groups = ("base", *EXTRAS.get(command, ()))
    lists = requirement_lists(project.root, groups)
    lacking = missing([requirement for group in lists.values() for requirement in group])
    is_inside = Path(sys.prefix).resolve() == project.venv.resolve()
    is_relaunched = os.environ.pop(RELAUNCHED, "") != ""
    if not lacking and (not is_inside or is_complete(project, lists)):
        return
    if lacking and is_relaunched:
        raise SetupError(
            f"{project.venv}: still lacks {', '.join(lacking)} after the installation: delete it and start again"
        )

    def needs_install() -> bool:
        return not is_complete(project, lists) or not project.python.exists() or (is_inside and bool(lacking))

    if needs_install():
        check_system(command)
        with locked(project):
            if needs_install():  # another process may have done it while this one waited
                install(project, lists, lacking)
    relaunch(project, argv)


def is_complete(project: Project, lists: dict[str, list[str]]) -> bool:
    """Whether an installation of exactly these lists and the present constraints was finished."""
    done = _read_marker(project)
    return all(done.get(group) == _digest(project, lists[group]) for group in lists)


def check_system(command: str) -> None:
    """Raise SetupError for missing system packages and an unsupported Python, before anything is downloaded."""
    if sys.version_info[:2] > NEWEST_PYTHON:
        raise SetupError(
            f"this is Python {sys.version_info[0]}.{sys.version_info[1]}, and the pinned packages exist for 3.11, 3.12 "
            "and 3.13: start launch.py with one of those"
        )
    lacking = system_packages.missing_packages(system_packages.VIEWER_PACKAGES)
    venv = system_packages.missing_venv_package()
    blocking = [*([venv] if venv else []), *(lacking if command == "view" else [])]
    if blocking and command == "test" and system_packages.can_install():
        system_packages.install_packages(blocking)
        blocking = []
    if blocking:
        raise SetupError(
            f"this system lacks {' and '.join(blocking)}, and nothing was downloaded: run "
            f"`{system_packages.install_line(blocking)}` (Debian and Ubuntu) and start again"
        )
    if lacking and command != "test":
        print(
            f"note: `{command}` needs no window; the viewer will: {system_packages.install_line(lacking)}",
            file=sys.stderr,
        )


def install(project: Project, lists: dict[str, list[str]], lacking: Sequence[str]) -> None:
    """Create or repair .venv, install the lists at the pinned versions, and write the marker."""
    if project.venv.exists():
        said = f"bringing the packages in {project.venv} up to date ({len(lacking)} are missing here)"
    else:
        said = f"first start: installing the packages into {project.venv} (a few minutes, 2 to 7 GB)"
    print(f"PhyNES Viewer: {said}", file=sys.stderr, flush=True)
    done = _read_marker(project)
    try:
        project.marker.unlink(missing_ok=True)
        _make_venv(project)
        _discard_half_installed(project)
        requirements = [requirement for group in lists.values() for requirement in group]
        pip = [str(project.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        extra = shlex.split(os.environ.get("PHYNES_PIP_ARGS", ""))
        code = _run([*pip, "-c", str(project.constraints), *extra, *requirements])
        if code:
            raise SetupError(
                f"pip stopped with exit code {code}, for the reason printed above: mend it and start again, "
                "what is already installed is kept"
            )
        done |= {group: _digest(project, lists[group]) for group in lists}
        partial = project.marker.with_suffix(".partial")
        partial.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")
        partial.replace(project.marker)
    except OSError as error:
        reason = error.strerror or error
        raise SetupError(f"{project.venv}: cannot be written ({reason}): check permissions and free space") from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt("the next start finishes the installation") from None


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Hold the lock of one installation at a time; the system frees it when this process and its pip have ended."""
    path = project.root / ".venv.lock"
    try:
        handle = path.open("a")
    except OSError as error:
        raise SetupError(
            f"{project.root}: cannot be written ({error.strerror}): make it writable, or install the packages of "
            "pyproject.toml into an environment of your own and start launch.py from there"
        ) from error
    with handle:
        _lock(handle.fileno())
        yield


def relaunch(project: Project, argv: Sequence[str]) -> None:
    """Run launch.py again with the interpreter in .venv; does not return."""
    command = [str(project.python), str(project.root / "launch.py"), *argv]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # exec on Windows detaches from the console
        raise SystemExit(subprocess.run(command, env=os.environ | {RELAUNCHED: "1"}, check=False).returncode)
    os.execve(command[0], command, os.environ | {RELAUNCHED: "1"})


def _read_marker(project: Project) -> dict[str, str]:
    try:
        done = json.loads(project.marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return done if isinstance(done, dict) else {}


def _make_venv(project: Project) -> None:
    if project.python.exists() and _answers(project, "import pip"):
        return
    if project.python.exists() and _answers(project, "import sys"):  # created without pip
        if _run([str(project.python), "-m", "ensurepip", "--upgrade"]) == 0:
            return
    code = _run([sys.executable, "-m", "venv", "--clear", str(project.venv)])
    if code:
        raise SetupError(f"{project.venv}: python -m venv stopped with exit code {code}, for the reason printed above")


def _answers(project: Project, program: str) -> bool:
    try:
        return subprocess.run([str(project.python), "-c", program], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _discard_half_installed(project: Project) -> None:
    """Delete the metadata of packages that pip did not copy to the end: it writes RECORD last, and checks no more."""
    for metadata in project.venv.glob("**/site-packages/*.dist-info"):
        if not (metadata / "RECORD").exists():
            shutil.rmtree(metadata)


def _run(command: Sequence[str]) -> int:
    """Run a program with its output on stderr, so that this program's stdout stays machine-readable."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, close_fds=False, check=False).returncode


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt

        while True:  # LK_LOCK gives up after ten seconds
            try:
                return msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:
                continue
    import fcntl

    os.set_inheritable(descriptor, True)  # inherited by pip, which keeps the lock if this process is killed
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("PhyNES Viewer: another start is installing the packages: waiting for it", file=sys.stderr, flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _digest(project: Project, requirements: Sequence[str]) -> str:
    pins = project.constraints.read_text(encoding="utf-8")
    return hashlib.sha256("\n".join([*requirements, pins]).encode()).hexdigest()
