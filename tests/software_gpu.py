"""The software renderer that stands for a GPU in tests: Mesa's llvmpipe through Vulkan, opened once."""

import functools

import pytest

from phynes_core.kernels.gpu.adapters import adapters
from phynes_core.kernels.gpu.device import GpuDevice

SOFTWARE = "llvmpipe"


@functools.cache
def opened_gpu() -> GpuDevice | None:
    found = [adapter for adapter in adapters() if SOFTWARE in adapter.name]
    return GpuDevice(found[0], has_timestamps=True) if found else None


def software_gpu() -> GpuDevice:
    device = opened_gpu()
    if device is None:
        pytest.skip("needs Mesa's llvmpipe for Vulkan: apt-get install mesa-vulkan-drivers")
    device.failure = ""
    return device
