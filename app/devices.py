"""Which device computes the frames: what --device means on this machine."""

import logging

import torch

from app.backend_options import BackendOptions
from app.cli import UsageError
from phynes_core.kernels.registry import resolve

_CPU_ALONE = {"numba", "embree"}  # backends
_log = logging.getLogger(__name__)


def chosen_device(options: BackendOptions) -> torch.device:
    """The device; raises UsageError when CUDA was asked for and there is none. Says what auto took in the log.

    `auto` takes the CPU when a backend is named that runs there alone.
    """
    name = options.device
    cause = missing_cuda()
    if name == "cuda" and cause:
        raise UsageError(f"--device cuda: {cause}; leave --device out to compute on the CPU")
    if name == "cpu" or cause or (name == "auto" and _needs_cpu(options)):
        return torch.device("cpu")
    device = torch.device("cuda", torch.cuda.current_device())
    if name == "auto":
        _log.info("device: %s (%s)", device, torch.cuda.get_device_name(device))
    return device


def _needs_cpu(options: BackendOptions) -> bool:
    return bool({options.backend, options.raster, options.maps} & _CPU_ALONE)


def engine_name(backend: str, raster: str, maps: str, device: torch.device | None) -> str:
    """What computes the frames, to be read by a person: "CPU: numba, embree"; names as in BackendOptions."""
    kind = device.type if device is not None else "cpu"
    wanted = {"rasterize": backend if raster == "auto" else raster, "visibility": backend, "hash_encoding": maps}
    taken = [resolve(operation, name, kind) for operation, name in (wanted | {"shade": backend}).items()]
    where = "CPU" if kind == "cpu" else torch.cuda.get_device_name(device)
    return f"{where}: {', '.join(dict.fromkeys(taken))}"


def missing_cuda() -> str:
    """Why frames cannot be computed on CUDA here; empty when they can."""
    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is the CPU build; install the CUDA build"
    return f"torch {torch.__version__} finds no NVIDIA GPU, or no driver for CUDA {torch.version.cuda}"
