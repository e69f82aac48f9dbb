"""Which implementation runs an operation: chosen by name, or the best that works here, said once in the log."""

import functools
import importlib
import logging
import threading
from itertools import takewhile

from phynes_core.errors import BackendError

REFERENCE = "reference"  # plain torch: slow, trusted, always there

# Fastest first; the torch reference stands behind every one of them.
_FAST_BACKENDS: dict[str, dict[str, tuple[str, ...]]] = {
    "rasterize": {"cpu": ("numba", "warp"), "cuda": ("warp",)},
    "closest_point": {"cpu": ("numba", "warp"), "cuda": ("warp",)},
    "visibility": {"cpu": ("embree", "numba", "warp"), "cuda": ("warp",)},
    "hash_encoding": {"cpu": ("numba",), "cuda": ("triton",)},
    "neural_map": {"cpu": ("numba",)},
    "shade": {"cpu": ("numba",)},
}
_PROBES = {
    "numba": "phynes_core.kernels.cpu.compiler",
    "embree": "embreex.rtcore_scene",
    "warp": "phynes_core.kernels.cuda.warp_compiler",
    "triton": "phynes_core.kernels.cuda.triton_compiler",
}
_REMEDIES = {
    "numba": "install it with: pip install numba tbb",
    "embree": "install it with: pip install embreex",
    "warp": "install it with: pip install warp-lang",
    "triton": "install it with: pip install triton (there is one for Linux)",
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
    names = _candidates(op, device)
    if requested == "auto":
        choice = next(name for name in names if missing_cause(name) is None)
        _log_once(op, device, choice)
        return choice
    if requested not in names:
        raise BackendError(f"backend of {op} on {device}: expected one of auto, {', '.join(names)}, got '{requested}'")
    cause = missing_cause(requested)
    if cause is not None:
        raise BackendError(f"backend '{requested}' of {op} cannot run here: {cause}; {_REMEDIES[requested]}")
    return requested


def available(op: str, device: str = "cpu") -> tuple[str, ...]:
    """The backends of an operation that work on this machine, fastest first."""
    return tuple(name for name in _candidates(op, device) if missing_cause(name) is None)


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


def _candidates(op: str, device: str) -> tuple[str, ...]:
    if op not in _FAST_BACKENDS:
        raise ValueError(f"op: expected one of {', '.join(_FAST_BACKENDS)}, got '{op}'")
    return (*_FAST_BACKENDS[op].get(device, ()), REFERENCE)


def _log_once(op: str, device: str, choice: str) -> None:
    with _logged_lock:
        if (op, device) in _logged:
            return
        _logged.add((op, device))
    better = takewhile(lambda name: name != choice, _candidates(op, device))  # the rest is not even imported
    passed_over = [f"{name}: {missing_cause(name)}" for name in better]
    _log.info("%s on %s: %s%s", op, device, choice, f" (without {'; '.join(passed_over)})" if passed_over else "")
