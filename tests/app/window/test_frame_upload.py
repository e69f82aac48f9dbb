"""Frames of a GPU reach the window's textures by the best way that works, and by each way they are the same."""

import logging

import numpy as np
import pytest
import torch

from app.rendering.picture import DeviceImage
from tests.app.offscreen import offscreen_context

pytest.importorskip("moderngl")
from app.window.cuda_interop import InteropError
from app.window.frame_upload import HOST, INTEROP, PINNED, FrameUpload, InteropWay, PinnedWay
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
    with caplog.at_level(logging.INFO, logger="app.window.frame_upload"):
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
