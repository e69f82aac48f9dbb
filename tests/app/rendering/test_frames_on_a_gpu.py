"""Frames stay on the GPU until they are read as arrays."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.model.avatar_row import BodyState
from app.model.display_settings import DisplaySettings
from app.model.lights import Surroundings
from app.model.view_state import ViewState
from app.rendering.frames import LIGHT, Frame
from app.rendering.picture import DeviceImage, display_bytes, held_image
from app.rendering.render_service import RenderService
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.body.files import load_bundled_body
from tests.pretended_device import is_marked, pretended_cuda

pytest.importorskip("moderngl")
from tests.app.upload_picture import SIZE, picture


def test_a_frame_on_a_gpu_is_copied_once_when_it_is_read():
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
    assert np.array_equal(display_bytes(frame, DisplaySettings()), display_bytes(expected, DisplaySettings()))
    assert counted.num_copies == 1
    image = DeviceImage(pixels)
    assert image.host is image.host


def test_a_host_image_is_the_array_itself():
    tensor = picture()
    held = held_image(tensor)
    assert isinstance(held, np.ndarray) and np.shares_memory(held, tensor.numpy())


@pytest.mark.parametrize("buffer", ["radiance", "normal", "depth"])
def test_the_service_leaves_pictures_on_the_device(buffer, tmp_path, monkeypatch):
    """On a simulated GPU, whose tensors must be copied before they become arrays; surroundings are made on the host."""
    torch.manual_seed(0)
    save_checkpoint(tmp_path / "plain.ckpt", Avatar.untrained(load_bundled_body(), "plain"))
    state = ViewState(BodyState(str(tmp_path / "plain.ckpt")), display=DisplaySettings(buffer=buffer))
    state = replace(state, camera=RenderService().home_camera(state))
    expected = RenderService(has_antialias=False).render(state, 32)  # as GPUs draw while things move
    waits = []
    monkeypatch.setattr("app.rendering.begun_frames.wait_until_finished", lambda device: waits.append(device.type))
    with pretended_cuda() as device:
        service = RenderService(device=device)
        frame = service.render(state, 32)
        assert isinstance(frame.image, DeviceImage) and is_marked(frame.image.tensor)
        assert frame.size == (32, 32) and waits == ["cuda"]
        pixels, faces = frame.pixels, frame.face_index
        with_surroundings = service.render(replace(state, surroundings=Surroundings(backdrop="checker")), 32)
        if buffer == "radiance":
            assert isinstance(with_surroundings.image, np.ndarray)
    assert np.mean(faces != expected.face_index) < 0.01
    same = faces == expected.face_index
    assert np.abs(pixels[same].astype(np.float32) - expected.pixels[same]).mean() < 2e-3
    assert isinstance(expected.image, np.ndarray)
