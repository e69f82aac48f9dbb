"""Presets, overrides by name, and their way through JSON."""

import dataclasses
import json

import pytest

from phynes_core.errors import PhynesError
from phynes_core.training.presets import FAST, PAPER, as_json, from_json, preset, with_overrides


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
    assert stage2.jitter_uv == 0.02 and stage2.f0 == 0.02


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
    ],
)
def test_wrong_overrides_are_named(name, value, message):
    with pytest.raises(PhynesError, match=message):
        with_overrides(FAST, {name: value})


@pytest.mark.parametrize("config", [FAST, PAPER])
def test_json_round_trip(config):
    assert from_json(json.loads(json.dumps(as_json(config)))) == config


def test_unknown_key_in_json_is_an_error():
    stored = as_json(FAST)
    stored["stage1"]["warp_speed"] = 9
    with pytest.raises(PhynesError, match="unknown key 'stage1.warp_speed'"):
        from_json(stored)
