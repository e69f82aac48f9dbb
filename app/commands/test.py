"""Run every test and check of the project, after installing what they need.

Python packages are installed into .venv before this starts. On Debian as root, missing system packages are installed by
apt; without root they are named, and the tests that need them are listed as skipped at the end. Where npm is there, it
brings the judges of exported files into tests/node. One process more than cores runs them all,
a single one some tests alone.

examples:
  python launch.py test
  python launch.py test --soak                    also the tests that take many minutes
  python launch.py test tests/render -k furnace   some tests, without the style and type checks
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from app.bootstrap import system_packages
from app.options.arguments import UsageError
from phynes_core.io.shipped_files import IS_INSTALLED

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "pyright": ("pyright",),
}
# One process more than cores, of some 1.5 GB each, for many tests wait for windows and browsers; one that has run out
# of tests takes some of another's, in the files' order.
PARALLEL = ["--numprocesses", str(min(4, (os.cpu_count() or 1) + 1)), "--dist", "worksteal"]


@dataclass(frozen=True)
class Test:
    """Options of `test`."""

    paths: tyro.conf.Positional[tuple[str, ...]] = ()
    """Test files or folders; everything when left out."""
    soak: bool = False
    """Also run the tests marked soak."""
    select: Annotated[str, tyro.conf.arg(aliases=["-k"])] = ""
    """Only tests whose names match this pytest expression."""
    exitfirst: Annotated[bool, tyro.conf.arg(aliases=["-x"])] = False
    """Stop at the first failure."""


def run(args: Test) -> int:
    if IS_INSTALLED:
        raise UsageError("test: the tests are not in the installed package; clone the project and start launch.py test")
    lacking = _bring_system_packages()
    _bring_node_packages()
    is_partial = bool(args.paths or args.select)
    failed = [] if is_partial else [name for name, command in CHECKS.items() if _run(name, command)]
    command = ["pytest", *(args.paths or ["tests"])]
    command += [] if is_partial else PARALLEL
    command += ["--soak"] if args.soak else []
    command += ["-x"] if args.exitfirst else []
    command += ["-k", args.select] if args.select else []
    # tests/conftest.py prints both in its summary at the end.
    notes = {
        "PHYNES_FAILED_CHECKS": ", ".join(failed),
        "PHYNES_LACKING": f"{' '.join(lacking)}: {system_packages.install_line(lacking)}" if lacking else "",
    }
    code = _run("pytest", command, notes)
    return code or int(bool(failed))


def _bring_system_packages() -> list[str]:
    """Install missing system packages where possible; returns Debian's names of those that are still missing."""
    lacking = system_packages.missing_packages(system_packages.TEST_PACKAGES)
    if lacking and system_packages.can_install():
        system_packages.install_packages(lacking)
        lacking = system_packages.missing_packages(system_packages.TEST_PACKAGES)
    return lacking


def _bring_node_packages() -> None:
    """Install what tests/node/package.json pins, where npm is there; the tests that need it are skipped elsewhere."""
    npm, folder = shutil.which("npm"), ROOT / "tests" / "node"
    wanted, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if npm is None or (installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime):
        return
    print("\n== npm ci", flush=True)
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=False)


def _run(title: str, command: tuple[str, ...] | list[str], variables: dict[str, str] | None = None) -> int:
    print(f"\n== {title}", flush=True)
    module = [sys.executable, "-m", *command]
    return subprocess.run(module, cwd=ROOT, env=os.environ | (variables or {}), check=False).returncode
