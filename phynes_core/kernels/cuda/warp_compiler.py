"""How the Warp kernels are compiled: quietly, forward only, cached in the user's folder. Import warp through here.

Warp compiles a file of kernels when one of them first runs on a kind of device, and keeps the result on disk under a
hash of the sources. WARP_CACHE_PATH wins when set. The same kernels run on the CPU, single-threaded: that is how they
are tested without a GPU.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch
import warp
from torch import Tensor

_WARP_TYPES = {torch.float32: warp.float32, torch.int32: warp.int32}


def _configure() -> None:
    warp.config.log_level = warp.LOG_WARNING  # Warp's notes about compiling and devices stay off standard output
    if not os.environ.get("WARP_CACHE_PATH"):
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        warp.config.kernel_cache_dir = str(root / "phynes-viewer" / "warp")


_configure()


def vectors(tensor: Tensor) -> warp.array:  # [N, 3] float32, contiguous -> [N] vec3
    """The same memory as Warp sees it."""
    return warp.from_torch(tensor.detach(), dtype=warp.vec3)


def numbers(tensor: Tensor) -> warp.array:  # any shape, float32 or int32
    """The same memory as Warp sees it."""
    return warp.from_torch(tensor.detach(), dtype=_WARP_TYPES[tensor.dtype])


@lru_cache(maxsize=64)  # torch has 32 streams a device; a stream cannot be registered while a graph is captured
def _warp_stream(stream: torch.cuda.Stream) -> warp.Stream:
    return warp.stream_from_torch(stream)


@contextmanager
def torch_stream(device: torch.device) -> Iterator[str]:
    """Run Warp on torch's current stream, so that a torch graph captures it; yields Warp's device name.

    It does not wait for the previous stream, which would be an error while a graph is captured.
    """
    warp.init()  # nothing after the first time
    if device.type != "cuda":
        yield "cpu"
        return
    with warp.ScopedStream(_warp_stream(torch.cuda.current_stream(device)), sync_enter=False):
        yield str(warp.device_from_torch(device))
