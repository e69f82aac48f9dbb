"""The machine that is measured: timing, memory, and its description."""

import subprocess
import sys
import time
from collections.abc import Callable

import torch

from phynes_core.io.shipped_files import PROJECT
from phynes_core.kernels.gpu.device import GpuDevice


def milliseconds(action: Callable[[], object], device: str = "cpu") -> float:
    """Time an action, including the GPU's work for it."""
    finish(device)
    start = time.perf_counter()
    action()
    finish(device)
    return (time.perf_counter() - start) * 1e3


def finish(device: str) -> None:
    """Wait until the GPU has finished; nothing on the CPU."""
    if device == "cuda":
        torch.cuda.synchronize()


def peak_memory_mb() -> float:
    """Peak resident memory of this process in MiB; NaN on Windows."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)


def peak_device_memory_mb(device: torch.device | GpuDevice) -> float | None:
    """Peak GPU memory allocated by torch, or that of our own buffers and textures, in MiB; None on the CPU."""
    if isinstance(device, GpuDevice):
        return round(device.most_bytes / 2**20, 1)
    return round(torch.cuda.max_memory_allocated() / 2**20, 1) if device.type == "cuda" else None


def commit() -> str:
    """The checkout's commit, with "+" when it was edited; "unknown" outside a checkout."""
    try:
        asked = ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
        return subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def device_name(device: torch.device | GpuDevice) -> str:
    """The GPU, or the processor and how many threads torch uses."""
    if isinstance(device, GpuDevice):
        return f"gpu: {device.adapter.name} through {device.adapter.backend}, {device.adapter.driver}"
    if device.type == "cuda":
        return f"cuda: {torch.cuda.get_device_name()}, torch {torch.__version__}"
    model = "CPU"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass
    return f"cpu: {model}, {torch.get_num_threads()} threads"
