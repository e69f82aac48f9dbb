"""Installations that fail or are interrupted are finished by the next start; only one runs at a time."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.bootstrap import system_packages, virtual_environment
from app.bootstrap.virtual_environment import Project
from tests.launch.projects import make_python

ROOT = Path(__file__).resolve().parents[2]


def test_a_failed_installation_writes_no_marker_and_is_continued(project, commands, lists, monkeypatch):
    def failing(command):
        if "venv" in command:
            make_python(project)
        return int("pip" in command)

    monkeypatch.setattr(virtual_environment, "_run", failing)
    with pytest.raises(system_packages.SetupError, match="exit code 1"):
        virtual_environment.install(project, lists, [])
    assert not virtual_environment.is_complete(project, lists)
    monkeypatch.undo()
    monkeypatch.setattr(virtual_environment, "_run", lambda command: commands.append(list(command)) or 0)
    virtual_environment.install(project, lists, [])
    assert "pip" in commands[-1]
    assert virtual_environment.is_complete(project, lists)
    assert not any("venv" in command for command in commands)  # the half-filled one is kept and filled


def test_an_interrupted_installation_says_that_the_next_start_finishes_it(project, commands, lists, monkeypatch):
    def interrupted(command):
        raise KeyboardInterrupt

    monkeypatch.setattr(virtual_environment, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt, match="next start finishes"):
        virtual_environment.install(project, lists, [])
    assert not virtual_environment.is_complete(project, lists)


def test_packages_that_were_copied_partly_are_installed_again(project, commands, lists):
    make_python(project)
    packages = project.venv / "lib/python3.11/site-packages"
    for name, is_whole in (("whole-1.0.dist-info", True), ("cut-1.0.dist-info", False)):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").write_text("Name: x\n")
        if is_whole:
            (packages / name / "RECORD").write_text("")
    virtual_environment.install(project, lists, [])
    assert sorted(path.name for path in packages.iterdir()) == ["whole-1.0.dist-info"]


def test_a_broken_environment_is_created_again(project, commands, lists):
    project.python.parent.mkdir(parents=True)
    project.python.symlink_to("/nowhere/python")
    virtual_environment.install(project, lists, [])
    assert commands[0][1:4] == ["-m", "venv", "--clear"]


def test_pip_is_installed_into_an_environment_without_it(project, commands, lists, monkeypatch):
    make_python(project)
    monkeypatch.setattr(virtual_environment, "_answers", lambda project, program: program == "import sys")
    virtual_environment.install(project, lists, [])
    assert commands[0][1:3] == ["-m", "ensurepip"]


def test_a_package_that_is_missing_after_the_installation_is_an_error_and_no_loop(project, commands, monkeypatch):
    monkeypatch.setenv(virtual_environment.RELAUNCHED, "1")
    with pytest.raises(system_packages.SetupError, match="still lacks nowhere-to-be-found"):
        virtual_environment.ensure("render", [], project)
    assert virtual_environment.RELAUNCHED not in os.environ


def test_two_starts_do_not_install_at_the_same_time(project, tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from app.bootstrap.virtual_environment import Project, locked\n"
        "with locked(Project(Path(sys.argv[1]))):\n"
        "    print('in', flush=True); time.sleep(0.4); print('out', flush=True)\n"
    )
    log = tmp_path / "log"
    with log.open("w") as out:
        call = [sys.executable, "-c", program, str(tmp_path)]
        running = [subprocess.Popen(call, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        errors = [process.communicate(timeout=60)[1] for process in running]
    assert log.read_text().split() == ["in", "out", "in", "out"]
    assert sum("another start is installing" in text for text in errors) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows frees the lock with its holder")
def test_the_lock_of_a_killed_start_is_held_until_its_pip_ends(project, tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from app.bootstrap import virtual_environment\n"
        "with virtual_environment.locked(virtual_environment.Project(Path(sys.argv[1]))):\n"
        "    print('in', flush=True)\n"
        "    virtual_environment._run([sys.executable, '-c', 'import time; time.sleep(1.0)'])\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"in\n"
    time.sleep(0.3)  # its child is running by now
    holder.kill()
    holder.wait()
    started = time.monotonic()
    with virtual_environment.locked(project):
        waited = time.monotonic() - started
    assert waited > 0.2


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    absent = Project(tmp_path / "absent")
    with (
        pytest.raises(system_packages.SetupError, match="absent: cannot be written"),
        virtual_environment.locked(absent),
    ):
        pass


def test_a_damaged_marker_counts_as_unfinished(project, lists):
    make_python(project)
    for text in ("", "[]", "{", json.dumps({"base": 3})):
        project.marker.write_text(text)
        assert not virtual_environment.is_complete(project, lists)
