"""False color: scales against closed forms, the same picture in files and on the screen, legends."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.model.display_settings import DisplaySettings
from app.model.view_state import ViewState
from app.rendering.false_color import (
    DEPTH,
    LUMINANCE,
    STOPS,
    VALUE,
    legend_of,
    legend_picture,
    legends_of,
    number_share,
)
from app.rendering.frames import LIGHT, PLAIN, REFLECTANCE, Frame
from app.rendering.picture import display_bytes
from app.tools.viewport import Letterbox
from phynes_core.render.tonemap import colored
from tests.app.offscreen import shown_by_gl

SIZE = 64


def frame_of(name, kind, values, coverage=1.0, **changes):
    pixels = np.concatenate([values * coverage, np.full((SIZE, SIZE, 1), coverage)], -1).astype(np.float16)
    state = ViewState(display=DisplaySettings(name))
    return Frame(pixels, kind, state, (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0, **changes)


def test_scales_have_closed_forms():
    gray = torch.tensor([0.18, 0.18, 0.18])
    assert number_share(gray, STOPS, 0.0).item() == pytest.approx(0.6, abs=1e-6)  # of -6 to +4 stops
    assert number_share(gray, STOPS, 2.0).item() == pytest.approx(0.8, abs=1e-6)
    assert number_share(torch.zeros(3), STOPS, 0.0).item() == 0.0
    assert number_share(torch.tensor([0.3, 0.3, 0.3]), VALUE, 5.0).item() == pytest.approx(0.3)
    assert number_share(torch.tensor([1.0, 0.0, 0.0]), LUMINANCE, 0.0).item() == pytest.approx(0.2126)
    nearest, farthest = torch.tensor([1.0, 1.0, 1.0]), torch.tensor([0.15, 0.15, 0.15])
    assert number_share(nearest, DEPTH, 0.0).item() == 0.0
    assert number_share(farthest, DEPTH, 0.0).item() == pytest.approx(1.0)


def test_buffers_of_vectors_have_no_false_color():
    display = DisplaySettings(has_false_color=True)
    frame = frame_of("normal", PLAIN, np.random.default_rng(0).random((SIZE, SIZE, 3)))
    assert (display_bytes(frame, display) == display_bytes(frame, DisplaySettings())).all() and legend_of(
        frame, display
    ) is None


def test_the_legend_has_the_scales_range_and_unit():
    display = DisplaySettings(has_false_color=True)
    depth = legend_of(frame_of("depth", PLAIN, np.ones((SIZE, SIZE, 3)), depth_m=(2.5, 4.0)), display)
    assert depth is not None and (depth.low, depth.high) == (2.5, 4.0) and "m" in depth.title
    light = legend_of(frame_of("radiance", LIGHT, np.ones((SIZE, SIZE, 3))), display)
    assert light is not None and "stops" in light.title and (light.low, light.high) == (-6.0, 4.0)
    drawn = legend_picture(light, 400)
    assert (drawn[..., :3] <= drawn[..., 3:]).all()  # premultiplied
    middle = (colored(torch.tensor([0.5]))[0] * 255).round().int().numpy()
    assert np.abs(drawn[..., :3].astype(int) - middle).max(-1).min() <= 1


def test_pictures_with_different_scales_have_a_legend_each():
    display = DisplaySettings(has_false_color=True)
    near, far = (frame_of("depth", PLAIN, np.ones((SIZE, SIZE, 3)), depth_m=(at, at + 1.0)) for at in (2.0, 3.0))
    normal = frame_of("normal", PLAIN, np.ones((SIZE, SIZE, 3)))
    left, right = legends_of(replace(near, other=far), display)
    assert left is not None and right is not None and (left.low, right.low) == (2.0, 3.0)
    assert (
        legends_of(replace(near, other=near), display) == legends_of(near, display) == (None, legend_of(near, display))
    )
    assert legends_of(replace(normal, other=far), display) == (None, legend_of(far, display))
    assert legends_of(replace(near, other=far), DisplaySettings()) == (None, None)
    both = replace(frame_of("roughness", PLAIN, np.random.default_rng(1).random((SIZE, SIZE, 3))), other=far)
    shown = shown_by_gl(both, display, Letterbox(SIZE, SIZE, SIZE, SIZE))
    assert np.abs(shown.astype(int) - display_bytes(both, display)).max() <= 1


@pytest.mark.parametrize(
    "name, kind", [("roughness", PLAIN), ("albedo", REFLECTANCE), ("shading", LIGHT), ("depth", PLAIN)]
)
def test_the_shader_and_the_files_agree(name, kind):
    values = np.random.default_rng(3).random((SIZE, SIZE, 3)) * (4.0 if kind == LIGHT else 1.0)
    frame, display = (
        frame_of(name, kind, values, depth_m=(1.0, 2.0)),
        DisplaySettings(exposure_ev=0.7, has_false_color=True),
    )
    shown = shown_by_gl(frame, display, Letterbox(SIZE, SIZE, SIZE, SIZE))
    assert np.abs(shown.astype(int) - display_bytes(frame, display)).max() <= 1  # one step of 8 bits: rounding
