"""Pixel buffers shared by CUDA and GL: the order of the driver's calls, and that errors release everything."""

from types import SimpleNamespace

import pytest
import torch

pytest.importorskip("moderngl")
from app.window.cuda_interop import Driver, InteropError, PixelBuffer, RegisteredBuffer
from tests.app.upload_picture import picture

STREAM = 0x5EED


class Library:
    """Stands for the driver: records calls and streams, and fails at `failing` with `code`."""

    def __init__(self, failing="", code=0, num_bytes=1 << 20):
        self.calls, self.streams = [], set()

        def function(name):
            def call(*arguments):
                self.calls.append(name)
                if name in ("cuGraphicsMapResources", "cuGraphicsUnmapResources", "cuMemcpyDtoDAsync_v2"):
                    self.streams.add(arguments[-1].value)
                if name == "cuGraphicsGLRegisterBuffer":
                    arguments[0]._obj.value = 0xB0F
                if name == "cuGraphicsResourceGetMappedPointer_v2":
                    arguments[0]._obj.value, arguments[1]._obj.value = 0xADD, num_bytes
                return code if name == failing else 0

            return call

        for name in (
            "cuStreamGetCtx", "cuCtxSetCurrent", "cuGraphicsGLRegisterBuffer", "cuGraphicsMapResources",
            "cuGraphicsResourceGetMappedPointer_v2", "cuGraphicsUnmapResources", "cuGraphicsUnregisterResource",
            "cuMemcpyDtoDAsync_v2",
        ):  # fmt: skip
            setattr(self, name, function(name))


def registered(library):
    return RegisteredBuffer(SimpleNamespace(glo=3, size=64), STREAM, Driver(library))


def test_a_copy_is_made_between_mapping_and_unmapping_on_one_stream():
    library = Library()
    buffer = registered(library)
    buffer.copy(0xF00, 64)
    buffer.release()
    buffer.release()
    assert library.calls == [
        "cuStreamGetCtx", "cuCtxSetCurrent", "cuGraphicsGLRegisterBuffer",
        "cuGraphicsMapResources", "cuGraphicsResourceGetMappedPointer_v2", "cuMemcpyDtoDAsync_v2",
        "cuGraphicsUnmapResources", "cuGraphicsUnregisterResource",
    ]  # fmt: skip
    assert library.streams == {STREAM}


def test_an_error_names_the_call_and_the_number():
    with pytest.raises(InteropError, match="cuGraphicsGLRegisterBuffer gives error 999"):
        registered(Library("cuGraphicsGLRegisterBuffer", 999))


def test_a_mapped_buffer_is_unmapped_when_the_copy_fails():
    library = Library("cuMemcpyDtoDAsync_v2", 1)
    with pytest.raises(InteropError, match="cuMemcpyDtoDAsync"):
        registered(library).copy(0xF00, 64)
    assert library.calls[-1] == "cuGraphicsUnmapResources"


def test_a_buffer_that_is_too_small_is_not_written_to():
    library = Library(num_bytes=63)
    with pytest.raises(InteropError, match="63 bytes instead of 64"):
        registered(library).copy(0xF00, 64)
    assert "cuMemcpyDtoDAsync_v2" not in library.calls


def test_a_driver_without_these_functions_raises_an_interop_error():
    with pytest.raises(InteropError, match="cannot be called"):
        Driver(SimpleNamespace())


def test_a_buffer_that_cannot_be_registered_is_released(monkeypatch):
    released = []
    buffer = SimpleNamespace(size=64, glo=3, release=lambda: released.append(True))
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: SimpleNamespace(cuda_stream=STREAM))
    monkeypatch.setattr("app.window.cuda_interop.Driver", lambda: Driver(Library("cuGraphicsGLRegisterBuffer", 304)))
    with pytest.raises(InteropError, match="304"):
        PixelBuffer(SimpleNamespace(buffer=lambda reserve, dynamic: buffer), picture())
    assert released == [True]
