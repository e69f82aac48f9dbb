"""The training tests' tiny capture, whose answer is known."""

import importlib.util
from pathlib import Path

import pytest

from phynes_core.io.shipped_files import ASSETS
from tests.evaluation.inspected_moments import some_moments
from tests.evaluation.moving_capture import write_moving_capture


@pytest.fixture(scope="session")
def tiny_module():
    path = Path(__file__).parents[1] / "training" / "tiny_capture.py"
    spec = importlib.util.spec_from_file_location("tiny_capture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory, tiny_module):
    return tiny_module.write_tiny_capture(tmp_path_factory.mktemp("tiny"), size=64)


@pytest.fixture(scope="session")
def moving_root(tmp_path_factory):
    """A person who walks and turns before four cameras; copy it before you change it."""
    return write_moving_capture(tmp_path_factory.mktemp("moving") / "moving")


@pytest.fixture(scope="session")
def moving(moving_root):
    return some_moments(moving_root, 6)


@pytest.fixture(scope="session")
def josh():
    return some_moments(ASSETS / "captures" / "josh_256", 10)
