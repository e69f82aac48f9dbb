"""Say what is installed, which ways of computing and showing work here, and how to mend what does not.

Nothing is changed. The exit code is 0 when the viewer can start and 1 when it cannot.

examples:
  python launch.py doctor
"""

import importlib.metadata
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap import system_packages, virtual_environment
from app.bootstrap.requirements import EXTRAS, missing, requirement_lists, split_requirement
from app.model.status import one_line
from phynes_core.io.shipped_files import IS_INSTALLED, PROJECT


@dataclass(frozen=True)
class Doctor:
    """Options of `doctor`."""


def run(args: Doctor) -> int:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    findings = list(examine())
    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    colors, heading = {GOOD: "green", OPTIONAL: "yellow", BAD: "red"}, ""
    for finding in findings:
        shown = "" if finding.heading == heading else finding.heading
        heading = finding.heading
        state = f"[{colors[finding.state]}]{finding.state}[/]"
        table.add_row(shown, finding.subject, state, escape(finding.text))
    console.print(table)
    bad = [finding.subject for finding in findings if finding.state == BAD]
    console.print(f"\nthe viewer cannot start: {', '.join(bad)}" if bad else "\nthe viewer can start here")
    return int(bool(bad))


GOOD, OPTIONAL, BAD = "ok", "without", "missing"
ENCODERS = {"libx264": "mp4", "libvpx-vp9": "WebM"}
LONGEST_S = 20.0  # timeout of other programs


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    heading: str
    subject: str
    state: str  # GOOD, OPTIONAL (there is a fallback, or only extras need it) or BAD
    text: str


def examine() -> Iterator[Finding]:
    """All findings, in the order of the report."""
    yield from _python()
    yield from _packages()
    yield from _backends()
    yield from _gpu()
    yield from _adapters()
    yield from _window()
    yield from _video()
    yield from _bodies()
    yield from _files()


def _python() -> Iterator[Finding]:
    yield Finding("machine", "Python", GOOD, f"{platform.python_version()} at {sys.executable}")
    yield Finding("machine", "system", GOOD, f"{platform.platform()}, {os.cpu_count()} cores")


def _packages() -> Iterator[Finding]:
    project = virtual_environment.PROJECT
    for group, requirements in _requirements().items():
        lacking = missing(requirements)
        if not lacking:
            yield Finding("packages", group, GOOD, ", ".join(_named_version(entry) for entry in requirements))
            continue
        command = next((name for name, extras in EXTRAS.items() if group in extras), "")
        if group == "base":
            command = "--avatar josh.ckpt"
        pinned = [] if IS_INSTALLED else ["-c", str(project.constraints)]
        pip = [sys.executable, "-m", "pip", "install", *pinned, *lacking]
        command = "" if IS_INSTALLED else command
        remedy = f"`python launch.py {command}` brings it" if command else shlex.join(pip)
        yield Finding("packages", group, BAD if group == "base" else OPTIONAL, f"{', '.join(lacking)}: {remedy}")


def _requirements() -> dict[str, list[str]]:
    """Group ("base" or an extra) -> its requirements, from the checkout's or the installed package's lists."""
    groups = ("base", "synthetic", "cuda", "test")
    if not IS_INSTALLED:
        return requirement_lists(virtual_environment.PROJECT.root, groups)
    lists: dict[str, list[str]] = {group: [] for group in groups}
    for entry in importlib.metadata.requires("phynes-viewer") or ():
        needed, _, condition = (part.strip() for part in entry.partition(";"))
        extra = re.fullmatch(r"extra == ['\"](\w+)['\"]", condition)
        if (not condition or extra) and "[" not in needed and (group := extra[1] if extra else "base") in lists:
            lists[group].append(needed)
    return lists


def _named_version(requirement: str) -> str:
    name = split_requirement(requirement)[0]
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{name} (not installed)"


def _backends() -> Iterator[Finding]:
    try:
        from phynes_core.kernels import registry
    except (ImportError, OSError) as error:
        yield Finding("backends", "engine", BAD, f"cannot be imported: {error}")
        return
    for name in registry.BACKENDS:
        cause = registry.missing_cause(name)
        text = f"{cause}; {registry.remedy(name)}" if cause else "works"
        yield Finding("backends", name, OPTIONAL if cause else GOOD, text)
    import torch

    for device in registry.DEVICES if torch.cuda.is_available() else ("cpu",):
        for operation in registry.OPS:
            best, *others = registry.available(operation, device)
            state = OPTIONAL if best == registry.REFERENCE != registry.candidates(operation, device)[0] else GOOD
            text = best + (f" (also {', '.join(others)})" if others else "")
            yield Finding("backends" if device == "cpu" else "on the GPU", operation, state, text)


def _gpu() -> Iterator[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        yield Finding("GPU", "torch", BAD, f"cannot be imported: {error}")
        return
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        text = f"{torch.cuda.get_device_name()}, {free / 1e9:.0f} of {total / 1e9:.0f} GB free, "
        yield Finding("GPU", "CUDA", GOOD, f"{text}torch {torch.__version__} for CUDA {torch.version.cuda}")
        return
    present = _nvidia_gpu()
    if torch.version.cuda:
        remedy = f"update the driver of {present}" if present else "there is no NVIDIA GPU, or no driver"
    else:
        remedy = f"install torch's CUDA build for {present} (docs/gpu.md)" if present else "no NVIDIA GPU was found"
    build = f"for CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU build"
    yield Finding(
        "GPU", "CUDA", OPTIONAL, f"frames are not computed by CUDA: torch {torch.__version__} is {build}; {remedy}"
    )


def _adapters() -> Iterator[Finding]:
    from phynes_core.kernels.gpu.adapters import report

    for subject, is_good, text in report():
        yield Finding("GPU", subject, GOOD if is_good else OPTIONAL, text)


def _nvidia_gpu() -> str:
    """Name and driver of the first NVIDIA GPU, from nvidia-smi; "" without one."""
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        output = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return output.strip().splitlines()[0] if output.strip() else ""


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
        yield Finding("window", "OpenGL", BAD, f"{one_line(error)}: update the graphics driver")
        return
    yield Finding("window", "OpenGL", GOOD, f"{facts['GL_VERSION']} on {facts['GL_RENDERER']}")


def _video() -> Iterator[Finding]:
    try:
        import imageio_ffmpeg

        program = imageio_ffmpeg.get_ffmpeg_exe()
        command = [program, "-hide_banner", "-encoders"]
        encoders = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S).stdout
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        text = f"{one_line(error)[:100]}: pip install imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE"
        yield Finding("video", "ffmpeg", OPTIONAL, text)
        return
    yield Finding("video", "ffmpeg", GOOD, program)
    for encoder, kind in ENCODERS.items():
        if encoder in encoders:
            yield Finding("video", kind, GOOD, f"written by {encoder}")
        else:
            text = f"this ffmpeg lacks {encoder}: unset IMAGEIO_FFMPEG_EXE, or name another ffmpeg in it"
            yield Finding("video", kind, OPTIONAL, text)


def _bodies() -> Iterator[Finding]:
    """The licensed body of PHYNES_SMPL, read as for an avatar; no pickle is executed."""
    from phynes_core.body.files import load_body
    from phynes_core.errors import PhynesError

    body, uv = os.environ.get("PHYNES_SMPL"), os.environ.get("PHYNES_SMPL_UV")
    if not body:
        yield Finding("bodies", "PHYNES_SMPL", GOOD, "not set: only avatars that were trained on licensed SMPL need it")
    else:
        try:
            read = load_body(Path(body), Path(uv) if uv else None)
        except PhynesError as error:
            yield Finding("bodies", "PHYNES_SMPL", OPTIONAL, one_line(error))
        else:
            text = f"{body}: {len(read.v_template)} vertices, UV from {uv or 'the file, or unwrapped'}"
            yield Finding("bodies", "PHYNES_SMPL", GOOD, text)
    if uv and not Path(uv).is_file():
        yield Finding("bodies", "PHYNES_SMPL_UV", OPTIONAL, f"names {uv}, which is no file")


def _files() -> Iterator[Finding]:
    from app.files.settings import settings_folder
    from phynes_core.io.shipped_files import ASSETS, CHECKPOINTS, SHADERS

    for subject, folder, pattern in (
        ("avatars", CHECKPOINTS, "*.ckpt"),
        ("body", ASSETS / "body", "*.npz"),
        ("environments", ASSETS / "probes", "*.exr"),
        ("motions", ASSETS / "motions", "*.npz"),
        ("fonts", ASSETS / "fonts", "*.ttf"),
        ("shaders", SHADERS / "present", "*.glsl"),
    ):
        names = sorted(path.name.split(".")[0] for path in folder.glob(pattern))
        restored = f"the checkout is incomplete: restore {folder.relative_to(PROJECT).as_posix()}"
        remedy = "train one: python launch.py train -h" if subject == "avatars" else restored
        state = GOOD if names else (OPTIONAL if subject in ("avatars", "motions") else BAD)
        yield Finding("files", subject, state, ", ".join(dict.fromkeys(names)) or remedy)

    for subject, folder, effect in (
        ("kernel cache", _kernel_cache(), "kernels are compiled at every start; set NUMBA_CACHE_DIR"),
        ("settings", settings_folder(), "nothing is remembered between starts; set XDG_CONFIG_HOME"),
    ):
        is_kept = os.access(_nearest(folder), os.W_OK)
        yield Finding(
            "files",
            subject,
            GOOD if is_kept else OPTIONAL,
            f"{folder}" + ("" if is_kept else f" is read-only: {effect}"),
        )
    free_gb = shutil.disk_usage(virtual_environment.PROJECT.root).free / 1e9
    yield Finding("files", "free disk", GOOD if free_gb > 1 else OPTIONAL, f"{free_gb:.0f} GB")


def _kernel_cache() -> Path:
    from phynes_core.kernels import registry

    registry.missing_cause("numba")  # chooses the folder
    return Path(os.environ.get("NUMBA_CACHE_DIR") or virtual_environment.PROJECT.root)


def _nearest(folder: Path) -> Path:
    """The folder, or the closest one above it that exists."""
    return next((path for path in (folder, *folder.parents) if path.exists()), folder)
