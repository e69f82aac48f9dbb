"""The script behind the table of roughness: what its variations change, and how it tabulates."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from phynes_core.synthetic.subjects.textures import Materials
from phynes_core.training.presets import FAST, with_overrides

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("measure_roughness", PROJECT / "docs" / "measure_roughness.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Painted:
    surface = "the base's"

    def paint(self, resolution):
        generator = np.random.default_rng(0)
        size = resolution, resolution
        albedo, roughness = generator.uniform(0.02, 0.8, (*size, 3)), generator.uniform(0.3, 0.9, (*size, 1))
        return Materials(albedo.astype(np.float32), roughness.astype(np.float32))


def _painted(script, name):
    return script.VariedSubject(None, np.zeros((1, 3)), _Painted(), script.VARIATIONS[name]).paint(16)


def test_variations_change_what_they_say_and_stay_materials(script):
    base = _Painted().paint(16)
    glossy, rough, dark, light = (_painted(script, f"josh_{name}") for name in ("glossy", "rough", "dark", "light"))
    assert np.allclose(glossy.roughness, 0.6 * base.roughness) and np.array_equal(glossy.albedo, base.albedo)
    assert (rough.roughness >= base.roughness).all() and rough.roughness.max() <= 1.0
    assert np.allclose(dark.albedo, np.clip(0.4 * base.albedo, 0.01, None)) and light.albedo.mean() > base.albedo.mean()
    assert all(0.01 <= made.albedo.min() and made.albedo.max() <= 0.92 for made in (glossy, rough, dark, light))


def test_now_is_the_preset_and_before_has_none_of_the_changes(script):
    assert with_overrides(FAST, script.SETTINGS["now"]) == FAST
    before = with_overrides(FAST, script.SETTINGS["before"]).stage2
    expected = dataclasses.replace(FAST.stage2, image_width=0.0, roughness_smoothness=0.01, normal_error_deg=0.0)
    assert before == expected


def test_a_row_holds_the_ratio_to_the_best_constant(script):
    row = {"rmse": 0.05, "best_constant_rmse": 0.1, "bias": -0.02, "light": 0.031, "normal": 6.0, "albedo": 30.0}
    text = script.table({"josh/now": row | {"view": 31.0}})
    assert "| josh | now | 0.050 | 0.100 | 0.50 | -0.020 | 3.1 % | 6.0° | 30.0 | 31.0 |" in text
