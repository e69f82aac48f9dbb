"""Limits with ground truth, a texture projected from pictures, and rivals on the same views."""

import json

import pytest
import torch

from phynes_core.conventions import linear_to_srgb
from phynes_core.data.native.reader import load_capture
from phynes_core.evaluation.evaluate import evaluate
from phynes_core.evaluation.limits import Limits
from phynes_core.evaluation.options import EvaluateOptions, held_out_views
from phynes_core.evaluation.report.files import write_report
from phynes_core.evaluation.results import means_over
from phynes_core.evaluation.rivals import Rival, TexturedAvatar
from phynes_core.evaluation.texture_projection import gather_texture

OPTIONS = EvaluateOptions(surface_samples=200, pictured=0, compared_images=1, has_limits=True)


@pytest.fixture(scope="module")
def capture(tiny_root):
    return load_capture(tiny_root)


@pytest.fixture(scope="module")
def truth(tiny_module):
    return tiny_module.known_avatar()


def test_with_the_truth_put_in_our_renderer_repeats_its_own_pictures(truth, capture):
    """The tiny capture was rendered by this renderer: nothing is left but the resampling of the materials."""
    views = list(held_out_views(capture, 1, 0))
    limits = Limits(truth, capture, capture.ground_truth, OPTIONS).measure(views)
    assert limits["visibility"]["true_mesh_probes_only"]["psnr"] > 60
    assert limits["visibility"]["our_mesh_probes_only"]["psnr"] > 60
    assert limits["relighting"]["true_mesh_true_materials_probes_only"]["psnr"] > 35
    assert limits["novel_view"]["true_mesh_true_materials_probes_only"]["psnr"] > 35


def test_a_wrong_mesh_shows_in_ours_and_not_in_the_truths_row(capture, tiny_module):
    wrong = tiny_module.known_avatar()
    wrong.vertex_offsets = lambda pose: torch.zeros(wrong.body.num_vertices)
    views = list(held_out_views(capture, 1, 0))
    limits = Limits(wrong, capture, capture.ground_truth, OPTIONS).measure(views)
    assert limits["visibility"]["true_mesh_probes_only"]["psnr"] > 60
    assert limits["visibility"]["our_mesh_probes_only"]["psnr"] < 40


def test_a_texture_is_looked_up_between_its_texels(truth):
    color = torch.zeros(4, 4, 3)
    color[0, 1] = 1.0  # u in [.25, .5], v in [.75, 1]
    avatar = TexturedAvatar(truth, color)
    uv = torch.tensor([[0.375, 0.875], [0.5, 0.875], [0.625, 0.875], [0.375, 0.625]])
    assert torch.allclose(avatar.query_albedo(uv, torch.zeros(72))[:, 0], torch.tensor([1.0, 0.5, 0.0, 0.0]))
    half = torch.tensor([0.5, 0.5, 0.5])
    assert torch.allclose(avatar.query_texture(uv[1:2], torch.zeros(72))[0], linear_to_srgb(half))


def test_a_gathered_texture_holds_what_the_pictures_show(truth, tiny_module, tmp_path):
    """Under light that is the same from everywhere and without shadow each picture shows the albedo itself, nearly."""
    root = tiny_module.write_tiny_capture(tmp_path / "flat", size=128, has_ground_truth=False)
    color = gather_texture(truth, load_capture(root), resolution=128)
    assert torch.isfinite(color).all() and float(color.min()) >= 0.0
    # the back and the front of the body, in the middle of what the two cameras see: colored like the stripes there
    uv = truth.body.uv[::40]
    seen = TexturedAvatar(truth, color).query_albedo(uv, torch.zeros(72))
    expected = tiny_module.known_albedo(uv, None)
    ratio = (seen / expected).mean(-1)
    assert float((seen[:, 0] / seen[:, 1] - expected[:, 0] / expected[:, 1]).abs().median()) < 0.2
    assert 0.2 < float(ratio.median()) < 3.0


def test_a_rival_is_measured_like_ours_and_tabulated(truth, capture, tmp_path):
    rivals = [
        Rival("gray mesh", "one gray", 1.5, torch.full((8, 8, 3), 0.2), None),
        Rival("gray, lit", "one gray under the true light", 2.5, torch.full((8, 8, 3), 0.4), truth.light),
    ]
    evaluation = evaluate(truth, capture, OPTIONS, rivals=rivals)
    entries = evaluation.metrics["rivals"]
    assert entries["avatar"]["novel_view"]["relit"]["psnr"] > entries["gray, lit"]["novel_view"]["psnr"] > 15
    assert entries["gray, lit"]["seconds"] == 2.5
    assert set(entries["gray mesh"]) == {"note", "seconds", "novel_view", "novel_pose", "albedo", "relighting"}
    assert "avatar" in evaluation.metrics["limits"]
    write_report(tmp_path, evaluation)
    text = (tmp_path / "report.html").read_text()
    assert "Rivals on the same data" in text and "gray, lit" in text and "Limits: ground truth put in" in text
    json.loads((tmp_path / "metrics.json").read_text())


def test_means_are_taken_over_the_compared_pictures_only(capture):
    views = list(held_out_views(capture, None, 0))
    rows = [
        {"split": "novel_view", "camera": "02", "frame": 0, "kind": "relit", "psnr": 10.0},
        {"split": "novel_view", "camera": "02", "frame": 4, "kind": "relit", "psnr": 20.0},
        {"split": "novel_pose", "camera": "02", "frame": 9, "kind": "albedo", "psnr": 30.0, "ssim": 1.0},
        {"split": "novel_view", "camera": "", "frame": 0, "kind": "geometry", "p2s_cm": 1.0},
    ]
    assert [view.frame for view in views] == [0, 4, 9]
    means = means_over(rows, [views[1], views[2]], ("psnr",))
    assert means == {"novel_view": {"relit": {"psnr": 20.0}}, "albedo": {"psnr": 30.0}}
