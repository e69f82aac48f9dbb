"""Rays that another thread draws ahead are those that the step itself would have drawn."""

import pytest
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.training.frames import load_training_frames
from phynes_core.training.presets import FAST, with_overrides
from phynes_core.training.stage import StageSetup
from phynes_core.training.stage1 import Stage1

FEW = {"stage1.steps": "6", "stage1.rays": "64", "stage1.ring_px": "3", "offset.encoding.log2_entries": "10"}


@pytest.fixture
def new_stage(tiny):
    """Makes stages, under one torch thread as training has it: sums of several are not repeatable."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def make(**settings: str) -> Stage1:
        config = with_overrides(FAST, FEW | {f"stage1.{name}": value for name, value in settings.items()})
        body = load_bundled_body()
        torch.manual_seed(0)
        avatar = Avatar.untrained(body, "ahead", config.offset, config.texture)
        frames = load_training_frames(tiny, body, config.stage1.ring_px)
        return Stage1(StageSetup(avatar, frames, config, torch.device("cpu")))

    yield make
    torch.set_num_threads(threads)


def test_they_change_no_bit_of_what_is_learned(new_stage, monkeypatch):
    results = []
    for is_ahead in (True, False):
        with monkeypatch.context() as patch:
            if not is_ahead:
                patch.setattr(Stage1, "_look_ahead", lambda self, step: None)
            stage = new_stage()
            drawn = []
            for step in range(6):
                drawn.append(stage._ahead is not None)
                terms = stage.step(step)
        assert drawn == [False, *[is_ahead] * 5]
        results.append((terms, stage._avatar.state_dict()))
    assert results[0][0] == results[1][0]
    assert all(torch.equal(value, results[1][1][name]) for name, value in results[0][1].items())


def test_none_are_drawn_ahead_where_maps_decide_about_them(new_stage):
    for settings in ({"beta_schedule": "learned"}, {"has_interpolated_hits": "false"}):
        stage = new_stage(**settings)
        stage.step(0)
        assert stage._ahead is None


def test_another_number_of_rays_is_drawn_anew(new_stage):
    stage = new_stage()
    stage.step(0)
    stage.take_rows(32)
    assert stage._taken(1).batch.num_rays == 32


def test_after_the_last_step_none_are_drawn(new_stage):
    stage = new_stage(steps="1")
    stage.step(0)
    assert stage._ahead is None
