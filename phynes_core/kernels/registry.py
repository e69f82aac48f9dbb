"""Which function runs an operation: one entry an op, one an external library, and the choice between them.

`auto` takes the first backend of an entry that works here and logs it once; one that is asked for by name and cannot
run is an error that says why and how to get it. The functions of an op are called alike (mesh_interfaces.py and
surface_interfaces.py say how); they are named by strings and imported when they first run.
"""

from __future__ import annotations

import functools
import importlib
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from phynes_core.errors import BackendError

if TYPE_CHECKING:  # the interfaces import torch, which takes seconds
    from phynes_core.kernels.mesh_interfaces import (
        ClosestPoints,
        CoverPixels,
        InterpolateCovered,
        PrepareMeshLosses,
        Rasterize,
        TraceMesh,
    )
    from phynes_core.kernels.surface_interfaces import (
        DetailNormals,
        Encode,
        MissingTexels,
        QueryMap,
        ReadTexels,
        Shade,
        ShadeAreaLamp,
        Softplus,
        TexelDifferences,
    )

REFERENCE = "reference"  # plain torch: slow, trusted, always there
DEVICES = ("cpu", "cuda")

Function = TypeVar("Function")  # the signature of an op
ByDevice = Mapping[str, Mapping[str, str]]  # device -> backend -> "module:function"


@dataclass(frozen=True)
class Backend:
    """A library that can run operations."""

    probe: str  # a module that can be imported where the library works
    remedy: str  # how to get it


@dataclass(frozen=True)
class Op(Generic[Function]):
    """One operation and everything that can run it.

    `auto` never takes what is in `by_name_only`: it is slower than the reference or no better, and serves comparisons.
    An op that follows another one runs on the backend that was chosen for that one, or on its own reference.
    """

    name: str
    reference: str  # "module:function", plain torch
    backends: ByDevice  # in order of preference
    by_name_only: ByDevice = field(default_factory=dict)
    follows: str = ""

    def implementation(self, requested: str = "auto", device: str = "cpu") -> Function:
        """The function that runs, as `resolve` chooses it."""
        return self.load(resolve(self.follows or self.name, requested, device), device)

    def load(self, backend: str, device: str) -> Function:
        """The function of a backend that was chosen before."""
        return _imported(self.path(backend, device))

    def path(self, backend: str, device: str) -> str:
        """Where the function of a backend stands: "module:function"."""
        for table in (self.backends, self.by_name_only):
            if found := table.get(device, {}).get(backend):
                return found
        if backend != REFERENCE and not self.follows:
            raise ValueError(f"{self.name} on {device}: expected a backend of its entry, got '{backend}'")
        return self.reference


# An adapter of another project's library stands behind all kernels of ours: `auto` takes it only where none of them
# works and it is faster than the reference.
BACKENDS = {
    "numba": Backend("phynes_core.kernels.cpu.compiler", "install it with: pip install numba tbb"),
    "embree": Backend("embreex.rtcore_scene", "install it with: pip install embreex"),
    "warp": Backend("phynes_core.kernels.cuda.warp_compiler", "install it with: pip install warp-lang"),
    "triton": Backend(
        "phynes_core.kernels.cuda.triton_encoding", "install it with: pip install triton (there is one for Linux)"
    ),
    "pytorch3d": Backend(
        "pytorch3d._C",
        "its wheels fit CUDA builds of torch 2.11 and 2.12 only: pip install 'torch==2.12.*' "
        "easypytorch3d==0.7.9.post1 (in an environment of its own)",
    ),
    "tinycudann": Backend(
        "tinycudann",
        "with an NVIDIA GPU and the CUDA toolkit, build it: pip install --no-build-isolation "
        "git+https://github.com/NVlabs/tiny-cuda-nn/#subdirectory=bindings/torch",
    ),
}

_CPU, _CUDA, _ADAPTERS = (f"phynes_core.kernels.{room}" for room in ("cpu", "cuda", "adapters"))

RASTERIZE: Op[Rasterize] = Op(
    "rasterize",
    reference="phynes_core.render.rasterize:rasterize_reference",
    backends={
        "cpu": {"numba": f"{_CPU}.rasterize:rasterize", "warp": f"{_CUDA}.warp_rays:rasterize"},
        "cuda": {"warp": f"{_CUDA}.warp_rays:rasterize", "pytorch3d": f"{_ADAPTERS}.pytorch3d:rasterize"},
    },
    by_name_only={"cpu": {"pytorch3d": f"{_ADAPTERS}.pytorch3d:rasterize"}},  # 11 s for 512 x 512
)
COVER_PIXELS: Op[CoverPixels] = Op(
    "cover_pixels", follows="rasterize", reference="phynes_core.render.coverage:cover_pixels_reference",
    backends={"cpu": {"numba": f"{_CPU}.coverage:cover_pixels"}},
)  # fmt: skip
INTERPOLATE_COVERED: Op[InterpolateCovered] = Op(
    "interpolate_covered",
    follows="rasterize",
    reference="phynes_core.render.gbuffer:interpolate_covered_reference",
    backends={"cpu": {"numba": f"{_CPU}.gbuffer:interpolate_covered"}},
)
CLOSEST_POINT: Op[ClosestPoints] = Op(
    "closest_point",
    reference="phynes_core.geometry.closest_point:closest_point_reference",
    backends={
        "cpu": {"numba": f"{_CPU}.bvh:closest_points", "warp": f"{_CUDA}.warp_rays:closest_points"},
        "cuda": {"warp": f"{_CUDA}.warp_rays:closest_points"},
    },
)
VISIBILITY: Op[TraceMesh] = Op(
    "visibility",
    reference="phynes_core.render.visibility:ReferenceMesh",
    backends={
        "cpu": {
            "embree": f"{_CPU}.visibility:embree_mesh",
            "numba": f"{_CPU}.visibility:bvh_mesh",
            "warp": f"{_CUDA}.warp_visibility:TracedRayMesh",
        },
        "cuda": {"warp": f"{_CUDA}.warp_visibility:TracedRayMesh"},
    },
)
HASH_ENCODING: Op[Encode] = Op(
    "hash_encoding",
    reference="phynes_core.maps.encodings:encode_reference",
    backends={
        "cpu": {"numba": f"{_CPU}.hash_encoding:encode"},
        "cuda": {"triton": f"{_CUDA}.triton_encoding:encode", "tinycudann": f"{_ADAPTERS}.tinycudann:encode"},
    },
)
NEURAL_MAP: Op[QueryMap] = Op(
    "neural_map",
    reference="phynes_core.maps.neural_map:query_reference",
    backends={
        "cpu": {"numba": f"{_CPU}.neural_map:query"},
        "cuda": {"triton": f"{_CUDA}.triton_maps:query"},
    },
)
SOFTPLUS: Op[Softplus] = Op(
    "softplus",
    follows="neural_map",
    reference="phynes_core.maps.neural_map:softplus_reference",
    backends={"cpu": {"numba": f"{_CPU}.neural_map:softplus"}},
)
READ_TEXELS: Op[ReadTexels] = Op(
    "read_texels", follows="neural_map", reference="phynes_core.maps.texels:read_texels_reference",
    backends={"cpu": {"numba": f"{_CPU}.texels:read_texels"}},
)  # fmt: skip
MISSING_TEXELS: Op[MissingTexels] = Op(
    "missing_texels", follows="neural_map", reference="phynes_core.maps.texels:missing_texels_reference",
    backends={"cpu": {"numba": f"{_CPU}.texels:missing_texels"}},
)  # fmt: skip
TEXEL_DIFFERENCES: Op[TexelDifferences] = Op(
    "texel_differences",
    follows="neural_map",
    reference="phynes_core.maps.texels:texel_differences_reference",
    backends={"cpu": {"numba": f"{_CPU}.texels:texel_differences"}},
)
SHADE: Op[Shade] = Op(
    "shade",
    reference="phynes_core.render.shade:shade_packed_reference",
    backends={
        "cpu": {"numba": f"{_CPU}.shade:shade", "warp": f"{_CUDA}.warp_shade:shade"},
        "cuda": {"warp": f"{_CUDA}.warp_shade:shade"},
    },
)
SHADE_AREA_LAMP: Op[ShadeAreaLamp] = Op(
    "shade_area_lamp",
    follows="shade",
    reference="phynes_core.render.lamps:shade_area_lamp_reference",
    backends={"cpu": {"numba": f"{_CPU}.shade_area:shade_area_lamp"}},
)
DETAIL_NORMALS: Op[DetailNormals] = Op(
    "detail_normals", follows="shade", reference="phynes_core.render.detail_normals:detail_normals_reference",
    backends={"cpu": {"numba": f"{_CPU}.detail_normals:detail_normals"}},
)  # fmt: skip
MESH_LOSSES: Op[PrepareMeshLosses] = Op(
    "mesh_losses",
    reference="phynes_core.training.losses:mesh_losses_reference",
    backends={},
    by_name_only={  # the reference's arithmetic behind more bookkeeping
        "cpu": {"pytorch3d": f"{_ADAPTERS}.pytorch3d:mesh_losses"},
        "cuda": {"pytorch3d": f"{_ADAPTERS}.pytorch3d:mesh_losses"},
    },
)

ALL_OPS: tuple[Op[Any], ...] = (
    RASTERIZE, COVER_PIXELS, INTERPOLATE_COVERED, CLOSEST_POINT, VISIBILITY, HASH_ENCODING, NEURAL_MAP, SOFTPLUS,
    READ_TEXELS, MISSING_TEXELS, TEXEL_DIFFERENCES, SHADE, SHADE_AREA_LAMP, DETAIL_NORMALS, MESH_LOSSES,
)  # fmt: skip
OPS = {op.name: op for op in ALL_OPS if not op.follows}  # those whose backend can be chosen

_log = logging.getLogger(__name__)
_logged: set[tuple[str, str]] = set()
_logged_lock = threading.Lock()


def resolve(
    op: str,  # a name in OPS
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


@functools.cache
def candidates(op: str, device: str = "cpu") -> tuple[str, ...]:
    """Every backend that an operation has on a device, whether it works here or not, in the order of preference."""
    if op not in OPS:
        raise ValueError(f"op: expected one of {', '.join(OPS)}, got '{op}'")
    entry = OPS[op]
    return (*entry.backends.get(device, ()), REFERENCE, *entry.by_name_only.get(device, ()))


def remedy(name: str) -> str:
    """How to get a backend that is missing."""
    return BACKENDS[name].remedy


def available(op: str, device: str = "cpu") -> tuple[str, ...]:
    """The backends of an operation that work on this machine: `auto`'s choice first, those asked by name only last."""
    return tuple(name for name in candidates(op, device) if missing_cause(name) is None)


@functools.cache
def missing_cause(name: str) -> str | None:
    """Why a backend cannot run here, or None when it can."""
    if name == REFERENCE:
        return None
    try:
        importlib.import_module(BACKENDS[name].probe)
    except (ImportError, OSError) as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    return None


@functools.cache
def _imported(path: str) -> Any:  # "module:function"
    module, _, function = path.partition(":")
    return getattr(importlib.import_module(module), function)


def _how_to_get(name: str) -> str:
    cause = missing_cause(name)
    return "" if cause is None else f": {cause}; {remedy(name)}"


def _log_once(op: str, device: str, choice: str) -> None:
    if (op, device) in _logged:
        return
    with _logged_lock:
        if (op, device) in _logged:
            return
        _logged.add((op, device))
    better = takewhile(lambda name: name != choice, candidates(op, device))  # the rest is not even imported
    passed_over = [f"{name}: {missing_cause(name)}" for name in better]
    _log.info("%s on %s: %s%s", op, device, choice, f" (without {'; '.join(passed_over)})" if passed_over else "")
