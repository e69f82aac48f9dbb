"""--device: CUDA by name or where it works, and an error of one line where it does not."""

import logging

import pytest
import torch

from app.commands import render
from app.options.arguments import UsageError
from app.options.backends import BackendOptions, chosen_device


@pytest.fixture
def gpu(monkeypatch):
    """A torch that reports a GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_auto_takes_the_gpu_and_logs_it(gpu, caplog):
    with caplog.at_level(logging.INFO, logger="app.options.backends"):
        assert chosen_device(BackendOptions()) == torch.device("cuda", 0)
    assert caplog.messages == ["device: cuda:0 (a GPU)"]


def test_auto_takes_the_cpu_for_a_backend_that_runs_there_only(gpu):
    assert chosen_device(BackendOptions(backend="numba")).type == "cpu"
    assert chosen_device(BackendOptions(backend="warp")).type == "cuda"


def test_the_cpu_is_taken_by_name_or_without_a_gpu(gpu, monkeypatch):
    assert chosen_device(BackendOptions(device="cpu")).type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert chosen_device(BackendOptions()).type == "cpu"


def test_cuda_without_a_gpu_is_refused_in_one_line_and_writes_nothing(no_gpu, tmp_path):
    out = tmp_path / "frames"
    with pytest.raises(UsageError, match=r"^--device cuda: torch .*; leave --device out to compute on the CPU$"):
        render.run(render.Render(avatar=("josh",), out=out, device="cuda"))
    assert not out.exists()
