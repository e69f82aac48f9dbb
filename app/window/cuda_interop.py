"""A GL buffer that CUDA writes to, through the driver's own functions.

warp.RegisteredGLBuffer maps on the stream that is current in Warp, which may be the engine's while it captures a graph.
Here the stream is given.
"""

import ctypes
import sys
from typing import Any

import moderngl
import torch
from torch import Tensor

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
WRITE_DISCARD = 2  # CU_GRAPHICS_REGISTER_FLAGS_WRITE_DISCARD
_POINTER, _ADDRESS, _SIZE, _NUMBER = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_size_t, ctypes.c_uint
_ARGUMENTS: dict[str, list[Any]] = {
    "cuStreamGetCtx": [_POINTER, ctypes.POINTER(_POINTER)],
    "cuCtxSetCurrent": [_POINTER],
    "cuGraphicsGLRegisterBuffer": [ctypes.POINTER(_POINTER), _NUMBER, _NUMBER],
    "cuGraphicsMapResources": [_NUMBER, ctypes.POINTER(_POINTER), _POINTER],
    "cuGraphicsResourceGetMappedPointer_v2": [ctypes.POINTER(_ADDRESS), ctypes.POINTER(_SIZE), _POINTER],
    "cuGraphicsUnmapResources": [_NUMBER, ctypes.POINTER(_POINTER), _POINTER],
    "cuGraphicsUnregisterResource": [_POINTER],
    "cuMemcpyDtoDAsync_v2": [_ADDRESS, _ADDRESS, _SIZE, _POINTER],
}


class InteropError(Exception):
    """CUDA and OpenGL cannot share memory on this machine."""


class Driver:
    """Functions of the CUDA driver; a call that fails raises InteropError with the driver's error number."""

    def __init__(self, library: Any = None) -> None:
        """`library` holds C functions by name; None opens the driver's library."""
        try:
            library = library or ctypes.CDLL(LIBRARY)
            self._functions = {name: getattr(library, name) for name in _ARGUMENTS}
        except (OSError, AttributeError) as error:
            raise InteropError(f"the CUDA driver cannot be called: {error}") from error
        for name, function in self._functions.items():
            function.argtypes, function.restype = _ARGUMENTS[name], ctypes.c_int

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function; raises InteropError where it fails."""
        if (code := self._functions[name](*arguments)) != 0:
            raise InteropError(f"{name} gives error {code}")


class RegisteredBuffer:
    """A GL buffer that CUDA may write to. Every call needs the GL context to be current."""

    def __init__(self, buffer: moderngl.Buffer, stream: int, driver: Driver | None = None) -> None:
        """`stream` is a CUDA stream's handle; all work goes there. Raises InteropError."""
        self._driver, self._stream, self._num_bytes = driver or Driver(), _POINTER(stream), buffer.size
        self._resource = _POINTER()
        context = _POINTER()
        self._driver.call("cuStreamGetCtx", self._stream, ctypes.byref(context))
        self._driver.call("cuCtxSetCurrent", context)  # torch binds it to a thread only at its first call there
        self._driver.call("cuGraphicsGLRegisterBuffer", ctypes.byref(self._resource), buffer.glo, WRITE_DISCARD)

    def copy(self, address: int, num_bytes: int) -> None:
        """Fill the buffer from device memory. Unmapping makes later GL calls wait for the copy."""
        call, resource = self._driver.call, ctypes.byref(self._resource)
        call("cuGraphicsMapResources", 1, resource, self._stream)
        try:
            mapped, available = _ADDRESS(), _SIZE()
            call("cuGraphicsResourceGetMappedPointer_v2", ctypes.byref(mapped), ctypes.byref(available), self._resource)
            if not mapped.value or available.value < num_bytes:
                raise InteropError(f"the mapped buffer holds {available.value} bytes instead of {num_bytes}")
            call("cuMemcpyDtoDAsync_v2", mapped, address, num_bytes, self._stream)
        finally:
            call("cuGraphicsUnmapResources", 1, resource, self._stream)

    def release(self) -> None:
        """Unregister; call before the GL buffer is released."""
        if self._resource.value:
            self._driver.call("cuGraphicsUnregisterResource", self._resource)
            self._resource = _POINTER()


class PixelBuffer:
    """A pixel buffer object that a tensor on the GPU is copied into."""

    def __init__(self, context: moderngl.Context, image: Tensor) -> None:
        """Reserve memory for an image of this size. Raises InteropError where CUDA cannot write to it."""
        self._stream = torch.cuda.Stream(image.device)
        self._buffer = context.buffer(reserve=image.nbytes, dynamic=True)
        try:
            self._registered = RegisteredBuffer(self._buffer, self._stream.cuda_stream)
        except InteropError:
            self._buffer.release()
            raise

    def filled(self, image: Tensor) -> moderngl.Buffer:
        """The buffer, with the copy of the image queued on the stream."""
        self._registered.copy(image.data_ptr(), image.nbytes)
        image.record_stream(self._stream)  # keeps its memory until the copy is done
        return self._buffer

    def release(self) -> None:
        """Release the registration and the buffer."""
        try:
            self._registered.release()
        finally:
            self._buffer.release()
