"""What the window's display draws, read back without a window."""

import numpy as np
import pytest


def shown_by_gl(frame, look, letterbox) -> np.ndarray:  # [H, W, 3] uint8
    moderngl = pytest.importorskip("moderngl")
    from app.display import FrameDisplay

    try:
        context = moderngl.create_standalone_context(backend="egl")
    except Exception as error:  # moderngl raises bare Exceptions
        pytest.skip(f"no offscreen OpenGL here ({error}): apt install libegl1 libgl1")
    with context:
        size = (letterbox.window_width, letterbox.window_height)
        target = context.framebuffer([context.texture(size, 4)])
        target.use()
        display = FrameDisplay(context)
        display.show(frame)
        display.draw(look, letterbox)
        pixels = np.frombuffer(target.read(components=3), np.uint8).reshape(size[1], size[0], 3)[::-1]
    context.release()
    return pixels
