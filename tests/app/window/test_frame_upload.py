"""Frames of a GPU reach the window's textures by the best transfer that works, and all transfers agree."""

import logging

import numpy as np
import pytest
import torch

from app.rendering.picture import DeviceImage
from tests.app.offscreen import offscreen_context

pytest.importorskip("moderngl")
from app.window.cuda_interop import InteropError
from app.window.frame_upload import HOST, INTEROP, PINNED, FrameUpload, InteropTransfer, PinnedTransfer
from tests.app.upload_picture import SIZE, picture


@pytest.fixture(scope="module")
def context():
    with offscreen_context() as context:
        yield context


@pytest.fixture
def texture(context):
    texture = context.texture(SIZE, 4, dtype="f2")
    yield texture
    texture.release()


def contents(texture):
    return np.frombuffer(texture.read(), np.float16).reshape(texture.height, texture.width, 4)


class SharedMemory:
    """A pixel buffer that is written on the CPU instead of by CUDA."""

    def __init__(self, context, image):
        self.buffer, self.is_released = context.buffer(reserve=image.nbytes), False

    def filled(self, image):
        self.buffer.write(image.numpy().tobytes())
        return self.buffer

    def release(self):
        self.is_released = True


class Failing:
    """A transfer that fails when it is made, or after `num_good` images."""

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


@pytest.mark.parametrize("new_transfer", [PinnedTransfer, lambda context: InteropTransfer(context, SharedMemory)])
def test_every_transfer_fills_the_texture_as_the_host_does(context, texture, new_transfer):
    """Twice, so that its memory is used again, then in another size."""
    transfer = new_transfer(context)
    for seed in (1, 2):
        FrameUpload(context).write(texture, picture(seed).numpy())
        expected = contents(texture).copy()
        texture.write(bytes(texture.width * texture.height * 8))
        transfer.write(texture, picture(seed))
        assert np.array_equal(contents(texture), expected) and np.array_equal(expected, picture(seed).numpy())
    larger = context.texture((32, 32), 4, dtype="f2")
    transfer.write(larger, torch.full((32, 32, 4), 0.25).half())
    assert (contents(larger) == 0.25).all()
    transfer.release()


def test_a_buffer_is_kept_until_the_size_changes(context, texture):
    made = []

    def new(context, image):
        made.append(SharedMemory(context, image))
        return made[-1]

    transfer = InteropTransfer(context, new)
    for _ in range(3):
        transfer.write(texture, picture())
    assert len(made) == 1
    transfer.write(context.texture((4, 4), 4, dtype="f2"), torch.zeros(4, 4, 4).half())
    assert [buffer.is_released for buffer in made] == [True, False]
    transfer.release()
    assert made[1].is_released


def test_the_best_transfer_that_works_is_chosen_once(context, texture, caplog):
    failing = Failing(InteropError("cuGraphicsGLRegisterBuffer gives error 304"))
    upload = FrameUpload(context, ((INTEROP, failing), (PINNED, PinnedTransfer)))
    with caplog.at_level(logging.INFO, logger="app.window.frame_upload"):
        for seed in range(3):
            upload.write(texture, DeviceImage(picture(seed)))
            assert upload.path == PINNED and np.array_equal(contents(texture), picture(seed).numpy())
    assert failing.num_opened == 1
    assert caplog.messages == [
        "frames do not reach the window by GL interop: cuGraphicsGLRegisterBuffer gives error 304"
    ]


@pytest.mark.parametrize("error", [InteropError("999"), RuntimeError("CUDA error"), OSError("no library")])
def test_without_any_transfer_frames_are_copied_by_the_host(context, texture, error):
    upload = FrameUpload(context, ((INTEROP, Failing(error)), (PINNED, Failing(error, num_good=0))))
    upload.write(texture, DeviceImage(picture()))
    assert upload.path == HOST and np.array_equal(contents(texture), picture().numpy())


def test_a_transfer_that_fails_later_is_replaced_within_the_same_frame(context, texture):
    failing = Failing(InteropError("lost"), num_good=1)
    upload = FrameUpload(context, ((INTEROP, failing), (PINNED, PinnedTransfer)))
    upload.write(texture, DeviceImage(picture(1)))
    assert upload.path == INTEROP
    upload.write(texture, DeviceImage(picture(2)))
    assert upload.path == PINNED and np.array_equal(contents(texture), picture(2).numpy())
    assert failing.num_released == 1


def test_a_programming_error_is_not_taken_for_a_missing_feature(context, texture):
    upload = FrameUpload(context, ((INTEROP, Failing(TypeError("ours"))),))
    with pytest.raises(TypeError, match="ours"):
        upload.write(texture, DeviceImage(picture()))


def test_frames_of_the_cpu_try_no_transfer(context, texture):
    failing = Failing(InteropError("unasked"))
    upload = FrameUpload(context, ((INTEROP, failing),))
    upload.write(texture, picture().numpy()[:, ::-1])  # not contiguous
    assert upload.path == HOST and failing.num_opened == 0
    assert np.array_equal(contents(texture), picture().numpy()[:, ::-1])


def test_this_machine_without_a_gpu_falls_back_by_itself(context, texture):
    """The real transfers in their order: an image that only claims to lie on a GPU cannot be shared."""
    if torch.cuda.is_available():
        pytest.skip("a GPU is here: tests/cuda")
    upload = FrameUpload(context)
    upload.write(texture, DeviceImage(picture()))
    assert upload.path == PINNED and np.array_equal(contents(texture), picture().numpy())
