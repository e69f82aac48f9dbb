"""The start from a bare Python: what is missing is seen, installed once, and finished after an interruption."""

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import environment, system_packages
from app.environment import Project

ROOT = Path(__file__).resolve().parents[1]

PYPROJECT = """
[project]
name = "phynes-viewer"
dependencies = ["numpy>=1.0", "nowhere-to-be-found>=2.1,<3"]
[project.optional-dependencies]
synthetic = ["rarely-needed==1.5"]
test = ["phynes-viewer[synthetic]", "also-missing"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "constraints.txt").write_text("numpy==2.0\n")
    return Project(tmp_path)


@pytest.fixture
def lists(project: Project) -> dict[str, list[str]]:
    return environment.requirement_lists(project, ("base",))


@pytest.fixture
def commands(project: Project, monkeypatch) -> list[list[str]]:
    """Commands that an installation runs, in place of running them: venv makes a Python, pip succeeds."""
    run: list[list[str]] = []

    def fake(command):
        run.append(list(command))
        if "venv" in command:
            make_python(project)
        return 0

    monkeypatch.setattr(environment, "_run", fake)
    return run


def make_python(project: Project) -> None:
    project.python.parent.mkdir(parents=True, exist_ok=True)
    project.python.unlink(missing_ok=True)
    project.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    project.python.chmod(0o755)


def test_requirements_of_a_command_include_the_extras_it_names(project):
    lists = environment.requirement_lists(project, ("base", "test"))
    assert lists == {
        "base": ["numpy>=1.0", "nowhere-to-be-found>=2.1,<3"],
        "test": ["also-missing"],
        "synthetic": ["rarely-needed==1.5"],
    }


def test_the_extras_of_every_command_exist():
    names = set(environment.EXTRAS)
    commands = {path.stem for path in (ROOT / "app/commands").glob("*.py")}
    assert names <= commands
    for extras in environment.EXTRAS.values():
        environment.requirement_lists(environment.PROJECT, extras)


def test_missing_and_outdated_packages_are_named(monkeypatch):
    versions = {"old": "1.9.2", "new": "2.10.0+cpu", "exact": "1.5", "late": "4.4.0.post1"}

    def version(name):
        if name not in versions:
            raise environment.importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(environment.importlib.metadata, "version", version)
    wanted = [
        "old>=1.10",
        "new[extra]>=2.9,<3",
        "exact==1.5.0",
        "late>=4.4",
        "absent>=1",
        "new>=2.10.1",
        "other; os=='x'",
    ]
    assert environment.missing(wanted) == ["old>=1.10 (found 1.9.2)", "absent>=1", "new>=2.10.1 (found 2.10.0+cpu)"]


def test_an_environment_that_has_everything_is_used_as_it_is(project, commands, monkeypatch):
    (project.root / "pyproject.toml").write_text('[project]\nname = "phynes-viewer"\ndependencies = ["numpy>=1.0"]\n')
    environment.ensure("render", ["render"], project)
    assert commands == []
    assert not project.venv.exists()


def test_missing_packages_are_installed_from_the_pins_and_the_program_restarts(project, commands, monkeypatch):
    restarts = []
    monkeypatch.setattr(os, "execve", lambda *call: restarts.append(call))
    monkeypatch.setenv("PHYNES_PIP_ARGS", "--proxy 'http://somewhere:1'")
    environment.ensure("render", ["render", "--out", "a b"], project)
    venv, pip = commands
    assert venv[1:] == ["-m", "venv", "--clear", str(project.venv)]
    assert pip[:4] == [str(project.python), "-m", "pip", "install"]
    assert pip[pip.index("-c") + 1] == str(project.constraints)
    assert pip[-4:] == ["--proxy", "http://somewhere:1", "numpy>=1.0", "nowhere-to-be-found>=2.1,<3"]
    program, argv, variables = restarts[0]
    assert [program, argv] == [
        str(project.python),
        [program, str(project.root / "launch.py"), "render", "--out", "a b"],
    ]
    assert variables[environment.RELAUNCHED] == "1"


def test_a_finished_installation_is_not_repeated(project, commands, lists, monkeypatch):
    monkeypatch.setattr(os, "execve", lambda *call: None)
    environment.ensure("render", [], project)
    done = len(commands)
    environment.ensure("render", [], project)
    assert len(commands) == done
    assert environment.is_complete(project, lists)


def test_new_pins_and_new_extras_are_installed_into_the_same_environment(project, commands, monkeypatch):
    monkeypatch.setattr(os, "execve", lambda *call: None)
    environment.ensure("render", [], project)
    environment.ensure("synthesize", [], project)
    assert commands[-1][-1] == "rarely-needed==1.5"
    project.constraints.write_text("numpy==2.1\n")
    environment.ensure("render", [], project)
    assert [command[1:3] for command in commands] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"], ["-m", "pip"]]


def test_installing_one_extra_remembers_the_others(project, commands, lists):
    with_extra = environment.requirement_lists(project, ("base", "synthetic"))
    environment.install(project, with_extra, [])
    environment.install(project, lists, [])
    assert environment.is_complete(project, with_extra)


def test_a_failed_installation_leaves_no_marker_and_is_taken_up_again(project, commands, lists, monkeypatch):
    def failing(command):
        if "venv" in command:
            make_python(project)
        return int("pip" in command)

    monkeypatch.setattr(environment, "_run", failing)
    with pytest.raises(system_packages.SetupError, match="exit code 1"):
        environment.install(project, lists, [])
    assert not environment.is_complete(project, lists)
    monkeypatch.undo()
    monkeypatch.setattr(environment, "_run", lambda command: commands.append(list(command)) or 0)
    environment.install(project, lists, [])
    assert "pip" in commands[-1]
    assert environment.is_complete(project, lists)
    assert not any("venv" in command for command in commands)  # the half-filled one is kept and filled


def test_an_interrupted_installation_says_that_the_next_start_finishes_it(project, commands, lists, monkeypatch):
    def interrupted(command):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt, match="next start finishes"):
        environment.install(project, lists, [])
    assert not environment.is_complete(project, lists)


def test_packages_whose_copying_was_cut_short_are_installed_again(project, commands, lists):
    make_python(project)
    packages = project.venv / "lib/python3.11/site-packages"
    for name, is_whole in (("whole-1.0.dist-info", True), ("cut-1.0.dist-info", False)):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").write_text("Name: x\n")
        if is_whole:
            (packages / name / "RECORD").write_text("")
    environment.install(project, lists, [])
    assert sorted(path.name for path in packages.iterdir()) == ["whole-1.0.dist-info"]


def test_a_broken_environment_is_made_anew(project, commands, lists):
    project.python.parent.mkdir(parents=True)
    project.python.symlink_to("/nowhere/python")
    environment.install(project, lists, [])
    assert commands[0][1:4] == ["-m", "venv", "--clear"]


def test_an_environment_made_without_pip_gets_it(project, commands, lists, monkeypatch):
    make_python(project)
    monkeypatch.setattr(environment, "_answers", lambda project, program: program == "import sys")
    environment.install(project, lists, [])
    assert commands[0][1:3] == ["-m", "ensurepip"]


def test_a_package_that_is_missing_after_installing_ends_in_one_line_not_in_a_loop(project, commands, monkeypatch):
    monkeypatch.setenv(environment.RELAUNCHED, "1")
    with pytest.raises(system_packages.SetupError, match="still lacks nowhere-to-be-found"):
        environment.ensure("render", [], project)
    assert environment.RELAUNCHED not in os.environ


def test_two_starts_do_not_install_at_the_same_time(project, tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from app.environment import Project, locked\n"
        "with locked(Project(Path(sys.argv[1]))):\n"
        "    print('in', flush=True); time.sleep(0.4); print('out', flush=True)\n"
    )
    log = tmp_path / "log"
    with log.open("w") as out:
        call = [sys.executable, "-c", program, str(tmp_path)]
        running = [subprocess.Popen(call, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        said = [process.communicate(timeout=60)[1] for process in running]
    assert log.read_text().split() == ["in", "out", "in", "out"]
    assert sum("another start is installing" in text for text in said) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows frees the lock with its holder")
def test_the_lock_outlives_a_killed_start_as_long_as_its_pip_runs(project, tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from app import environment\n"
        "with environment.locked(environment.Project(Path(sys.argv[1]))):\n"
        "    print('in', flush=True)\n"
        "    environment._run([sys.executable, '-c', 'import time; time.sleep(1.0)'])\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"in\n"
    time.sleep(0.3)  # its child is running by now
    holder.kill()
    holder.wait()
    started = time.monotonic()
    with environment.locked(project):
        waited = time.monotonic() - started
    assert waited > 0.2


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    absent = Project(tmp_path / "absent")
    with pytest.raises(system_packages.SetupError, match="absent: cannot be written"), environment.locked(absent):
        pass


def test_a_python_without_venv_is_told_the_package_before_anything_is_made(project, commands, monkeypatch):
    monkeypatch.setattr(system_packages, "missing_venv_package", lambda: "python3.11-venv")
    monkeypatch.setattr(system_packages, "missing_packages", lambda packages: [])
    monkeypatch.setattr(system_packages, "is_root", lambda: False)
    with pytest.raises(system_packages.SetupError, match=r"sudo apt-get install -y python3\.11-venv"):
        environment.ensure("render", [], project)
    assert commands == [] and not project.venv.exists()


@pytest.mark.parametrize("command", ["view", "render"])
def test_only_the_viewer_insists_on_gl_libraries(project, commands, monkeypatch, command, capsys):
    monkeypatch.setattr(os, "execve", lambda *call: None)
    monkeypatch.setattr(system_packages, "missing_venv_package", lambda: None)
    monkeypatch.setattr(system_packages, "missing_packages", lambda packages: ["libgl1", "libegl1"])
    if command == "view":
        with pytest.raises(system_packages.SetupError, match="apt-get install -y libgl1 libegl1"):
            environment.ensure(command, [], project)
        assert commands == []
    else:
        environment.ensure(command, [], project)
        assert "libgl1 libegl1" in capsys.readouterr().err


def test_a_python_too_new_for_the_pins_is_refused_before_downloading(project, commands, monkeypatch):
    monkeypatch.setattr(environment, "NEWEST_PYTHON", (3, 10))
    with pytest.raises(system_packages.SetupError, match="3.11, 3.12 and 3.13"):
        environment.ensure("render", [], project)
    assert commands == []


def test_an_older_python_gets_one_line_that_names_its_version():
    pretend = "import runpy, sys; sys.version_info, sys.version = (3, 8, 18, 'final', 0), '3.8.18 (old)'"
    program = f"{pretend}; runpy.run_path('launch.py', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "3.8.18" in result.stderr and "3.11, 3.12 or 3.13" in result.stderr


def test_an_older_python_can_read_the_file_as_far_as_that_line():
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


def test_the_start_is_quick_where_everything_is_installed():
    """No time is asserted: the probe must not import what it looks for."""
    program = (
        "import sys; from app import environment\n"
        "lists = environment.requirement_lists(environment.PROJECT, ('base',))\n"
        "environment.missing(lists['base'])\n"
        "print(*(name for name in ('torch', 'numpy', 'numba', 'moderngl') if name in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_a_damaged_marker_counts_as_unfinished(project, lists):
    make_python(project)
    for text in ("", "[]", "{", json.dumps({"base": 3})):
        project.marker.write_text(text)
        assert not environment.is_complete(project, lists)
