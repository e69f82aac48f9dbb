"""Display images of the buffers; the shader and the files agree."""

import numpy as np
import pytest
import torch

from app.model.display_settings import TONE_CURVES, DisplaySettings
from app.model.view_state import ViewState
from app.rendering.frames import KINDS, LIGHT, PLAIN, REFLECTANCE, Frame
from app.rendering.picture import display_bytes, display_image
from app.tools.viewport import Letterbox
from phynes_core.frame.buffers import FrameBuffers
from tests.app.offscreen import offscreen_context

SIZE = 64


def buffers(**images):
    mask = torch.zeros(4, 4, 1)
    mask[1:3, 1:3] = 1.0
    return FrameBuffers(mask=mask, face_index=torch.zeros(4, 4, dtype=torch.int32), **images)


def frame_of(values, coverage, kind):
    pixels = np.concatenate([values * coverage, coverage], -1).astype(np.float16)
    return Frame(pixels, kind, ViewState(), (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0)


@pytest.mark.parametrize(
    "name, channels, kind",
    [
        ("radiance", 3, LIGHT), ("shading", 3, LIGHT), ("albedo", 3, REFLECTANCE), ("roughness", 1, PLAIN),
        ("visibility", 1, PLAIN), ("normal", 3, PLAIN), ("uv", 2, PLAIN), ("depth", 1, PLAIN),
    ],
)  # fmt: skip
def test_every_buffer_becomes_four_channels_with_zeros_on_the_background(name, channels, kind):
    image = torch.rand(4, 4, channels) * buffers().mask
    pixels, got = display_image(buffers(**{name: image}), name)
    assert pixels.shape == (4, 4, 4) and pixels.dtype == torch.float16 and got == kind
    assert (pixels[0] == 0).all() and (pixels[1:3, 1:3, 3] == 1).all()


def test_the_nearest_point_is_white_and_the_farthest_dark():
    depth = torch.full((4, 4, 1), 3.0)
    depth[1, 1], depth[2, 2] = 2.0, 4.0
    pixels, _ = display_image(buffers(depth=depth), "depth")
    assert pixels[1, 1, 0] == 1.0 and pixels[2, 2, 0] == pytest.approx(0.15, abs=1e-3)


def test_an_empty_picture_has_no_depth_range():
    empty = FrameBuffers(mask=torch.zeros(2, 2, 1), face_index=torch.zeros(2, 2), depth=torch.zeros(2, 2, 1))
    assert (display_image(empty, "depth")[0] == 0).all()


def test_an_unknown_buffer_is_named():
    with pytest.raises(ValueError, match="got 'beauty'"):
        display_image(buffers(), "beauty")


def test_half_covered_pixels_blend_the_encoded_color_over_the_background():
    frame = frame_of(np.ones((2, 2, 3)), np.full((2, 2, 1), 0.5), PLAIN)
    assert (display_bytes(frame, DisplaySettings(background=(0.0, 0.0, 0.0))) == 128).all()
    assert (display_bytes(frame, DisplaySettings(background=(1.0, 1.0, 1.0))) == 255).all()


@pytest.fixture(scope="module")
def context():
    with offscreen_context() as context:
        yield context


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("curve", TONE_CURVES)
def test_the_shader_and_the_files_agree(context, kind, curve):
    from app.window.frame_display import FrameDisplay

    generator = np.random.default_rng(7)
    values = generator.random((SIZE, SIZE, 3)) ** 2 * (8.0 if kind == LIGHT else 1.0)
    frame = frame_of(values, (generator.random((SIZE, SIZE, 1)) > 0.3).astype(float), kind)
    display = DisplaySettings(exposure_ev=-0.7, curve=curve, background=(0.2, 0.4, 0.6))
    target = context.framebuffer([context.texture((SIZE, SIZE), 4)])
    target.use()
    frame_display = FrameDisplay(context)
    frame_display.show(frame)
    frame_display.draw(display, Letterbox(SIZE, SIZE, SIZE, SIZE))
    shown = np.frombuffer(target.read(components=3), np.uint8).reshape(SIZE, SIZE, 3)[::-1]
    difference = np.abs(shown.astype(int) - display_bytes(frame, display).astype(int))
    assert difference.max() <= 1  # one step of 8 bits: rounding


def test_the_picture_is_upright_and_letterboxed(context):
    from app.window.frame_display import FrameDisplay

    values = np.zeros((SIZE, SIZE, 3))
    values[: SIZE // 2, :, 0] = 1.0  # the upper half is red
    target = context.framebuffer([context.texture((SIZE * 2, SIZE), 4)])
    target.use()
    display = FrameDisplay(context)
    display.show(frame_of(values, np.ones((SIZE, SIZE, 1)), PLAIN))
    display.draw(DisplaySettings(background=(0.0, 1.0, 0.0)), Letterbox(SIZE * 2, SIZE, SIZE, SIZE))
    shown = np.frombuffer(target.read(components=3), np.uint8).reshape(SIZE, SIZE * 2, 3)[::-1]
    assert (shown[5, 64] == (255, 0, 0)).all() and (shown[-5, 64] == (0, 0, 0)).all()
    assert (shown[:, 5] == (0, 255, 0)).all() and (shown[:, -5] == (0, 255, 0)).all()
