"""bench on any GPU: what each pass costs, and devices side by side, of which some are absent."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from app.bench.gpu_passes import measure_passes, show_passes
from app.bench.scenarios import (
    CPU,
    ScenarioTimes,
    devices_here,
    live_options,
    measure_devices,
    show_devices,
    walking,
)
from app.model.avatar_row import BodyState
from app.model.view_state import ViewState
from app.rendering.render_service import RenderService
from phynes_core.io.shipped_files import bundled_avatars
from phynes_core.kernels.gpu import adapters as found
from tests.software_gpu import software_gpu


def test_every_pass_is_timed_and_counted(capsys):
    """Of josh, walking; the sum on paper is that of the passes, and a frame needs some memory."""
    view = ViewState(BodyState(str(bundled_avatars()["josh"])))
    service = RenderService()
    scene = service.scene(replace(view, camera=service.home_camera(view)), 48).scene
    cost = measure_passes(partial(walking, scene), 3, live_options(view), software_gpu(), lambda _: None)
    assert {"skin", "draw", "slopes", "albedo", "trace_probes", "shade", "half.radiance"} <= set(cost.passes)
    heavy = [cost.passes[name] for name in ("skin", "slopes", "albedo", "trace_probes", "shade")]
    assert all(row.operations > 1e4 and row.traffic > 1e3 and row.measured_ms is not None for row in heavy)
    assert 0.0 < cost.submit_ms <= cost.made_ms <= cost.frame_ms and cost.begun_ms > 0.0
    assert cost.covered > 100 and cost.seen > 100 and cost.memory_mb > 1.0
    assert cost.peaks.flops > 1e8 and cost.peaks.bandwidth > 1e7
    assert cost.peaks.least_ms(cost.peaks.flops, 0.0) == cost.peaks.least_ms(0.0, cost.peaks.bandwidth) == 1e3
    record = cost.as_json()
    assert record["paper_ms"] == pytest.approx(sum(row.paper_ms for row in cost.passes.values()), abs=1e-3)
    show_passes(cost, "a GPU")
    assert "frames a second" in capsys.readouterr().out


def test_devices_that_are_absent_are_named(monkeypatch, capsys):
    """No error: the others are measured."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(found, "adapters", lambda: ())
    monkeypatch.setattr(found, "missing_wgpu", lambda: "")
    here = devices_here(CPU, "")
    assert list(here) == ["cpu", "cuda", "gpu"] and here["cpu"] == CPU
    times = {"env": ScenarioTimes((10.0, 10.0, 20.0), {})}
    rows = measure_devices(here, "cpu", times, lambda _: pytest.fail("nothing else is here"))
    assert rows["cpu"]["env"]["fps_p50"] == 100.0
    show_devices(rows, has_profile=False)
    shown = capsys.readouterr().out.splitlines()
    assert "cpu" in shown[1] and "cuda" not in shown[1] and shown[2].split() == ["env", "100.0"]
    assert shown[3].startswith("cuda: not here (torch") and shown[4].startswith("gpu: not here (--device gpu: expected")


def test_a_gpu_stands_beside_the_cpu(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    device = software_gpu()
    here = devices_here(device, "")
    assert here["gpu"] is device
    own, other = {"pose": ScenarioTimes((10.0,), {"gpu": 9.0})}, {"pose": ScenarioTimes((5.0,), {"shade": 2.0})}
    rows = measure_devices(here, "gpu", own, lambda asked: other if asked == CPU else {})
    show_devices(rows, has_profile=True)
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].split() == ["fps", "(median)", "cpu", "gpu"] and shown[2].split() == ["pose", "200.0", "100.0"]
    assert shown[3] == "pose on cpu" and shown[4].split() == ["shade", "2.00", "ms"] and shown[5] == "pose on gpu"
