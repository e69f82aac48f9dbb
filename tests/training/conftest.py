"""One tiny capture for all tests of this folder."""

import importlib.util
from pathlib import Path

import pytest
import torch


def tiny_capture_module():
    path = Path(__file__).with_name("tiny_capture.py")
    spec = importlib.util.spec_from_file_location("tiny_capture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Notes:
    """A progress that remembers what was said."""

    def __init__(self):
        self.said = []

    def start(self, title, step, steps):
        pass

    def advance(self, step, terms):
        pass

    def note(self, text):
        self.said.append(text)


class Killed(BaseException):
    """A run that is stopped in the middle of a step, as by kill -9."""


def kill_at(monkeypatch, kind, at):
    """Stop a run when a stage begins its step `at`."""
    original = kind.step

    def step(self, number):
        if number == at:
            raise Killed
        return original(self, number)

    monkeypatch.setattr(kind, "step", step)


@pytest.fixture(autouse=True)
def torch_as_before():
    """Training sets torch's threads and asks for determinism; the next test finds what was there."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory):
    return tiny_capture_module().write_tiny_capture(tmp_path_factory.mktemp("tiny"), size=64)


@pytest.fixture
def tiny(tiny_root):
    from phynes_core.data.native.reader import load_capture

    return load_capture(tiny_root)
