"""A project to install, and a Python that stands in for its environment's."""

import sys

from app.bootstrap.virtual_environment import Project

PYPROJECT = """
[project]
name = "phynes-viewer"
dependencies = ["numpy>=1.0", "nowhere-to-be-found>=2.1,<3"]
[project.optional-dependencies]
synthetic = ["rarely-needed==1.5"]
test = ["phynes-viewer[synthetic]", "also-missing"]
"""


def make_python(project: Project) -> None:
    project.python.parent.mkdir(parents=True, exist_ok=True)
    project.python.unlink(missing_ok=True)
    project.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    project.python.chmod(0o755)
