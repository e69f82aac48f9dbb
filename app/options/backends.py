"""The options for backends and device, and their checks before any work."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.options.arguments import UsageError
from phynes_core.errors import PhynesError
from phynes_core.kernels.registry import resolve

if TYPE_CHECKING:
    import torch

    from phynes_core.kernels.gpu.device import GpuDevice

Device = Literal["auto", "cpu", "cuda", "gpu"]
_CPU_ALONE = {"numba", "embree"}  # backends that run on the CPU only
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BackendOptions:
    """Backends and device."""

    backend: str = "auto"
    """auto, reference (plain torch), numba, warp: how the engine computes."""
    device: Device = "auto"
    """Where frames are computed: gpu is any GPU (Vulkan, Metal, Direct3D 12); auto takes CUDA, else a GPU, else cpu."""
    gpu_adapter: str = ""
    """Part of the name of the GPU to use, as doctor lists them; software renderers are used only when named."""
    raster: str = "auto"
    """How to rasterize, where not as --backend says: numba, warp, pytorch3d, reference."""
    maps: str = "auto"
    """How to ask the neural maps, where not as --backend says: numba, tinycudann (their encoding), reference."""


def map_backend(options: BackendOptions) -> str:
    """The backend of the neural maps: --maps, or --backend where that is auto."""
    return options.backend if options.maps == "auto" else options.maps


def check_backends(options: BackendOptions, device: str = "cpu") -> None:
    """Raise UsageError where a named backend cannot run here on this device; a GPU leaves some nodes to the CPU's."""
    device = "cpu" if device == "gpu" else device
    for operation in ("rasterize", "visibility", "hash_encoding", "shade"):
        _check("--backend", operation, options.backend, device)
    _check("--raster", "rasterize", options.raster, device)
    _check("--maps", "hash_encoding", options.maps, device)


def check_training_backends(maps: str, mesh_losses: str, device: str) -> None:
    """Raise UsageError where a named backend cannot train here; mesh losses are computed on the CPU."""
    _check("--maps", "hash_encoding", maps, device)
    _check("--mesh-losses", "mesh_losses", mesh_losses, "cpu")


def _check(option: str, operation: str, name: str, device: str) -> None:
    try:
        resolve(operation, name, device)
    except PhynesError as error:
        raise UsageError(f"{option}: {error}") from None


def chosen_device(options: BackendOptions) -> "torch.device | GpuDevice":
    """The device; raises UsageError where CUDA or a GPU was asked for and cannot be used.

    `auto` takes CUDA where it can be used, else a GPU that is hardware, and logs it; the CPU where a backend is named
    that runs there only.
    """
    import torch

    name = options.device
    if options.gpu_adapter and name not in ("auto", "gpu"):
        raise UsageError(f"--gpu-adapter: expected --device gpu beside it, got --device {name}; leave one out")
    if name == "gpu" or options.gpu_adapter:
        return _named_gpu(options)
    cause = missing_cuda()
    if name == "auto" and cause and not _needs_cpu(options) and (gpu := _found_gpu()) is not None:
        return gpu
    if name == "cuda" and cause:
        raise UsageError(f"--device cuda: {cause}; leave --device out to compute on the CPU")
    if name == "cpu" or cause or (name == "auto" and _needs_cpu(options)):
        return torch.device("cpu")
    device = torch.device("cuda", torch.cuda.current_device())
    if name == "auto":
        _log.info("device: %s (%s)", device, torch.cuda.get_device_name(device))
    return device


def _named_gpu(options: BackendOptions) -> "GpuDevice":
    from phynes_core.kernels.gpu.adapters import chosen_adapter
    from phynes_core.kernels.gpu.device import GpuDevice

    if named := {options.backend, options.raster, options.maps} - {"auto"}:
        raise UsageError(f"--device gpu: expected no backend beside it, got {', '.join(sorted(named))}; leave one out")
    return GpuDevice(chosen_adapter(options.gpu_adapter))


def _found_gpu() -> "GpuDevice | None":
    """The GPU that `auto` takes; None where there is none that can be opened."""
    from phynes_core.kernels.gpu.adapters import hardware_adapter
    from phynes_core.kernels.gpu.device import GpuDevice

    adapter = hardware_adapter()
    if adapter is None:
        return None
    try:
        device = GpuDevice(adapter)
    except PhynesError as error:
        _log.info("device: the CPU, since %s", error)
        return None
    _log.info("device: %s through %s (%s)", adapter.name, adapter.backend, adapter.driver)
    return device


def _needs_cpu(options: BackendOptions) -> bool:
    return bool({options.backend, options.raster, options.maps} & _CPU_ALONE)


def missing_cuda() -> str:
    """Why frames cannot be computed on CUDA here; "" when they can."""
    import torch

    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is the CPU build; install the CUDA build"
    return f"torch {torch.__version__} finds no NVIDIA GPU, or no driver for CUDA {torch.version.cuda}"
