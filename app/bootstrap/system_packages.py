"""System libraries and programs that pip cannot install: which are missing here, and the command that installs them.

Standard library only: launch.py asks before any package is installed.
"""

import ctypes.util
import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from phynes_core.errors import PhynesError


class SetupError(PhynesError):
    """Something that is missing on this machine; the message holds the command that installs it."""


@dataclass(frozen=True)
class SystemPackage:
    """A Debian package, and how to check on any Linux whether its content is present."""

    debian: str
    library: str = ""  # as the linker's -l takes it
    program: str = ""
    files: tuple[str, ...] = ()  # glob patterns, any of them

    def is_present(self) -> bool:
        """Whether this machine has it; always True on other systems than Linux, which bring their own."""
        if not sys.platform.startswith("linux"):
            return True
        if self.library:
            return ctypes.util.find_library(self.library) is not None
        if self.program:
            return shutil.which(self.program) is not None
        return any(glob.glob(pattern) for pattern in self.files)


VIEWER_PACKAGES = (SystemPackage("libgl1", library="GL"), SystemPackage("libegl1", library="EGL"))
TEST_PACKAGES = (
    *VIEWER_PACKAGES,
    SystemPackage("libgl1-mesa-dri", files=("/usr/lib/*/dri/*_dri.so", "/usr/lib64/dri/*_dri.so")),
    SystemPackage("mesa-vulkan-drivers", files=("/usr/share/vulkan/icd.d/lvp_icd*.json",)),
    SystemPackage("libvulkan1", library="vulkan"),
    SystemPackage("xvfb", program="Xvfb"),
    SystemPackage("xauth", program="xauth"),
    SystemPackage("xdotool", program="xdotool"),
    SystemPackage("openbox", program="openbox"),
    SystemPackage("x11-utils", program="xprop"),
    SystemPackage("imagemagick", program="import"),
    SystemPackage("chromium", program="chromium"),
)


def missing_packages(packages: Sequence[SystemPackage]) -> list[str]:
    """Debian names of the packages that are missing here."""
    return [package.debian for package in packages if not package.is_present()]


def missing_venv_package() -> str | None:
    """The Debian package that holds venv and ensurepip, which Debian splits off Python; None where they are present."""
    from importlib.util import find_spec

    if find_spec("venv") and find_spec("ensurepip"):
        return None
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"


def install_line(names: Sequence[str]) -> str:
    """The command that installs these packages."""
    sudo = "" if is_root() else "sudo "
    return f"{sudo}apt-get install -y {' '.join(names)}"


def is_root() -> bool:
    """Whether apt may be called without sudo."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def can_install() -> bool:
    """Whether this process may install Debian packages itself."""
    return is_root() and shutil.which("apt-get") is not None


def install_packages(names: Sequence[str]) -> bool:
    """Install Debian packages through apt, its output on stderr; False when apt failed."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *names]):
        print("+ " + " ".join(command), file=sys.stderr, flush=True)
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    return done.returncode == 0
