"""The evaluation of an avatar that is the truth, and of one that is off by known amounts."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.atlas import average_over_seams
from phynes_core.data.native.reader import load_capture
from phynes_core.errors import CaptureError
from phynes_core.evaluation.evaluate import evaluate, flat_metrics
from phynes_core.evaluation.options import EvaluateOptions
from phynes_core.evaluation.poses import posed_capture
from phynes_core.evaluation.report.files import write_report
from phynes_core.io.image_files import write_png
from phynes_core.synthetic.imperfections.degrade import degrade
from phynes_core.synthetic.imperfections.settings import Imperfections

OPTIONS = EvaluateOptions(surface_samples=800, pictured=1)


@pytest.fixture(scope="module")
def truth(tiny_module):
    """The avatar that the pictures were rendered from; its texture map is no part of them."""
    return tiny_module.known_avatar()


@pytest.fixture(scope="module")
def evaluation(truth, tiny_root):
    return evaluate(truth, load_capture(tiny_root), OPTIONS)


def test_the_truth_scores_like_the_truth(evaluation):
    metrics = evaluation.metrics
    assert metrics["novel_view"]["relit"]["psnr"] > 50  # 8-bit pictures
    assert metrics["novel_pose"]["relit"]["psnr_foreground"] > 50
    assert metrics["novel_view"]["relit"]["ssim"] > 0.999
    assert metrics["novel_view"]["texture"]["psnr"] < 30  # an untrained map
    for group in ("albedo", "visibility", "relighting"):
        assert metrics[group]["psnr"] > 60 and metrics[group]["psnr_foreground"] > 60
        assert metrics[group]["psnr_foreground_srgb"] > 60
    assert abs(metrics["albedo"]["baked_shading"]) < 1e-3
    assert metrics["roughness"]["rmse"] < 1e-3
    assert metrics["normal"]["degrees"] < 0.1
    assert metrics["geometry"]["p2s_cm"] < 1e-3 and metrics["geometry"]["cd_cm"] < 1e-3
    assert metrics["protocol"]["images"] == {"novel_view": 2, "novel_pose": 1}


def test_known_errors_are_measured(truth, tiny_root, tiny_module):
    wrong = tiny_module.known_avatar()
    wrong.query_albedo = lambda uv, pose: 0.5 * tiny_module.known_albedo(uv, pose)  # alignment takes this out
    wrong.query_roughness = lambda uv, pose: torch.full((len(uv),), 0.8)
    wrong.vertex_offsets = lambda pose: average_over_seams(
        wrong.body, torch.full((len(wrong.body.uv), 1), tiny_module.OFFSET_M - 0.01)
    )[:, 0]
    metrics = evaluate(wrong, load_capture(tiny_root), OPTIONS).metrics
    assert metrics["roughness"]["rmse"] == pytest.approx(0.2, abs=0.02)
    assert metrics["roughness"]["bias"] == pytest.approx(0.2, abs=0.02)
    assert 0.6 < metrics["geometry"]["p2s_cm"] <= 1.0  # 1 cm thinner, less where the truth folds onto itself
    assert metrics["novel_view"]["relit"]["psnr_foreground"] < 25


def test_few_images_are_spread(truth, tiny_root):
    options = EvaluateOptions(max_images=1, surface_samples=100, pictured=0)
    few = evaluate(truth, load_capture(tiny_root), options)
    assert few.metrics["protocol"]["images"] == {"novel_view": 1, "novel_pose": 1}
    assert few.panels == []


def test_the_report_holds_the_numbers_and_the_pictures(evaluation, tiny_root, tmp_path):
    assert evaluation.capture == tiny_root.name
    write_report(tmp_path, evaluation)
    stored = json.loads((tmp_path / "metrics.json").read_text())
    names = {"novel_view", "novel_pose", "albedo", "visibility", "relighting", "roughness", "normal", "geometry"}
    assert set(stored) == names | {"protocol", "light", "speed"}
    rgb = {"psnr", "psnr_foreground", "psnr_box", "ssim", "ssim_box", "flip", "flip_foreground", "psnr_head_and_hands"}
    assert set(stored["novel_view"]["relit"]) == rgb  # 64 pixels are too few for MS-SSIM
    assert set(stored["relighting"]["by_light"]) == {"flat"}
    text = (tmp_path / "report.html").read_text()
    for number in range(len(evaluation.panels)):
        picture = f"pictures/{number:03d}.png"
        assert picture in text and (tmp_path / picture).stat().st_size > 0
    for word in ("Table I:", "Table II:", "Table III:", "Table IV:", "<svg", "true and learned light", "albedo"):
        assert word in text
    assert "http" not in text  # nothing from elsewhere
    rows = (tmp_path / "images.csv").read_text().splitlines()
    assert len(rows) == len(evaluation.rows) + 1
    assert "Table IV" in (tmp_path / "tables.csv").read_text()
    flat = flat_metrics(stored)
    assert "novel_view.relit.psnr" in flat and "relighting.by_light.flat.psnr" in flat
    assert not {name.split(".")[0] for name in flat} & {"protocol", "speed"}


def test_a_capture_without_ground_truth_gets_pictures_only(truth, tmp_path, tiny_module):
    root = tiny_module.write_tiny_capture(tmp_path / "real", size=64, has_ground_truth=False)
    metrics = evaluate(truth, load_capture(root), OPTIONS).metrics
    assert set(metrics) == {"novel_view", "novel_pose", "protocol", "speed"}
    assert metrics["novel_view"]["relit"]["psnr_box"] > 45


def test_black_pictures_are_skipped(truth, tmp_path, tiny_module):
    root = tiny_module.write_tiny_capture(tmp_path / "black", size=64)
    write_png(root / "images" / "02" / "000004.png", np.zeros((64, 64, 3), np.uint8))
    metrics = evaluate(truth, load_capture(root), OPTIONS).metrics
    assert metrics["protocol"]["images"] == {"novel_view": 1, "novel_pose": 1}


def test_least_squares_alignment_is_recorded(truth, tiny_root):
    options = EvaluateOptions(max_images=1, surface_samples=100, pictured=0, alignment="least-squares")
    metrics = evaluate(truth, load_capture(tiny_root), options).metrics
    assert metrics["protocol"]["alignment"].startswith("least-squares")
    assert metrics["albedo"]["psnr"] > 60


def test_true_poses_replace_those_that_are_given(truth, evaluation, tiny_root, tmp_path):
    """On a capture with wrong body parameters the truth scores badly, and as before with the true ones."""
    degrade(tiny_root, tmp_path / "fits", Imperfections(body_deg=3.0, body_mm=20.0))
    capture = load_capture(tmp_path / "fits")
    given = evaluate(truth, capture, replace(OPTIONS, max_images=1)).metrics
    assert given["novel_view"]["relit"]["psnr"] < 30 and given["geometry"]["p2s_cm"] > 0.3
    true = evaluate(truth, posed_capture(truth, capture, "true", [0]), OPTIONS).metrics
    for group in ("novel_view", "novel_pose"):
        assert true[group]["relit"] == evaluation.metrics[group]["relit"]
    assert true["geometry"] == pytest.approx(evaluation.metrics["geometry"])
    assert given["protocol"]["poses"].startswith("given") and true["protocol"]["poses"].startswith("true")
    with pytest.raises(CaptureError, match="--poses true"):
        posed_capture(truth, load_capture(tiny_root), "true", [0])
