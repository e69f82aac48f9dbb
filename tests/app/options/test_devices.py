"""What --device means: CUDA by name or when it is there, and one plain line when it is not."""

import logging

import pytest
import torch

from app.commands import render
from app.options.arguments import UsageError
from app.options.backends import BackendOptions, chosen_device


@pytest.fixture
def gpu(monkeypatch):
    """As if torch had found one."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_auto_takes_the_gpu_and_says_so(gpu, caplog):
    with caplog.at_level(logging.INFO, logger="app.options.backends"):
        assert chosen_device(BackendOptions()) == torch.device("cuda", 0)
    assert caplog.messages == ["device: cuda:0 (a GPU)"]


def test_auto_takes_the_cpu_for_a_backend_of_the_cpu(gpu):
    assert chosen_device(BackendOptions(backend="numba")).type == "cpu"
    assert chosen_device(BackendOptions(backend="warp")).type == "cuda"


def test_the_cpu_by_name_or_for_want_of_a_gpu(gpu, monkeypatch):
    assert chosen_device(BackendOptions(device="cpu")).type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert chosen_device(BackendOptions()).type == "cpu"


def test_cuda_without_a_gpu_is_one_line_and_leaves_nothing(no_gpu, tmp_path):
    out = tmp_path / "frames"
    with pytest.raises(UsageError, match=r"^--device cuda: torch .*; leave --device out to compute on the CPU$"):
        render.run(render.Render(avatar=("josh",), out=out, device="cuda"))
    assert not out.exists()
