"""Which GPU adapters there are through wgpu (Vulkan, Metal, Direct3D 12), and which one frames may use."""

import functools
import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from phynes_core.errors import BackendError, one_line

_log = logging.getLogger(__name__)
BACKENDS = ("Vulkan", "Metal", "D3D12")  # OpenGL lacks what the passes need
NEEDED = {  # WebGPU's default limits, which every browser grants
    "max-storage-buffers-per-shader-stage": 8,
    "max-storage-buffer-binding-size": 128 << 20,
    "max-buffer-size": 256 << 20,
    "max-compute-invocations-per-workgroup": 256,
    "max-compute-workgroup-storage-size": 16 << 10,
    "max-texture-dimension-2d": 8192,
}
REMEDY = "leave --device out, or compute with --device cpu"


@dataclass(frozen=True)
class Adapter:
    """A GPU, or a software renderer that stands for one."""

    name: str
    driver: str
    backend: str
    kind: str  # DiscreteGPU, IntegratedGPU, CPU, Unknown
    handle: Any = field(repr=False, compare=False)

    @property
    def is_software(self) -> bool:
        """Whether the processor computes what a GPU should: for tests, taken only when it is named."""
        return self.kind == "CPU"

    @property
    def features(self) -> frozenset[str]:
        """What it offers beyond the defaults."""
        return frozenset(self.handle.features)

    @property
    def facts(self) -> str:
        """Driver, kind, limits and features, on one line."""
        offered = [name for name in ("shader-f16", "subgroup", "timestamp-query") if name in self.features]
        kind = "software: taken only when named" if self.is_software else self.kind
        most = self.handle.limits["max-storage-buffer-binding-size"] >> 20
        return f"{self.backend}, {self.driver}; {kind}; {most} MB a buffer; offers {', '.join(offered) or 'none'}"

    def short_of(self) -> str:
        """Which of its limits is too small for the passes; "" where none is."""
        limits = self.handle.limits
        small = [f"{name} {limits[name]} of {least}" for name, least in NEEDED.items() if limits[name] < least]
        return ", ".join(small)


@functools.cache
def missing_wgpu() -> str:
    """Why wgpu cannot be used here; "" where it can."""
    if sys.platform.startswith("linux"):
        os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")  # without one the loader of EGL complains
    _load_first("triton")
    try:
        importlib.import_module("wgpu.backends.wgpu_native")
    except Exception as error:  # libraries and loaders fail in many ways
        return f"wgpu cannot be loaded ({one_line(error)}); install it with: pip install wgpu"
    return ""


def _load_first(name: str) -> None:
    """Load a library that brings its own LLVM before Mesa's drivers bring theirs: in the other order it crashes."""
    if importlib.util.find_spec(name) is None:
        return
    try:
        importlib.import_module(name)
    except Exception as error:  # then nobody else can load it either
        _log.debug("%s cannot be loaded: %s", name, one_line(error))


@functools.cache
def adapters() -> tuple[Adapter, ...]:
    """The adapters of this machine, hardware first; none where there is no driver for Vulkan, Metal or Direct3D 12."""
    if missing_wgpu():
        return ()
    import wgpu

    try:
        handles = wgpu.gpu.enumerate_adapters_sync()
    except Exception:  # a driver that fails offers nothing
        return ()
    found = [
        Adapter(info["device"], info["description"], info["backend_type"], info["adapter_type"], handle)
        for handle in handles
        if (info := handle.info)["backend_type"] in BACKENDS
    ]
    return tuple(sorted(found, key=lambda adapter: (adapter.is_software, adapter.kind != "DiscreteGPU")))


def chosen_adapter(name: str = "") -> Adapter:
    """The adapter whose name holds `name`, else the best hardware; raises BackendError that says what there is."""
    if cause := missing_wgpu():
        raise BackendError(f"--device gpu: {cause}")
    found = adapters()
    listed = ", ".join(f"'{adapter.name}'" + (" (software)" if adapter.is_software else "") for adapter in found)
    if name:
        named = [adapter for adapter in found if name.lower() in adapter.name.lower()]
        if not named:
            raise BackendError(
                f"--gpu-adapter: expected {f'one of {listed}' if found else 'an adapter, but this machine has none'}, "
                f"got '{name}'"
            )
        return _sufficient(named[0])
    hardware = [adapter for adapter in found if not adapter.is_software]
    if not hardware:
        named = f"only {listed}; name it with --gpu-adapter to use it"
        only = named if found else "no driver for Vulkan, Metal or Direct3D 12; install your GPU's"
        raise BackendError(f"--device gpu: expected a GPU, got {only}, or compute with --device cpu")
    return _sufficient(hardware[0])


def _sufficient(adapter: Adapter) -> Adapter:
    if short := adapter.short_of():
        raise BackendError(f"--device gpu: the limits of '{adapter.name}' are too small ({short}); {REMEDY}")
    return adapter


def hardware_adapter() -> Adapter | None:
    """The GPU that `auto` may take; None where there is none that suffices."""
    try:
        return chosen_adapter()
    except BackendError:
        return None


def report() -> Iterator[tuple[str, bool, str]]:
    """What a person wants to know of the adapters: a name, whether it serves, facts; last what `auto` takes."""
    import torch

    for adapter in adapters():
        short = adapter.short_of()
        yield adapter.name, not short, f"{adapter.facts}; too small: {short}" if short else adapter.facts
    if not adapters():
        none = "no driver for Vulkan, Metal or Direct3D 12: frames are computed on the CPU; install your GPU's driver"
        yield "adapters", False, missing_wgpu() or none
    hardware = hardware_adapter()
    others = f"gpu ({hardware.name})" if hardware else "cpu"
    yield "--device auto", True, f"takes {'cuda' if torch.cuda.is_available() else others}"
