"""Videos say which colors they hold, and hold those; pictures and videos have any shape."""

import re
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest

from app.files.videos import writing_video
from phynes_core.errors import OutputError

COLORS = ((200, 30, 40), (30, 160, 60), (20, 40, 210), (230, 210, 40))


def said_of(path):
    """What ffmpeg reads of the stream's tags."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def first_frame(path):
    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    return np.frombuffer(next(reader), np.uint8).reshape(height, width, 3)


@pytest.mark.parametrize("name, pixels", [("t.mp4", "yuv420p"), ("t.webm", "yuv420p"), ("clear.webm", "yuv420p")])
def test_a_video_is_tagged_as_it_is_encoded(tmp_path, name, pixels):
    """sRGB's primaries are Rec. 709's; a decoder that heeds the tags gets the colors back to what 4:2:0 leaves."""
    frame = np.zeros((48, 128, 4), np.uint8)
    for place, color in enumerate(COLORS):
        frame[:, 32 * place : 32 * (place + 1)] = (*color, 255)
    path = tmp_path / name
    with writing_video(path, (128, 48), 12, has_alpha=name.startswith("clear")) as append:
        for _ in range(3):
            append(frame)
    assert re.search(rf"{pixels}\(tv, bt709/bt709/iec61966-2-1", said_of(path)), said_of(path)
    decoded = first_frame(path)
    assert decoded.shape == (48, 128, 3)
    for place, color in enumerate(COLORS):
        middle = decoded[16:32, 32 * place + 12 : 32 * place + 20].reshape(-1, 3)
        assert np.abs(middle.astype(int) - color).max() <= 4  # Rec. 601's matrix would be off by 20


def test_an_odd_side_is_refused_with_the_nearest_shape(tmp_path):
    with pytest.raises(OutputError, match="expected an even size of .*, got 128x47; use 128x46"):
        with writing_video(tmp_path / "t.mp4", (128, 47), 12):
            pass
    assert not list(tmp_path.iterdir())
