"""A project whose installation commands are recorded instead of run."""

from pathlib import Path

import pytest

from app.bootstrap import requirements, virtual_environment
from app.bootstrap.virtual_environment import Project
from tests.launch.projects import PYPROJECT, make_python


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "constraints.txt").write_text("numpy==2.0\n")
    return Project(tmp_path)


@pytest.fixture
def lists(project: Project) -> dict[str, list[str]]:
    return requirements.requirement_lists(project.root, ("base",))


@pytest.fixture
def commands(project: Project, monkeypatch) -> list[list[str]]:
    """The recorded commands of an installation: venv makes a Python, pip succeeds."""
    run: list[list[str]] = []

    def fake(command):
        run.append(list(command))
        if "venv" in command:
            make_python(project)
        return 0

    monkeypatch.setattr(virtual_environment, "_run", fake)
    return run
