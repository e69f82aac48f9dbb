"""--device gpu and --gpu-adapter: what is taken, and errors of one line where it cannot be."""

import pytest
import torch

from app.commands import render
from app.options.arguments import UsageError
from app.options.backends import BackendOptions, chosen_device
from phynes_core.errors import BackendError
from phynes_core.kernels.gpu import adapters as found
from phynes_core.kernels.gpu import device as opened
from phynes_core.kernels.gpu.adapters import NEEDED, Adapter, chosen_adapter
from phynes_core.kernels.gpu.device import GpuError


class Handle:
    """What wgpu offers of an adapter."""

    def __init__(self, **limits):
        self.limits, self.features = NEEDED | limits, ()

    def request_device_sync(self, **_):
        raise RuntimeError("the driver\nfell over")


def adapter(name, kind="DiscreteGPU", **limits):
    return Adapter(name, "driver 1.0", "Vulkan", kind, Handle(**limits))


@pytest.fixture
def machine(monkeypatch):
    """A machine with these adapters and no CUDA."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(found, "missing_wgpu", lambda: "")

    def having(*adapters):
        monkeypatch.setattr(found, "adapters", lambda: adapters)

    return having


def test_a_software_adapter_is_taken_only_when_it_is_named(machine):
    machine(adapter("llvmpipe", "CPU"))
    assert chosen_device(BackendOptions()) == torch.device("cpu")
    with pytest.raises(
        BackendError, match="^--device gpu: expected a GPU, got only 'llvmpipe' .software.; name it with"
    ):
        chosen_device(BackendOptions(device="gpu"))
    assert chosen_adapter("LLVM").name == "llvmpipe"


def test_an_adapter_that_does_not_exist_lists_those_that_do(machine):
    machine(adapter("Radeon 780M"), adapter("llvmpipe", "CPU"))
    with pytest.raises(BackendError, match="expected one of 'Radeon 780M', 'llvmpipe' .software., got 'arc'$"):
        chosen_device(BackendOptions(gpu_adapter="arc"))
    machine()
    with pytest.raises(
        BackendError, match="^--gpu-adapter: expected an adapter, but this machine has none, got 'arc'$"
    ):
        chosen_device(BackendOptions(gpu_adapter="arc"))
    with pytest.raises(BackendError, match="^--device gpu: expected a GPU, got no driver for Vulkan"):
        chosen_device(BackendOptions(device="gpu"))


def test_limits_that_are_too_small_are_told(machine):
    machine(adapter("old", **{"max-storage-buffers-per-shader-stage": 4}))
    with pytest.raises(BackendError, match="limits of 'old' are too small .max-storage-buffers-per-shader-stage 4 of"):
        chosen_device(BackendOptions(device="gpu"))
    assert chosen_device(BackendOptions()) == torch.device("cpu")


def test_a_driver_that_fails_ends_in_one_line_and_auto_goes_on(machine):
    machine(adapter("Arc"))
    with pytest.raises(GpuError, match="^--device gpu: 'Arc' cannot be opened .the driver fell over.; leave --device"):
        chosen_device(BackendOptions(device="gpu"))
    assert chosen_device(BackendOptions()) == torch.device("cpu")


def test_auto_takes_hardware_before_the_cpu_and_cuda_before_it(machine, monkeypatch):
    machine(adapter("Iris", "IntegratedGPU"))
    monkeypatch.setattr(opened, "GpuDevice", lambda adapter: adapter.name)
    assert chosen_device(BackendOptions()) == "Iris"
    assert chosen_device(BackendOptions(backend="numba")) == torch.device("cpu")
    assert chosen_device(BackendOptions(device="cpu")) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")
    assert chosen_device(BackendOptions()) == torch.device("cuda", 0)


def test_contradictions_are_refused(machine):
    machine(adapter("Iris"))
    with pytest.raises(UsageError, match="^--gpu-adapter: expected --device gpu beside it, got --device cpu"):
        chosen_device(BackendOptions(device="cpu", gpu_adapter="Iris"))
    with pytest.raises(UsageError, match="^--device gpu: expected no backend beside it, got numba"):
        chosen_device(BackendOptions(device="gpu", backend="numba"))


def test_nothing_is_written_where_no_gpu_is_found(machine, tmp_path):
    machine()
    out = tmp_path / "frames"
    with pytest.raises(BackendError):
        render.run(render.Render(avatar=("josh",), out=out, device="gpu"))
    assert not out.exists()
