"""Presets, overrides by name, their way through JSON, and the paper's ablations, which train and load again."""

import dataclasses
import json

import pytest
import torch

from app.cli import main
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.errors import PhynesError
from phynes_core.training.presets import FAST, PAPER, as_json, from_json, preset, with_ablation, with_overrides

FEW = ["stage1.steps=2", "stage1.rays=32", "stage2.steps=2", "stage2.pixels=32", "stage2.smooth_pixels=16"]
FEW += ["stage2.albedo_from_texture_steps=1", "stage2.calm_steps=2", "registration.steps=0"]


def test_presets_by_name():
    assert preset("fast") is FAST and preset("paper") is PAPER
    with pytest.raises(PhynesError, match="expected one of fast, paper, got 'slow'"):
        preset("slow")


def test_paper_keeps_the_printed_choices():
    stage1, stage2 = PAPER.stage1, PAPER.stage2
    assert (stage1.rays, stage1.coarse_samples, stage1.fine_samples) == (1024, 128, 16)
    assert (stage1.edge_weight, stage1.normal_weight, stage1.laplacian_weight) == (1.0, 0.01, 0.1)
    assert (PAPER.offset.num_layers, PAPER.offset.residual_output, PAPER.offset.activation) == (3, True, "softplus")
    assert (PAPER.texture.num_layers, PAPER.texture.activation, PAPER.texture.output) == (5, "relu", "sigmoid")
    assert (PAPER.albedo.num_layers, PAPER.albedo.activation, PAPER.albedo.output) == (5, "softplus", "sigmoid")
    assert (stage1.steps, stage2.steps) == (20_000, 30_000)
    assert stage2.jitter_uv**2 == pytest.approx(0.02)  # the paper prints a variance
    assert stage2.f0 == 0.02


def test_overrides_change_one_number():
    changed = with_overrides(FAST, {"stage1.steps": "7", "stage2.has_visibility": "false", "stage1.beta_end_m": "1e-3"})
    assert changed.stage1.steps == 7 and changed.stage2.has_visibility is False and changed.stage1.beta_end_m == 1e-3
    assert (
        dataclasses.replace(changed.stage1, steps=FAST.stage1.steps, beta_end_m=FAST.stage1.beta_end_m) == FAST.stage1
    )
    assert with_overrides(FAST, {"stage1.optimizer.nets": "0.5"}).stage1.optimizer.nets == 0.5
    assert with_overrides(FAST, {"offset.encoding.log2_entries": "12"}).offset.encoding.log2_entries == 12


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("stage1.stepz", "7", "got 'stepz'"),
        ("stage3.steps", "7", "got 'stage3'"),
        ("stage1", "7", "name of a single number"),
        ("stage1.steps.more", "7", "name of a single number"),
        ("stage1.steps", "many", "expected int, got 'many'"),
        ("stage2.has_visibility", "perhaps", "expected true or false"),
        ("offset.activation", "tanh", "expected 'softplus' or 'relu'"),
        ("stage1.steps", "-5", "expected a whole number from 0 to 1e\\+07, got -5"),
        ("stage1.steps", "9" * 5000, "expected int"),
        ("stage1.rays", "0", "from 1"),
        ("stage1.optimizer.nets", "nan", "expected a number from 0"),
        ("stage1.edge_weight", "inf", "expected a number from 0"),
        ("stage1.mask_fraction", "1.5", "from 0 to 1"),
        ("stage1.rays_per_pixel", "3", "a square number"),
        ("stage1.background", "purple", "black or random"),
        ("stage2.gains", "", "camera or picture or none"),
        ("stage2.f0", "-0.1", "from 0 to 1"),
        ("texture.hidden_width", "1000000", "from 1 to 1024"),
        ("registration.points", "1e3", "expected int"),
        ("registration.shift_m", "inf", "expected a number"),
    ],
)
def test_wrong_overrides_are_named(name, value, message):
    with pytest.raises(PhynesError, match=message):
        with_overrides(FAST, {name: value})


@pytest.mark.parametrize("config", [FAST, PAPER])
def test_json_round_trip(config):
    assert from_json(json.loads(json.dumps(as_json(config)))) == config


@pytest.mark.parametrize("value", ["5", -5, 2.5, None, True, [], float("nan"), 10**400])
def test_stored_settings_are_checked_as_typed_ones(value):
    stored = as_json(FAST)
    stored["stage1"]["steps"] = value
    with pytest.raises(PhynesError, match=r"stage1.steps"):
        from_json(stored)
    with pytest.raises(PhynesError, match="expected settings by name"):
        from_json(as_json(FAST) | {"stage1": value})


def test_unknown_key_in_json_is_an_error():
    stored = as_json(FAST)
    stored["stage1"]["warp_speed"] = 9
    with pytest.raises(PhynesError, match="unknown key 'stage1.warp_speed'"):
        from_json(stored)


def test_ablations_change_what_they_name():
    plain = with_ablation(PAPER, "plain-maps")
    assert {plain.offset.hidden_width, plain.albedo.hidden_width} == {256}
    assert plain.roughness.frequency_octaves == plain.texture.frequency_octaves == 10
    assert plain.roughness.output_offset == PAPER.roughness.output_offset
    free = with_ablation(FAST, "no-mesh-losses").stage1
    assert (free.edge_weight, free.normal_weight, free.laplacian_weight) == (0.0, 0.0, 0.0)
    assert with_ablation(FAST, "split-mesh").mesh_splits == 1
    with pytest.raises(PhynesError, match="expected one of plain-maps, no-mesh-losses, split-mesh, got 'warp'"):
        with_ablation(FAST, "warp")


@pytest.mark.parametrize(("name", "vertices"), [("plain-maps", 6890), ("split-mesh", 27_554)])
def test_an_ablation_trains_and_its_checkpoint_loads(name, vertices, tiny_root, tmp_path):
    out = tmp_path / "tiny.ckpt"
    command = ["train", "--data", str(tiny_root), "--out", str(out), "--run-folder", str(tmp_path / "run")]
    command += [word for setting in FEW for word in ("--set", setting)]
    assert main([*command, "--ablation", name, "--no-evaluate"]) == 0
    avatar = load_checkpoint(out)
    assert avatar.body.num_vertices == vertices
    assert f"--ablation {name}" in avatar.record.provenance["command"]
    again = load_checkpoint(tmp_path / "run" / "avatar.ckpt")
    offsets = again.vertex_offsets(torch.zeros(72))
    assert offsets.shape == (vertices,) and bool(torch.isfinite(offsets).all())
