"""Drawing by OpenGL without a window, read back."""

from contextlib import contextmanager

import numpy as np
import pytest

from phynes_core.kernels.registry import missing_cause


@contextmanager
def offscreen_context():
    """An OpenGL context without a window; skips the test where there is none."""
    moderngl = pytest.importorskip("moderngl")
    missing_cause("triton")  # imports Triton, whose LLVM must be loaded before Mesa's: else the process ends
    try:
        context = moderngl.create_standalone_context(backend="egl")
    except Exception as error:  # moderngl raises bare Exceptions
        pytest.skip(f"no offscreen OpenGL here ({error}): apt install libegl1 libgl1")
    with context:
        yield context
    context.release()


def shown_by_gl(frame, display, letterbox) -> np.ndarray:  # [H, W, 3] uint8
    pytest.importorskip("moderngl")
    from app.window.frame_display import FrameDisplay

    with offscreen_context() as context:
        size = (letterbox.window_width, letterbox.window_height)
        target = context.framebuffer([context.texture(size, 4)])
        target.use()
        frame_display = FrameDisplay(context)
        frame_display.show(frame)
        frame_display.draw(display, letterbox)
        pixels = np.frombuffer(target.read(components=3), np.uint8).reshape(size[1], size[0], 3)[::-1]
    return pixels
