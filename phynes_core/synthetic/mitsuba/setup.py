"""Load Mitsuba 3 with its LLVM variant. LLVM comes from an installed wheel, so no system package is needed."""

import ctypes
import functools
import importlib
import importlib.metadata
import os
from pathlib import Path
from typing import Any

from phynes_core.errors import BackendError
from phynes_core.synthetic.mitsuba.bsdf import register_cook_torrance

VARIANT = "llvm_ad_rgb"
INSTALL_LINE = 'pip install "phynes-viewer[synthetic]"  (mitsuba and karellen-llvm-core)'
_LLVM_WHEEL = "karellen-llvm-core"
_RUNTIME_LIBRARIES = ("libunwind.so.1.0", "libc++abi.so.1.0", "libc++.so.1.0")  # libLLVM needs them, in this order


@functools.cache
def load_mitsuba() -> Any:
    """The `mitsuba` module with the LLVM variant active and our BRDF registered; BackendError when it cannot run."""
    _point_drjit_at_llvm()
    try:
        mitsuba: Any = importlib.import_module("mitsuba")
        mitsuba.set_variant(VARIANT)
        mitsuba.set_log_level(mitsuba.LogLevel.Error)  # its warnings name every rounded sample count
        # an unusable LLVM fails here, not in the middle of a render
        importlib.import_module("drjit").eval(mitsuba.Float(1.0))
    except (ImportError, OSError, RuntimeError) as cause:
        reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise BackendError(f"mitsuba ({VARIANT}): expected a working install, got: {reason}; {INSTALL_LINE}") from cause
    register_cook_torrance(mitsuba, importlib.import_module("drjit"))
    return mitsuba


def load_drjit() -> Any:
    """Mitsuba's array library, after `load_mitsuba`."""
    load_mitsuba()
    return importlib.import_module("drjit")


def _point_drjit_at_llvm() -> None:
    """Set DRJIT_LIBLLVM_PATH to the wheel's LLVM unless the user chose one; leave it alone when the wheel is absent."""
    if os.environ.get("DRJIT_LIBLLVM_PATH"):
        return
    try:
        files = importlib.metadata.files(_LLVM_WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return  # a system LLVM may serve; if none does, load_mitsuba reports it
    located = {Path(str(file)).name: Path(str(file.locate())) for file in files}
    library = next((path for name, path in sorted(located.items()) if name.startswith("libLLVM.so.")), None)
    if library is None:
        return
    for name in _RUNTIME_LIBRARIES:
        if name in located:
            # local, not global: with torch loaded, a global libunwind takes over its exceptions and crashes
            ctypes.CDLL(str(located[name].resolve()), mode=ctypes.RTLD_LOCAL)
    os.environ["DRJIT_LIBLLVM_PATH"] = str(library.resolve())
