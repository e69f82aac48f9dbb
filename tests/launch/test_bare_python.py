"""The start with a bare Python: what is missing is reported before anything is made; help needs no packages."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.bootstrap import system_packages, virtual_environment

ROOT = Path(__file__).resolve().parents[2]


def test_a_python_without_venv_is_refused_with_the_package_before_anything_is_made(project, commands, monkeypatch):
    monkeypatch.setattr(system_packages, "missing_venv_package", lambda: "python3.11-venv")
    monkeypatch.setattr(system_packages, "missing_packages", lambda packages: [])
    monkeypatch.setattr(system_packages, "is_root", lambda: False)
    with pytest.raises(system_packages.SetupError, match=r"sudo apt-get install -y python3\.11-venv"):
        virtual_environment.ensure("render", [], project)
    assert commands == [] and not project.venv.exists()


@pytest.mark.parametrize("command", ["view", "render"])
def test_only_the_viewer_requires_gl_libraries(project, commands, monkeypatch, command, capsys):
    monkeypatch.setattr(os, "execve", lambda *call: None)
    monkeypatch.setattr(system_packages, "missing_venv_package", lambda: None)
    monkeypatch.setattr(system_packages, "missing_packages", lambda packages: ["libgl1", "libegl1"])
    if command == "view":
        with pytest.raises(system_packages.SetupError, match="apt-get install -y libgl1 libegl1"):
            virtual_environment.ensure(command, [], project)
        assert commands == []
    else:
        virtual_environment.ensure(command, [], project)
        assert "libgl1 libegl1" in capsys.readouterr().err


def test_a_python_too_new_for_the_pins_is_refused_before_downloading(project, commands, monkeypatch):
    monkeypatch.setattr(virtual_environment, "NEWEST_PYTHON", (3, 10))
    with pytest.raises(system_packages.SetupError, match="3.11, 3.12 and 3.13"):
        virtual_environment.ensure("render", [], project)
    assert commands == []


def test_an_older_python_gets_one_line_that_names_its_version():
    pretend = "import runpy, sys; sys.version_info, sys.version = (3, 8, 18, 'final', 0), '3.8.18 (old)'"
    program = f"{pretend}; runpy.run_path('launch.py', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "3.8.18" in result.stderr and "3.11, 3.12 or 3.13" in result.stderr


def test_an_older_python_can_parse_launch_and_reaches_that_line():
    source = (ROOT / "launch.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 4))
    assert source.index("from app") > source.index("sys.exit(2)")


def test_the_list_of_commands_needs_no_packages(tmp_path):
    """A Python without any package prints the help and corrects a typing error, and installs nothing."""
    for name in ("launch.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=ignore)
    shutil.copytree(ROOT / "phynes_core", tmp_path / "phynes_core", ignore=ignore)
    bare = [sys.executable, "-I", "-S", "-c"]
    start = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from app.cli import launch; sys.exit(launch(sys.argv[1:]))"
    )
    shown = subprocess.run([*bare, start, "-h"], capture_output=True, text=True, check=False)
    assert shown.returncode == 0 and "render" in shown.stdout
    wrong = subprocess.run([*bare, start, "rendr"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and "did you mean render?" in wrong.stderr
    assert not (tmp_path / ".venv").exists()


def test_checking_the_requirements_imports_no_package():
    """So that the start is quick where everything is installed."""
    program = (
        "import sys; from app.bootstrap import requirements, virtual_environment\n"
        "lists = requirements.requirement_lists(virtual_environment.PROJECT.root, ('base',))\n"
        "requirements.missing(lists['base'])\n"
        "print(*(name for name in ('torch', 'numpy', 'numba', 'moderngl') if name in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
