"""The bench command: its measurements, its files, and the options that it refuses."""

import json
from dataclasses import replace

import pytest
import torch

from app import cli
from app.bench import operations, sizes
from app.bench.operations import Operation, measure_backends, measure_operations
from app.bench.plot import Line, size_plots
from app.bench.scenarios import ScenarioTimes, live_options, parity_db
from app.bench.training_step import TrainingStep
from app.model.view_state import ViewState
from phynes_core.avatar.checkpoint import resolve_avatar_path
from phynes_core.frame.scene import AvatarCopies
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment
from tests.frame.test_frame_on_a_device import scene_of, small_avatar
from tests.pretended_device import CUDA, pretended_cuda

AVATAR = str(resolve_avatar_path("josh.ckpt"))
SMALL = ["bench", "--avatar", AVATAR, "--size", "48", "--frames", "3"]


def _silent(doing: str) -> None:
    pass


def test_the_json_has_the_documented_names(tmp_path, capsys, monkeypatch):
    """One run with all options: the JSON, the profile, the times against size and their plot."""
    path = tmp_path / "bench.json"
    for name, few in (("IMAGE_SIZES", (32, 64)), ("PROBE_COUNTS", (64, 128)), ("AVATAR_COUNTS", (1, 2))):
        monkeypatch.setattr(sizes, name, few)
    monkeypatch.setattr(sizes, "NUM_FRAMES", 2)
    monkeypatch.setattr(operations, "measure_operations", lambda timed, _, *rest: measure_operations(timed, 2, *rest))
    assert cli.run([*SMALL, "--no-references", "--profile", "--json", str(path), "--sizes", str(tmp_path / "out")]) == 0
    record = json.loads(path.read_text(encoding="utf-8"))
    assert {"device", "commit", "size", "stages", "scenarios", "peak_memory_mb"} <= set(record)
    assert set(record["scenarios"]) == {"env", "lamp", "camera", "pose", "full"}
    for row in record["scenarios"].values():
        assert 0 < row["fps_p5"] <= row["fps_p50"]
    names = {"mesh", "rasterize", "encoding", "materials", "pixel_normals", "visibility", "shade", "lamp_visibility"}
    assert set(record["stages"]) == names | {"training_step"}
    assert all(row["fast_ms"] > 0 for row in record["stages"].values())
    kept = record["scenarios"]["env"]["stage_ms"]
    assert "materials" not in kept and kept["shade"] > 0  # turning the light queries no map
    assert record["scenarios"]["camera"]["stage_ms"]["materials"] > 0
    textures = record["textures"]
    assert set(textures["fps_without"]) == {"camera", "pose", "full"} and textures["alike_db"] > 50.0
    assert 0 < textures["memory_mb"] <= 64 and textures["file_mb"] == textures["memory_mb"]
    assert all(textures[name] > 0 for name in ("baked_ms", "kept_ms", "read_ms"))
    said = capsys.readouterr().out
    assert "pixel_normals" in said and "camera without" in said
    measured = json.loads((tmp_path / "out" / "sizes.json").read_text(encoding="utf-8"))["sizes"]
    assert set(measured) == {"image side, pixels", "probes", "avatars"}
    assert all(len(line["milliseconds"]) == 2 for lines in measured.values() for line in lines)
    assert (tmp_path / "out" / "sizes.svg").read_text(encoding="utf-8").count("<polyline") == 6


def test_the_time_of_a_share_of_the_work_is_scaled_up(monkeypatch):
    monkeypatch.setattr(operations, "milliseconds", lambda action, device: action() or 8.0)
    asked = []
    operation = Operation("rasterize", "rasterize", lambda *work: asked.append(work), {"warp": 0.25})
    row = measure_operations([operation], 3, True, _silent)["rasterize"]
    assert (row["reference"], row["reference_share"]) == ("warp", 0.25)
    assert (row["fast_ms"], row["reference_ms"], row["ratio"]) == (8.0, 32.0, 4.0)
    assert asked == [("auto", 1.0)] * 4 + [("warp", 0.25)] * 2  # one more of each, to compile


def test_every_backend_that_works_here_is_timed():
    operation = Operation("rasterize", "rasterize", lambda backend, share: backend)
    assert {"numba", "warp", "reference"} <= set(measure_backends([operation], 1, _silent)["rasterize"])


def test_percentiles_of_frames():
    times = ScenarioTimes(tuple([10.0] * 19 + [100.0]), {"shade": 4.0}).as_json()
    assert (times["fps_p50"], times["fps_p5"]) == (100.0, 10.0)


def test_training_steps_have_the_same_losses_with_both_backends():
    """Measured: the same loss within 1e-6 of it after four steps."""
    step = TrainingStep()
    step.run("auto")
    step.run("reference")
    fast, plain = (step.losses(backend) for backend in ("auto", "reference"))
    assert len(fast) == 4 and fast == pytest.approx(plain, rel=1e-3)


def test_every_operation_runs_on_a_gpu_and_its_picture_is_compared_with_the_cpus():
    """On the simulated device, which refuses tensors of two devices in one operation."""
    scene = replace(scene_of(small_avatar()), lighting=Lighting(Environment(torch.rand(16, 32, 3))))
    with pretended_cuda():
        for operation in operations.frame_operations(AvatarCopies(CUDA).placed(scene)):
            operation.run("auto", 1.0)
        assert parity_db(scene, live_options(ViewState()), torch.device("cuda")) > 60.0


def test_directions_spread_evenly():
    directions = sizes.spread_directions(512)
    assert torch.allclose(directions.norm(dim=-1), torch.ones(512), atol=1e-6)
    assert directions.mean(0).norm() < 0.01


def test_a_power_law_is_plotted_as_a_straight_line():
    plot = size_plots({"side": (Line("square", (1.0, 10.0, 100.0), (1.0, 100.0, 10_000.0)),)})
    points = plot.split('points="')[1].split('"')[0].split()
    (x0, y0), (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in points)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2) and y1 - y0 == pytest.approx(y2 - y1, abs=0.2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--frames", "2"], "--frames: expected at least 3"),
        (["--probe", "none"], "--probe: expected a surrounding light"),
        (["--device", "cuda"], "--device cuda: "),
    ],
)
def test_options_that_cannot_be_timed_are_refused(words, message, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert cli.guarded(lambda: cli.run([*SMALL, *words])) == 2
    assert message in capsys.readouterr().err
