"""The render service on the software renderer that stands for a GPU: what windows get, and what they are told."""

import time
from dataclasses import replace

import numpy as np
import pytest

from app.model.avatar_row import BodyState
from app.model.lights import LampState, LightState, Surroundings
from app.model.view_state import ViewState
from app.rendering.picture import fitting_exposure
from app.rendering.render_service import RenderService
from app.rendering.worker import Worker
from phynes_core.io.shipped_files import bundled_avatars
from phynes_core.kernels.gpu.device import GpuDevice, GpuError
from tests.software_gpu import software_gpu


@pytest.fixture(scope="module")
def state():
    made = ViewState(BodyState(str(bundled_avatars()["josh"])), light=LightState(lamps=(LampState(),)))
    return replace(made, camera=RenderService().home_camera(made))


@pytest.mark.parametrize("is_final", [False, True])
def test_a_window_gets_the_same_picture(state, is_final):
    expected = RenderService(has_antialias=is_final).render(state, 64, is_final)
    service = RenderService(device=software_gpu())
    frame = service.render(state, 64, is_final)
    assert frame.image.dtype == np.float16 and frame.image.shape == (64, 64, 4)
    assert (frame.face_index == expected.face_index).mean() > 0.999
    np.testing.assert_allclose(frame.image.astype(np.float32), expected.image.astype(np.float32), atol=4e-3)
    np.testing.assert_allclose(frame.uv, expected.uv, atol=1e-5)
    assert "gpu" in frame.node_ms and frame.is_converged and not frame.notice
    assert service.choices(state.body.avatar).engine == f"{software_gpu().adapter.name}: Vulkan"


@pytest.mark.parametrize(
    "surroundings", [Surroundings(has_ground=True), Surroundings("checker", has_ground=True, has_balls=True)]
)
def test_a_floor_is_laid_into_the_picture_on_the_gpu(state, surroundings):
    """What lies behind it is composed on the host. Measured: within 1/2048 of the CPU's picture."""
    shown = replace(state, surroundings=surroundings)
    expected = RenderService(has_antialias=False).render(shown, 64)
    frame = RenderService(device=software_gpu()).render(shown, 64)
    difference = np.abs(frame.image.astype(np.float32) - expected.image.astype(np.float32))
    assert frame.image.dtype == np.float16 and difference.max() < 4e-3
    assert "ground_compose" not in frame.node_ms and "mesh" not in frame.node_ms


def test_a_frame_is_begun_before_the_last_one_is_made(state, monkeypatch):
    """Three are handed over before one is read; each keeps its own picture, faces and texel coordinates."""
    calls, mapped = [], GpuDevice.mapped
    monkeypatch.setattr(GpuDevice, "mapped", lambda *given: calls.append("read") or mapped(*given))
    turned = replace(state, camera=replace(state.camera, azimuth_deg=90.0))
    service = RenderService(device=software_gpu())
    begun = [service.begin(view, 48) for view in (state, turned, state)]
    assert all(frame.is_pending for frame in begun) and calls == []
    frames = [frame.finished() for frame in begun]
    assert calls == ["read"] * 3
    for view, frame in zip((state, turned, state), frames, strict=True):
        expected = RenderService(has_antialias=False).render(view, 48)
        np.testing.assert_allclose(frame.image.astype(np.float32), expected.image.astype(np.float32), atol=4e-3)
        assert not isinstance(frame.faces, np.ndarray)  # nobody asked yet
        assert (frame.face_index == expected.face_index).mean() > 0.999
        np.testing.assert_allclose(frame.uv, expected.uv, atol=1e-5)
        fitting = fitting_exposure(frame, "filmic")
        assert fitting == pytest.approx(fitting_exposure(expected, "filmic"), abs=0.05)


def test_a_gpu_that_is_lost_while_it_makes_a_frame(state, monkeypatch):
    """The CPU makes that frame once more; what was only to be asked for later shows no body."""
    device = software_gpu()
    service, expected = RenderService(device=device), RenderService(has_antialias=False).render(state, 32)
    whole = service.render(state, 32)
    begun = service.begin(state, 32)

    def lose(*_):
        raise GpuError("Device lost")

    monkeypatch.setattr(type(device), "mapped", lose)
    frame = begun.finished()
    assert "Device lost" in device.failure and frame.notice == device.failure
    np.testing.assert_array_equal(frame.image, expected.image)
    assert (whole.face_index == -1).all() and not whole.uv.any()


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
