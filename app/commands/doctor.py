"""Say what is installed, which ways of computing and showing work here, and how to mend what does not.

Nothing is changed. The exit code is 0 when the viewer can start and 1 when it cannot.

examples:
  python launch.py doctor
"""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app import environment, system_packages

GOOD, OPTIONAL, BAD = "ok", "without", "missing"
OPERATIONS = ("rasterize", "closest_point", "visibility", "hash_encoding", "shade", "mesh_losses")
FAST_BACKENDS = ("numba", "embree", "pytorch3d", "tinycudann")


@dataclass(frozen=True)
class Doctor:
    """Options of `doctor`."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    room: str
    subject: str
    state: str  # GOOD, OPTIONAL (something else stands in, or only extras need it) or BAD
    text: str


def run(args: Doctor) -> int:
    from rich.console import Console
    from rich.table import Table

    findings = list(examine())
    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    colors, room = {GOOD: "green", OPTIONAL: "yellow", BAD: "red"}, ""
    for finding in findings:
        shown = "" if finding.room == room else finding.room
        room = finding.room
        state = f"[{colors[finding.state]}]{finding.state}[/]"
        table.add_row(shown, finding.subject, state, finding.text)
    console.print(table)
    bad = [finding.subject for finding in findings if finding.state == BAD]
    console.print(f"\nthe viewer cannot start: {', '.join(bad)}" if bad else "\nthe viewer can start here")
    return int(bool(bad))


def examine() -> Iterator[Finding]:
    """Every finding, room by room."""
    yield from _python()
    yield from _packages()
    yield from _backends()
    yield from _gpu()
    yield from _window()
    yield from _video()
    yield from _bodies()
    yield from _files()


def _python() -> Iterator[Finding]:
    yield Finding("machine", "Python", GOOD, f"{platform.python_version()} at {sys.executable}")
    yield Finding("machine", "system", GOOD, f"{platform.platform()}, {os.cpu_count()} cores")


def _packages() -> Iterator[Finding]:
    project = environment.PROJECT
    everything = ("base", "synthetic", "cuda", "test")
    for group, requirements in environment.requirement_lists(project, everything).items():
        lacking = environment.missing(requirements)
        if not lacking:
            yield Finding("packages", group, GOOD, ", ".join(_named_version(entry) for entry in requirements))
            continue
        state = BAD if group == "base" else OPTIONAL
        pip = f"{sys.executable} -m pip install -c {project.constraints} {' '.join(requirements)!r}"
        command = next((name for name, extras in environment.EXTRAS.items() if group in extras), None)
        remedy = f"`python launch.py {command}` installs it" if command else pip
        yield Finding("packages", group, state, f"{', '.join(lacking)}: {remedy}")


def _named_version(requirement: str) -> str:
    name = environment.split_requirement(requirement)[0]
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{name} (not installed)"


def _backends() -> Iterator[Finding]:
    try:
        from phynes_core.kernels import backends
    except (ImportError, OSError) as error:
        yield Finding("backends", "engine", BAD, f"cannot be imported: {error}")
        return
    for name in FAST_BACKENDS:
        cause = backends.missing_cause(name)
        text = f"{cause}; {backends.remedy(name)}" if cause else "works"
        yield Finding("backends", name, OPTIONAL if cause else GOOD, text)
    for operation in OPERATIONS:
        best, *others = backends.available(operation)
        state = OPTIONAL if best == backends.REFERENCE != backends.candidates(operation)[0] else GOOD
        yield Finding("backends", operation, state, best + (f" (also {', '.join(others)})" if others else ""))


def _gpu() -> Iterator[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Finding("GPU", "torch", BAD, f"cannot be imported: {error}")
        return
    if torch.cuda.is_available():
        text = f"{torch.cuda.get_device_name()}, torch {torch.__version__} for CUDA {torch.version.cuda}"
        yield Finding("GPU", "CUDA", GOOD, text)
    elif torch.version.cuda:
        yield Finding("GPU", "CUDA", OPTIONAL, f"torch {torch.__version__} finds no NVIDIA GPU or driver: CPU only")
    else:
        yield Finding("GPU", "CUDA", OPTIONAL, f"torch {torch.__version__} is the CPU build: CPU only")


def _window() -> Iterator[Finding]:
    lacking = system_packages.missing_packages(system_packages.VIEWER_PACKAGES)
    if lacking:
        yield Finding("window", "OpenGL", BAD, f"run: {system_packages.install_line(lacking)}")
        return
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        text = "no DISPLAY: start from a desktop, ssh -X or xvfb-run; render and turntable need none"
        yield Finding("window", "display", BAD, text)
        return
    try:
        import glfw
        import moderngl

        if not glfw.init():
            raise OSError("glfw cannot be initialized")
        glfw.window_hint(glfw.VISIBLE, False)
        glfw.window_hint(glfw.CONTEXT_VERSION_MAJOR, 3)
        glfw.window_hint(glfw.CONTEXT_VERSION_MINOR, 3)
        window = glfw.create_window(16, 16, "doctor", None, None)
        if not window:
            raise OSError("no OpenGL 3.3 window can be opened")
        glfw.make_context_current(window)
        facts = moderngl.create_context().info
        glfw.destroy_window(window)
        glfw.terminate()
    except Exception as error:  # drivers fail in many ways: each is a finding, none may end the report
        yield Finding("window", "OpenGL", BAD, f"{' '.join(str(error).split())}: update the graphics driver")
        return
    yield Finding("window", "OpenGL", GOOD, f"{facts['GL_VERSION']} on {facts['GL_RENDERER']}")


def _video() -> Iterator[Finding]:
    try:
        import imageio_ffmpeg

        yield Finding("video", "ffmpeg", GOOD, imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, OSError, RuntimeError) as error:
        text = f"{' '.join(str(error).split())[:100]}: pip install imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE"
        yield Finding("video", "ffmpeg", OPTIONAL, text)


def _bodies() -> Iterator[Finding]:
    for variable, meaning in (("PHYNES_SMPL", "a licensed SMPL body"), ("PHYNES_SMPL_UV", "a licensed body's UV file")):
        named = os.environ.get(variable)
        if named and not Path(named).is_file():
            yield Finding("bodies", variable, OPTIONAL, f"names {named}, which is no file")
        else:
            yield Finding("bodies", variable, GOOD, named or f"not set: only avatars trained on {meaning} need it")


def _files() -> Iterator[Finding]:
    from phynes_core.paths import ASSETS, CHECKPOINTS

    for subject, found, remedy in (
        ("avatars", list(CHECKPOINTS.glob("*.ckpt")), "train one: python launch.py train -h"),
        ("body", list((ASSETS / "body").glob("*.npz")), "the checkout is incomplete: restore assets/body"),
        ("environments", list((ASSETS / "probes").glob("*.exr")), "the checkout is incomplete: restore assets/probes"),
        ("motions", list((ASSETS / "motions").glob("*.npz")), "the checkout is incomplete: restore assets/motions"),
        ("fonts", list((ASSETS / "fonts").glob("*.ttf")), "the checkout is incomplete: restore assets/fonts"),
    ):
        state = GOOD if found else (OPTIONAL if subject in ("avatars", "motions") else BAD)
        yield Finding("files", subject, state, ", ".join(sorted(path.stem for path in found)) or remedy)
    cache = Path(os.environ.get("NUMBA_CACHE_DIR") or environment.PROJECT.root)
    is_kept = os.access(cache, os.W_OK)
    text = f"compiled kernels are kept under {cache}" if is_kept else f"{cache} is read-only: kernels compile each time"
    yield Finding("files", "kernel cache", GOOD if is_kept else OPTIONAL, text)
    free_gb = shutil.disk_usage(environment.PROJECT.root).free / 1e9
    yield Finding("files", "free disk", GOOD if free_gb > 1 else OPTIONAL, f"{free_gb:.0f} GB")
