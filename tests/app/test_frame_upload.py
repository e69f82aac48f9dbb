"""Frames of a GPU reach the window's textures by the best way that works, and by each way they are the same."""

import logging
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from app.device_image import DeviceImage, held_image
from app.frames import LIGHT, Frame
from app.picture import display_bytes
from app.session import AvatarSession
from app.state import BodyState, LookState, StageState, ViewState
from phynes_core.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.checkpoint import save_checkpoint
from tests.app.offscreen import offscreen_context
from tests.pretended_device import is_marked, pretended_cuda

pytest.importorskip("moderngl")

from app.frame_upload import HOST, INTEROP, PINNED, FrameUpload, InteropWay, PinnedWay
from app.gl_interop import Driver, InteropError, PixelBuffer, RegisteredBuffer

SIZE = (20, 12)  # width, height
STREAM = 0x5EED


@pytest.fixture(scope="module")
def context():
    with offscreen_context() as context:
        yield context


@pytest.fixture
def texture(context):
    texture = context.texture(SIZE, 4, dtype="f2")
    yield texture
    texture.release()


def picture(seed=0):
    return torch.rand(SIZE[1], SIZE[0], 4, generator=torch.Generator().manual_seed(seed)).half() * 8.0


def contents(texture):
    return np.frombuffer(texture.read(), np.float16).reshape(texture.height, texture.width, 4)


class SharedMemory:
    """A pixel buffer that is written as CUDA would."""

    def __init__(self, context, image):
        self.buffer, self.is_released = context.buffer(reserve=image.nbytes), False

    def filled(self, image):
        self.buffer.write(image.numpy().tobytes())
        return self.buffer

    def release(self):
        self.is_released = True


class Refusing:
    """A way that fails when it is opened, or at its n-th image."""

    def __init__(self, error, num_good=-1):
        self.error, self.num_good, self.num_opened, self.num_released = error, num_good, 0, 0

    def __call__(self, context):
        self.num_opened += 1
        if self.num_good < 0:
            raise self.error
        return self

    def write(self, texture, image):
        self.num_good -= 1
        if self.num_good < 0:
            raise self.error
        texture.write(image.numpy())

    def release(self):
        self.num_released += 1


@pytest.mark.parametrize("way", [PinnedWay, lambda context: InteropWay(context, SharedMemory)])
def test_every_way_fills_the_texture_as_the_host_does(context, texture, way):
    """Twice, so that kept memory is written anew, then another size."""
    opened = way(context)
    for seed in (1, 2):
        FrameUpload(context).write(texture, picture(seed).numpy())
        expected = contents(texture).copy()
        texture.write(bytes(texture.width * texture.height * 8))
        opened.write(texture, picture(seed))
        assert np.array_equal(contents(texture), expected) and np.array_equal(expected, picture(seed).numpy())
    larger = context.texture((32, 32), 4, dtype="f2")
    opened.write(larger, torch.full((32, 32, 4), 0.25).half())
    assert (contents(larger) == 0.25).all()
    opened.release()


def test_a_buffer_is_kept_until_the_size_changes(context, texture):
    made = []

    def new(context, image):
        made.append(SharedMemory(context, image))
        return made[-1]

    way = InteropWay(context, new)
    for _ in range(3):
        way.write(texture, picture())
    assert len(made) == 1
    way.write(context.texture((4, 4), 4, dtype="f2"), torch.zeros(4, 4, 4).half())
    assert [buffer.is_released for buffer in made] == [True, False]
    way.release()
    assert made[1].is_released


def test_the_best_way_that_works_is_taken_and_kept(context, texture, caplog):
    refusing = Refusing(InteropError("cuGraphicsGLRegisterBuffer gives error 304"))
    upload = FrameUpload(context, ((INTEROP, refusing), (PINNED, PinnedWay)))
    with caplog.at_level(logging.INFO, logger="app.frame_upload"):
        for seed in range(3):
            upload.write(texture, DeviceImage(picture(seed)))
            assert upload.path == PINNED and np.array_equal(contents(texture), picture(seed).numpy())
    assert refusing.num_opened == 1
    assert caplog.messages == [
        "frames do not reach the window by GL interop: cuGraphicsGLRegisterBuffer gives error 304"
    ]


@pytest.mark.parametrize("error", [InteropError("999"), RuntimeError("CUDA error"), OSError("no library")])
def test_without_any_way_the_host_still_carries_frames(context, texture, error):
    upload = FrameUpload(context, ((INTEROP, Refusing(error)), (PINNED, Refusing(error, num_good=0))))
    upload.write(texture, DeviceImage(picture()))
    assert upload.path == HOST and np.array_equal(contents(texture), picture().numpy())


def test_a_way_that_fails_later_is_left_within_the_same_frame(context, texture):
    failing = Refusing(InteropError("lost"), num_good=1)
    upload = FrameUpload(context, ((INTEROP, failing), (PINNED, PinnedWay)))
    upload.write(texture, DeviceImage(picture(1)))
    assert upload.path == INTEROP
    upload.write(texture, DeviceImage(picture(2)))
    assert upload.path == PINNED and np.array_equal(contents(texture), picture(2).numpy())
    assert failing.num_released == 1


def test_a_mistake_of_ours_is_not_taken_for_a_missing_feature(context, texture):
    upload = FrameUpload(context, ((INTEROP, Refusing(TypeError("ours"))),))
    with pytest.raises(TypeError, match="ours"):
        upload.write(texture, DeviceImage(picture()))


def test_frames_of_the_cpu_try_nothing(context, texture):
    refusing = Refusing(InteropError("unasked"))
    upload = FrameUpload(context, ((INTEROP, refusing),))
    upload.write(texture, picture().numpy()[:, ::-1])  # not contiguous
    assert upload.path == HOST and refusing.num_opened == 0
    assert np.array_equal(contents(texture), picture().numpy()[:, ::-1])


def test_this_machine_without_a_gpu_falls_back_by_itself(context, texture):
    """The real ways in their real order: an image that only claims to lie on a GPU cannot be shared."""
    if torch.cuda.is_available():
        pytest.skip("a GPU is here: tests/cuda")
    upload = FrameUpload(context)
    upload.write(texture, DeviceImage(picture()))
    assert upload.path == PINNED and np.array_equal(contents(texture), picture().numpy())


# the driver


class Library:
    """The driver's functions, which note who calls and fail on request."""

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


def test_a_copy_lies_between_mapping_and_unmapping_on_one_stream():
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


def test_a_refusal_names_the_call_and_the_number():
    with pytest.raises(InteropError, match="cuGraphicsGLRegisterBuffer gives error 999"):
        registered(Library("cuGraphicsGLRegisterBuffer", 999))


def test_what_was_mapped_is_unmapped_whatever_happens():
    library = Library("cuMemcpyDtoDAsync_v2", 1)
    with pytest.raises(InteropError, match="cuMemcpyDtoDAsync"):
        registered(library).copy(0xF00, 64)
    assert library.calls[-1] == "cuGraphicsUnmapResources"


def test_a_buffer_that_is_too_small_is_not_written_to():
    library = Library(num_bytes=63)
    with pytest.raises(InteropError, match="63 bytes instead of 64"):
        registered(library).copy(0xF00, 64)
    assert "cuMemcpyDtoDAsync_v2" not in library.calls


def test_a_driver_without_these_functions_is_a_refusal():
    with pytest.raises(InteropError, match="cannot be called"):
        Driver(SimpleNamespace())


def test_a_refused_buffer_is_given_back(context, monkeypatch):
    released = []
    buffer = SimpleNamespace(size=64, glo=3, release=lambda: released.append(True))
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: SimpleNamespace(cuda_stream=STREAM))
    monkeypatch.setattr("app.gl_interop.Driver", lambda: Driver(Library("cuGraphicsGLRegisterBuffer", 304)))
    with pytest.raises(InteropError, match="304"):
        PixelBuffer(SimpleNamespace(buffer=lambda reserve, dynamic: buffer), picture())
    assert released == [True]


# frames


def test_a_frame_on_a_gpu_is_copied_when_its_numbers_are_asked_for_and_then_once():
    class Counted:
        num_copies = 0

        def __init__(self, tensor):
            self.shape, self._tensor = tuple(tensor.shape), tensor

        @property
        def host(self):
            self.num_copies += 1
            return self._tensor.numpy()

    pixels = picture()
    counted = Counted(pixels)
    frame = Frame(counted, LIGHT, ViewState(), (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0)
    assert frame.size == SIZE and frame.face_index is None and counted.num_copies == 0
    expected = Frame(pixels.numpy(), LIGHT, ViewState(), (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0)
    assert np.array_equal(display_bytes(frame, LookState()), display_bytes(expected, LookState()))
    assert counted.num_copies == 1
    image = DeviceImage(pixels)
    assert image.host is image.host


def test_a_host_image_is_the_array_itself():
    tensor = picture()
    held = held_image(tensor)
    assert isinstance(held, np.ndarray) and np.shares_memory(held, tensor.numpy())


@pytest.mark.parametrize("buffer", ["radiance", "normal", "depth"])
def test_the_session_leaves_pictures_on_the_device(buffer, tmp_path, monkeypatch):
    """On a pretended GPU, where nothing becomes an array before it was copied; with a floor it comes from the host."""
    torch.manual_seed(0)
    save_checkpoint(tmp_path / "plain.ckpt", Avatar.untrained(load_bundled_body(), "plain"))
    state = ViewState(BodyState(str(tmp_path / "plain.ckpt")), look=LookState(buffer=buffer))
    state = replace(state, camera=AvatarSession().home_camera(state))
    expected = AvatarSession().render(state, 32)
    waits = []
    monkeypatch.setattr("app.session.wait_until_finished", lambda device: waits.append(device.type))
    with pretended_cuda() as device:
        session = AvatarSession(device=device)
        frame = session.render(state, 32)
        assert isinstance(frame.image, DeviceImage) and is_marked(frame.image.tensor)
        assert frame.size == (32, 32) and waits == ["cuda"]
        pixels, faces = frame.pixels, frame.face_index
        staged = session.render(replace(state, stage=StageState(backdrop="checker")), 32)
        if buffer == "radiance":
            assert isinstance(staged.image, np.ndarray)
    assert np.mean(faces != expected.face_index) < 0.01
    same = faces == expected.face_index
    assert np.abs(pixels[same].astype(np.float32) - expected.pixels[same]).mean() < 2e-3
    assert isinstance(expected.image, np.ndarray)
