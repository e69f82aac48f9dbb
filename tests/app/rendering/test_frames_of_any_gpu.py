"""The render service on the software renderer that stands for a GPU: what windows get, and what they are told."""

import time
from dataclasses import replace

import numpy as np
import pytest

from app.model.avatar_row import BodyState
from app.model.lights import LampState, LightState
from app.model.view_state import ViewState
from app.rendering.render_service import RenderService
from app.rendering.worker import Worker
from phynes_core.io.shipped_files import bundled_avatars
from tests.software_gpu import software_gpu


@pytest.fixture(scope="module")
def state():
    made = ViewState(BodyState(str(bundled_avatars()["josh"])), light=LightState(lamps=(LampState(),)))
    return replace(made, camera=RenderService().home_camera(made))


@pytest.mark.parametrize("is_final", [False, True])
def test_a_window_gets_the_same_picture(state, is_final):
    expected = RenderService().render(state, 64, is_final)
    service = RenderService(device=software_gpu())
    frame = service.render(state, 64, is_final)
    assert frame.image.dtype == np.float16 and frame.image.shape == (64, 64, 4)
    assert (frame.faces == expected.faces).mean() > 0.999
    np.testing.assert_allclose(frame.image.astype(np.float32), expected.image.astype(np.float32), atol=4e-3)
    np.testing.assert_allclose(frame.texel_coordinates, expected.texel_coordinates, atol=1e-5)
    assert "gpu" in frame.node_ms and frame.is_converged and not frame.notice
    assert service.choices(state.body.avatar).engine == f"{software_gpu().adapter.name}: Vulkan"


def test_a_lost_gpu_is_told_once_and_frames_go_on(state, monkeypatch):
    """From the engine's thread."""
    device = software_gpu()

    def lose(*_):
        raise RuntimeError("Device lost")

    monkeypatch.setattr(type(device.handle.queue), "submit", lose)
    worker = Worker(RenderService(device=device), 32)
    worker.start()
    try:
        for azimuth in (0.0, 30.0):
            shown = replace(state, camera=replace(state.camera, azimuth_deg=azimuth))
            worker.show(shown)
            end = time.monotonic() + 120.0
            while (worker.latest is None or worker.latest.state is not shown) and time.monotonic() < end:
                time.sleep(0.02)
            assert worker.latest is not None and worker.latest.state is shown
    finally:
        worker.close()
    told = [message.text for message in worker.status.messages]
    assert len(told) == 1 and "Device lost" in told[0] and "--device cpu" in told[0]
