"""How pixels get into the window's textures: through memory that GL and CUDA share, a pinned copy, or the host.

The way for frames of a GPU is chosen with the first of them and kept. One that fails is never tried again: CUDA cannot
write to GL's memory on WSL2, with Mesa, or when another GPU draws.
"""

import logging
from collections.abc import Callable
from typing import Protocol

import moderngl
import numpy as np
import torch
from torch import Tensor

from app.model.status import one_line
from app.rendering.frames import HeldImage
from app.rendering.picture import DeviceImage
from app.window.cuda_interop import InteropError, PixelBuffer

_log = logging.getLogger(__name__)
HOST, PINNED, INTEROP = "host", "pinned copy", "GL interop"
REFUSALS = (InteropError, OSError, RuntimeError, moderngl.Error)  # torch's CUDA errors are RuntimeErrors


class Way(Protocol):
    """Carries images that lie on the GPU."""

    def write(self, texture: moderngl.Texture, image: Tensor) -> None:  # [H, W, 4] float16, contiguous
        """Fill the texture."""

    def release(self) -> None:
        """Give everything back."""


class InteropWay:
    """Device to device: nothing passes through the host."""

    def __init__(
        self,
        context: moderngl.Context,
        pixel_buffer: Callable[[moderngl.Context, Tensor], PixelBuffer] = PixelBuffer,
    ) -> None:
        self._context, self._new = context, pixel_buffer
        self._buffer: PixelBuffer | None = None
        self._num_bytes = 0

    def write(self, texture: moderngl.Texture, image: Tensor) -> None:
        """Fill the texture from the buffer, which is registered anew when the size changes."""
        if self._buffer is None or self._num_bytes != image.nbytes:
            self.release()
            self._buffer, self._num_bytes = self._new(self._context, image), image.nbytes
        texture.write(self._buffer.filled(image))

    def release(self) -> None:
        """Give the buffer back."""
        buffer, self._buffer = self._buffer, None
        if buffer is not None:
            buffer.release()


class PinnedWay:
    """One copy into page-locked memory, which the GPU writes by itself, and from there into the texture."""

    def __init__(self, context: moderngl.Context) -> None:
        self._host: Tensor | None = None
        self._stream: torch.cuda.Stream | None = None

    def write(self, texture: moderngl.Texture, image: Tensor) -> None:
        """Wait for this copy alone."""
        if self._host is None or self._host.shape != image.shape:
            self._host = torch.empty(image.shape, dtype=image.dtype, pin_memory=image.is_cuda)
        if image.is_cuda:
            self._stream = self._stream or torch.cuda.Stream(image.device)
            with torch.cuda.stream(self._stream):
                self._host.copy_(image, non_blocking=True)
            self._stream.synchronize()
        else:
            self._host.copy_(image)
        texture.write(self._host.numpy())

    def release(self) -> None:
        """Give the memory back."""
        self._host = None


WAYS: tuple[tuple[str, Callable[[moderngl.Context], Way]], ...] = ((INTEROP, InteropWay), (PINNED, PinnedWay))


class FrameUpload:
    """Writes images into textures. Every method needs the window's context to be current."""

    def __init__(self, context: moderngl.Context, ways: tuple[tuple[str, Callable], ...] = WAYS) -> None:
        """`ways` for images on the GPU, the best first."""
        self._context, self._ways = context, list(ways)
        self._way: Way | None = None
        self.path = HOST  # of the newest image

    def write(self, texture: moderngl.Texture, image: np.ndarray | HeldImage) -> None:  # [H, W, 4] float16
        """Fill the texture, which has the image's size."""
        if isinstance(image, DeviceImage):
            while self._ways:
                if self._is_written(texture, image.tensor):
                    return
        self.path = HOST
        texture.write(np.ascontiguousarray(image if isinstance(image, np.ndarray) else image.host))

    def release(self) -> None:
        """Before the context goes."""
        way, self._way = self._way, None
        if way is not None:
            way.release()

    def _is_written(self, texture: moderngl.Texture, image: Tensor) -> bool:
        """By the best way that is left; one that fails is gone."""
        path, open_way = self._ways[0]
        try:
            way = self._way = self._way or open_way(self._context)
            way.write(texture, image)
        except REFUSALS as error:
            _log.info("frames do not reach the window by %s: %s", path, one_line(error))
            self._drop()
            return False
        self.path = path
        return True

    def _drop(self) -> None:
        del self._ways[0]
        try:
            self.release()
        except REFUSALS:
            _log.debug("what was refused could not be given back either", exc_info=True)
