"""How the numba kernels are compiled: the thread layer, the cache on disk, and the compiler's flags.

Import numba through this module, because numba reads its settings once, when it is first imported:

* a thread-safe layer (tbb or omp): the default one aborts the process when two threads enter a parallel loop;
* a cache of compiled kernels in the user's cache folder, so that a read-only checkout works. NUMBA_CACHE_DIR wins when
  set. The folder is named after the sources that kernels of other files inline, because numba itself only notices
  that the file of a kernel changed, not that of a function inlined into it.
"""

import hashlib
import importlib
import os
import sys
from pathlib import Path

# Files whose functions are inlined into kernels of other files (tests/kernels/test_compiler.py checks the list).
INLINED_SOURCES = (
    "compiler.py",
    "map_backward.py",
    "neural_map.py",
    "rasterize.py",
    "triangle.py",
    "vector_tiles.py",
)


def _cache_folder() -> Path:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256()
    for name in INLINED_SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return root / "phynes-viewer" / "numba" / digest.hexdigest()[:12]


def _configure() -> None:
    os.environ.setdefault("NUMBA_CACHE_DIR", str(_cache_folder()))
    os.environ.setdefault("NUMBA_THREADING_LAYER", "threadsafe")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads cost 10x beside any other load
    if "numba" in sys.modules:  # another package imported it first
        from numba.core import config

        config.reload_config()


def _require_thread_safe_layer() -> None:
    for name in ("tbbpool", "omppool"):
        try:
            importlib.import_module(f"numba.np.ufunc.{name}")
        except (ImportError, OSError):
            continue
        return
    raise ImportError("numba finds no thread-safe layer (tbb or OpenMP)")


_configure()
from numba import njit, prange  # noqa: E402

_require_thread_safe_layer()

# Rounding may change (fused multiply-add, reordered sums, so that loops vectorise), infinities and NaN stay exact.
_RELAXED = {"contract", "reassoc", "nsz", "arcp"}
_COMMON = {"cache": True, "nogil": True, "error_model": "numpy"}
serial = njit(**_COMMON, fastmath=_RELAXED)
parallel = njit(**_COMMON, fastmath=_RELAXED, parallel=True)
inlined = njit(**_COMMON, fastmath=_RELAXED, inline="always")
exact_serial = njit(**_COMMON)  # every operation rounds as written
exact_parallel = njit(**_COMMON, parallel=True)
_INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "nogil": True, "error_model": "numpy"}
inner = njit(**_INNER, fastmath=_RELAXED)  # only called by kernels of the same file, which halves the time to compile
exact_inner = njit(**_INNER)

__all__ = ["exact_inner", "exact_parallel", "exact_serial", "inlined", "inner", "parallel", "prange", "serial"]
