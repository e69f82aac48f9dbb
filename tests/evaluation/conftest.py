"""The training tests' tiny capture, whose answer is known."""

import importlib.util
from pathlib import Path

import pytest


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
