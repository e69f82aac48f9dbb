"""What only a GPU can show of frames on their way to the window: see docs/gpu.md."""

import logging

import numpy as np
import pytest
import torch

from app.model.avatar_row import BodyState
from app.model.view_state import ViewState
from app.rendering.picture import DeviceImage
from app.rendering.render_service import RenderService
from phynes_core.io.shipped_files import CHECKPOINTS
from tests.app.offscreen import offscreen_context

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here (docs/gpu.md)")

SIZE = 512


@pytest.mark.parametrize("wanted", ["GL interop", "pinned copy"])
def test_a_way_fills_the_texture_with_what_the_gpu_holds(wanted, caplog):
    """Many images in a row, whose memory torch gives to the next; interop where GL runs on this GPU."""
    from app.window.frame_upload import TRANSFERS, FrameUpload

    with offscreen_context() as context, caplog.at_level(logging.INFO, logger="app.window.frame_upload"):
        upload = FrameUpload(context, tuple(way for way in TRANSFERS if way[0] == wanted))
        texture = context.texture((SIZE, SIZE), 4, dtype="f2")
        for number in range(20):
            image = torch.full((SIZE, SIZE, 4), float(number), device="cuda").half()
            image[number] = torch.arange(SIZE, device="cuda")[:, None].half()
            expected = image.cpu().numpy()
            upload.write(texture, DeviceImage(image))
            if upload.path != wanted:
                pytest.skip(f"{wanted} is refused here ({context.info['GL_RENDERER']}): {caplog.messages}")
            del image
            torch.full((SIZE, SIZE, 4), -1.0, device="cuda").half()  # would take its memory, were it free too early
            assert np.array_equal(np.frombuffer(texture.read(), np.float16).reshape(expected.shape), expected)
        upload.release()


def test_the_session_leaves_frames_on_the_gpu_and_they_are_those_of_the_cpu():
    state = ViewState(BodyState(str(CHECKPOINTS / "josh.ckpt")))
    on_cpu, on_gpu = RenderService(), RenderService(device=torch.device("cuda", 0))
    frame, expected = (session.render(state, SIZE) for session in (on_gpu, on_cpu))
    assert isinstance(frame.image, DeviceImage) and frame.image.tensor.is_cuda
    assert np.mean(frame.face_index == expected.face_index) > 0.999
    same = (frame.face_index == expected.face_index)[..., None]
    difference = (frame.pixels.astype(np.float32) - expected.pixels) * same
    peak = float(expected.pixels[..., :3].max())
    assert 20 * np.log10(peak) - 10 * np.log10(np.square(difference).mean() + 1e-20) > 50.0  # dB
