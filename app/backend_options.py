"""The options that say how the engine computes, and their check before any work."""

from dataclasses import dataclass
from typing import Literal

from app.cli import UsageError


@dataclass(frozen=True, kw_only=True)
class BackendOptions:
    """Which implementations run."""

    backend: str = "auto"
    """auto, reference (plain torch), numba, warp: how the engine computes."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where frames are computed; auto takes an NVIDIA GPU when there is one."""
    raster: str = "auto"
    """How to rasterize, where not as --backend says: numba, warp, pytorch3d, reference."""
    maps: str = "auto"
    """How to ask the neural maps, where not as --backend says: numba, tinycudann (their encoding), reference."""


def map_backend(options: BackendOptions) -> str:
    """What the maps run on: as --backend says unless --maps says something itself."""
    return options.backend if options.maps == "auto" else options.maps


def check_backends(options: BackendOptions, device: str = "cpu") -> None:
    """Raise before any work when a backend was asked for that cannot run here."""
    for operation in ("rasterize", "visibility", "hash_encoding", "shade"):
        _check("--backend", operation, options.backend, device)
    _check("--raster", "rasterize", options.raster, device)
    _check("--maps", "hash_encoding", options.maps, device)


def check_training_backends(maps: str, mesh_losses: str, device: str) -> None:
    """The same for training, whose mesh lives on the CPU."""
    _check("--maps", "hash_encoding", maps, device)
    _check("--mesh-losses", "mesh_losses", mesh_losses, "cpu")


def _check(option: str, operation: str, name: str, device: str) -> None:
    from phynes_core.errors import PhynesError
    from phynes_core.kernels.registry import resolve

    try:
        resolve(operation, name, device)
    except PhynesError as error:
        raise UsageError(f"{option}: {error}") from None
