"""Upload of pixels into the window's textures: through memory that GL and CUDA share, a pinned copy, or the host.

The first frame of a GPU decides which transfer is used. One that fails is not tried again: CUDA cannot write to GL's
memory on WSL2, with Mesa, or when another GPU draws.
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


class Transfer(Protocol):
    """Copies images from the GPU into textures."""

    def write(self, texture: moderngl.Texture, image: Tensor) -> None:  # [H, W, 4] float16, contiguous
        """Fill the texture."""

    def release(self) -> None:
        """Release its memory."""


class InteropTransfer:
    """Copies on the device, through a pixel buffer."""

    def __init__(
        self,
        context: moderngl.Context,
        pixel_buffer: Callable[[moderngl.Context, Tensor], PixelBuffer] = PixelBuffer,
    ) -> None:
        self._context, self._new = context, pixel_buffer
        self._buffer: PixelBuffer | None = None
        self._num_bytes = 0

    def write(self, texture: moderngl.Texture, image: Tensor) -> None:
        """Fill the texture from the buffer, which is made again when the size changes."""
        if self._buffer is None or self._num_bytes != image.nbytes:
            self.release()
            self._buffer, self._num_bytes = self._new(self._context, image), image.nbytes
        texture.write(self._buffer.filled(image))

    def release(self) -> None:
        """Release the buffer."""
        buffer, self._buffer = self._buffer, None
        if buffer is not None:
            buffer.release()


class PinnedTransfer:
    """Copies into page-locked memory on the host, and from there into the texture."""

    def __init__(self, context: moderngl.Context) -> None:
        self._host: Tensor | None = None
        self._stream: torch.cuda.Stream | None = None

    def write(self, texture: moderngl.Texture, image: Tensor) -> None:
        """Fill the texture; waits for this copy alone, not for the engine's stream."""
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
        """Release the page-locked memory."""
        self._host = None


TRANSFERS: tuple[tuple[str, Callable[[moderngl.Context], Transfer]], ...] = (
    (INTEROP, InteropTransfer),
    (PINNED, PinnedTransfer),
)


class FrameUpload:
    """Writes images into textures. Every method needs the window's context to be current."""

    def __init__(self, context: moderngl.Context, transfers: tuple[tuple[str, Callable], ...] = TRANSFERS) -> None:
        """`transfers` for images on the GPU, the best first."""
        self._context, self._left = context, list(transfers)  # those that have not failed
        self._transfer: Transfer | None = None
        self.path = HOST  # of the newest image: HOST, PINNED or INTEROP

    def write(self, texture: moderngl.Texture, image: np.ndarray | HeldImage) -> None:  # [H, W, 4] float16
        """Fill the texture, which has the image's size."""
        if isinstance(image, DeviceImage):
            while self._left:
                if self._is_written(texture, image.tensor):
                    return
        self.path = HOST
        texture.write(np.ascontiguousarray(image if isinstance(image, np.ndarray) else image.host))

    def release(self) -> None:
        """Release the transfer's memory; call before the context is destroyed."""
        transfer, self._transfer = self._transfer, None
        if transfer is not None:
            transfer.release()

    def _is_written(self, texture: moderngl.Texture, image: Tensor) -> bool:
        """Write by the best transfer that is left, or drop it where it fails."""
        path, new_transfer = self._left[0]
        try:
            transfer = self._transfer = self._transfer or new_transfer(self._context)
            transfer.write(texture, image)
        except REFUSALS as error:
            _log.info("frames do not reach the window by %s: %s", path, one_line(error))
            self._drop()
            return False
        self.path = path
        return True

    def _drop(self) -> None:
        del self._left[0]
        try:
            self.release()
        except REFUSALS:
            _log.debug("the memory of a transfer that failed could not be released", exc_info=True)
