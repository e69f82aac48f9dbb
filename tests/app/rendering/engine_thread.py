"""What tests of the engine thread share: states, gray frames, and patience."""

import time

import numpy as np

from app.model import edits
from app.model.view_state import ViewState
from app.rendering.frames import LIGHT, Frame

PATIENCE_S = 60.0


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def at_second(value):
    return edits.edit_body(ViewState(), time_s=value)


def gray_frame(state, size, **more):
    pixels = np.full((size, size, 4), 0.5, np.float16)
    return Frame(pixels, LIGHT, state, (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0, **more)
