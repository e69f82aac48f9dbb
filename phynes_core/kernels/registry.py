"""Which implementation runs an operation: chosen by name, or the best that works here, said once in the log."""

import functools
import importlib
import logging
import threading
from itertools import takewhile

from phynes_core.errors import BackendError

REFERENCE = "reference"  # plain torch: slow, trusted, always there
DEVICES = ("cpu", "cuda")

# Fastest first; the torch reference stands behind every one of them. An adapter stands behind all kernels of ours:
# `auto` takes it only where none of them works and it is faster than the reference.
_FAST_BACKENDS: dict[str, dict[str, tuple[str, ...]]] = {
    "rasterize": {"cpu": ("numba", "warp"), "cuda": ("warp", "pytorch3d")},
    "closest_point": {"cpu": ("numba", "warp"), "cuda": ("warp",)},
    "visibility": {"cpu": ("embree", "numba", "warp"), "cuda": ("warp",)},
    "hash_encoding": {"cpu": ("numba",), "cuda": ("triton", "tinycudann")},
    "neural_map": {"cpu": ("numba",), "cuda": ("triton",)},
    "shade": {"cpu": ("numba", "warp"), "cuda": ("warp",)},
    "mesh_losses": {},
}
# Slower than the reference or no better, so `auto` never takes them: judges that are asked for by name. PyTorch3D draws
# 512 x 512 in 11 s on the CPU, and its losses are the reference's arithmetic behind more bookkeeping.
_BY_NAME_ONLY: dict[str, dict[str, tuple[str, ...]]] = {
    "rasterize": {"cpu": ("pytorch3d",)},
    "mesh_losses": {"cpu": ("pytorch3d",), "cuda": ("pytorch3d",)},
}
_PROBES = {
    "numba": "phynes_core.kernels.cpu.compiler",
    "embree": "embreex.rtcore_scene",
    "warp": "phynes_core.kernels.cuda.warp_compiler",
    "triton": "phynes_core.kernels.cuda.triton_encoding",
    "pytorch3d": "pytorch3d._C",
    "tinycudann": "tinycudann",
}
_REMEDIES = {
    "numba": "install it with: pip install numba tbb",
    "embree": "install it with: pip install embreex",
    "warp": "install it with: pip install warp-lang",
    "triton": "install it with: pip install triton (there is one for Linux)",
    "pytorch3d": "its wheels fit CUDA builds of torch 2.11 and 2.12 only: pip install 'torch==2.12.*' "
    "easypytorch3d==0.7.9.post1 (in an environment of its own)",
    "tinycudann": "with an NVIDIA GPU and the CUDA toolkit, build it: pip install --no-build-isolation "
    "git+https://github.com/NVlabs/tiny-cuda-nn/#subdirectory=bindings/torch",
}
_log = logging.getLogger(__name__)
_logged: set[tuple[str, str]] = set()
_logged_lock = threading.Lock()


def resolve(
    op: str,  # one of the operations above
    requested: str = "auto",  # "auto", "reference", or a fast backend's name
    device: str = "cpu",  # torch device type
) -> str:
    """Name of the backend to run. `auto` falls back and logs what it took; a named one that is missing raises."""
    names = candidates(op, device)
    if requested == "auto":
        choice = next(name for name in names if missing_cause(name) is None)
        _log_once(op, device, choice)
        return choice
    if requested not in names:
        if elsewhere := [other for other in DEVICES if requested in candidates(op, other)]:
            where = f"runs on {elsewhere[0]}, not on {device}"
            raise BackendError(f"backend '{requested}' of {op} {where}{_how_to_get(requested)}")
        raise BackendError(f"backend of {op} on {device}: expected one of auto, {', '.join(names)}, got '{requested}'")
    if missing_cause(requested) is not None:
        raise BackendError(f"backend '{requested}' of {op} cannot run here{_how_to_get(requested)}")
    return requested


def candidates(op: str, device: str = "cpu") -> tuple[str, ...]:
    """Every backend that an operation has on a device, whether it works here or not, in the order of preference."""
    if op not in _FAST_BACKENDS:
        raise ValueError(f"op: expected one of {', '.join(_FAST_BACKENDS)}, got '{op}'")
    return (*_FAST_BACKENDS[op].get(device, ()), REFERENCE, *_BY_NAME_ONLY.get(op, {}).get(device, ()))


def remedy(name: str) -> str:
    """How to get a backend that is missing."""
    return _REMEDIES[name]


def available(op: str, device: str = "cpu") -> tuple[str, ...]:
    """The backends of an operation that work on this machine: `auto`'s choice first, those asked by name only last."""
    return tuple(name for name in candidates(op, device) if missing_cause(name) is None)


@functools.cache
def missing_cause(name: str) -> str | None:
    """Why a backend cannot run here, or None when it can."""
    if name == REFERENCE:
        return None
    try:
        importlib.import_module(_PROBES[name])
    except (ImportError, OSError) as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    return None


def _how_to_get(name: str) -> str:
    cause = missing_cause(name)
    return "" if cause is None else f": {cause}; {remedy(name)}"


def _log_once(op: str, device: str, choice: str) -> None:
    with _logged_lock:
        if (op, device) in _logged:
            return
        _logged.add((op, device))
    better = takewhile(lambda name: name != choice, candidates(op, device))  # the rest is not even imported
    passed_over = [f"{name}: {missing_cause(name)}" for name in better]
    _log.info("%s on %s: %s%s", op, device, choice, f" (without {'; '.join(passed_over)})" if passed_over else "")
