"""The packages that a command needs: read from pyproject.toml, found or missing, installed once."""

import os
from pathlib import Path

from app.bootstrap import requirements, virtual_environment

ROOT = Path(__file__).resolve().parents[2]


def test_requirements_of_a_command_include_the_extras_it_names(project):
    lists = requirements.requirement_lists(project.root, ("base", "test"))
    assert lists == {
        "base": ["numpy>=1.0", "nowhere-to-be-found>=2.1,<3"],
        "test": ["also-missing"],
        "synthetic": ["rarely-needed==1.5"],
    }


def test_the_extras_of_every_command_exist():
    names = set(requirements.EXTRAS)
    commands = {path.stem for path in (ROOT / "app/commands").glob("*.py")}
    assert names <= commands
    for extras in requirements.EXTRAS.values():
        requirements.requirement_lists(virtual_environment.PROJECT.root, extras)


def test_missing_and_outdated_packages_are_named(monkeypatch):
    versions = {"old": "1.9.2", "new": "2.10.0+cpu", "exact": "1.5", "late": "4.4.0.post1"}

    def version(name):
        if name not in versions:
            raise requirements.importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(requirements.importlib.metadata, "version", version)
    wanted = [
        "old>=1.10",
        "new[extra]>=2.9,<3",
        "exact==1.5.0",
        "late>=4.4",
        "absent>=1",
        "new>=2.10.1",
        "other; os=='x'",
    ]
    assert requirements.missing(wanted) == [
        "old>=1.10 (found 1.9.2)",
        "absent>=1",
        "new>=2.10.1 (found 2.10.0+cpu)",
    ]


def test_a_complete_environment_is_used_unchanged(project, commands, monkeypatch):
    (project.root / "pyproject.toml").write_text('[project]\nname = "phynes-viewer"\ndependencies = ["numpy>=1.0"]\n')
    virtual_environment.ensure("render", ["render"], project)
    assert commands == []
    assert not project.venv.exists()


def test_missing_packages_are_installed_from_the_pins_and_the_program_restarts(project, commands, monkeypatch):
    restarts = []
    monkeypatch.setattr(os, "execve", lambda *call: restarts.append(call))
    monkeypatch.setenv("PHYNES_PIP_ARGS", "--proxy 'http://somewhere:1'")
    virtual_environment.ensure("render", ["render", "--out", "a b"], project)
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
    assert variables[virtual_environment.RELAUNCHED] == "1"


def test_a_finished_installation_is_not_repeated(project, commands, lists, monkeypatch):
    monkeypatch.setattr(os, "execve", lambda *call: None)
    virtual_environment.ensure("render", [], project)
    done = len(commands)
    virtual_environment.ensure("render", [], project)
    assert len(commands) == done
    assert virtual_environment.is_complete(project, lists)


def test_new_pins_and_new_extras_are_installed_into_the_same_environment(project, commands, monkeypatch):
    monkeypatch.setattr(os, "execve", lambda *call: None)
    virtual_environment.ensure("render", [], project)
    virtual_environment.ensure("synthesize", [], project)
    assert commands[-1][-1] == "rarely-needed==1.5"
    project.constraints.write_text("numpy==2.1\n")
    virtual_environment.ensure("render", [], project)
    assert [command[1:3] for command in commands] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"], ["-m", "pip"]]


def test_installing_one_group_keeps_the_marks_of_the_others(project, commands, lists):
    with_extra = requirements.requirement_lists(project.root, ("base", "synthetic"))
    virtual_environment.install(project, with_extra, [])
    virtual_environment.install(project, lists, [])
    assert virtual_environment.is_complete(project, with_extra)
