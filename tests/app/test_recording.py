"""Videos: whole or absent, and one line for what went wrong."""

import imageio_ffmpeg
import numpy as np
import pytest

from app.recording import writing_video
from phynes_core.errors import OutputError


def gradient(index, size=64):
    frame = np.zeros((size, size, 3), np.uint8)
    frame[..., 0] = np.linspace(0, 255, size, dtype=np.uint8)
    frame[..., 1] = index * 20
    return frame


def test_a_video_holds_the_frames_in_order(tmp_path):
    path = tmp_path / "deep" / "folder" / "t.mp4"
    with writing_video(path, 64, 12) as append:
        for index in range(10):
            append(gradient(index))
    reader = imageio_ffmpeg.read_frames(str(path))
    details = next(reader)
    frames = [np.frombuffer(frame, np.uint8).reshape(64, 64, 3) for frame in reader]
    assert details["size"] == (64, 64) and details["fps"] == 12 and details["codec"] == "h264"
    assert "yuv420p" in details["pix_fmt"] and len(frames) == 10
    for index, frame in enumerate(frames):
        assert frame[..., 1].mean() == pytest.approx(index * 20, abs=6)  # lossy, and 8-bit chroma
    assert [entry.name for entry in path.parent.iterdir()] == ["t.mp4"]


def test_an_error_inside_leaves_the_older_video(tmp_path):
    path = tmp_path / "t.mp4"
    path.write_bytes(b"older")
    with pytest.raises(KeyError), writing_video(path, 64, 12) as append:
        append(gradient(0))
        raise KeyError("stop")
    assert path.read_bytes() == b"older" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "name, size, fps, message",
    [
        ("t.gif", 64, 30, "expected a file name that ends in .mp4, got '.gif'"),
        ("t.mp4", 63, 30, "expected an even size of 16 pixels or more, got 63; use 62"),
        ("t.mp4", 64, 0, "expected 1 to 120 frames a second, got 0"),
    ],
)
def test_settings_that_no_player_shows_are_refused(tmp_path, name, size, fps, message):
    with pytest.raises(OutputError, match=message), writing_video(tmp_path / name, size, fps):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write here"), writing_video(tmp_path / "file" / "t.mp4", 64, 30):
        pass


@pytest.mark.parametrize("executable", ["no-such-ffmpeg", ""])
def test_a_missing_ffmpeg_is_told_with_the_remedy(tmp_path, monkeypatch, executable):
    if executable:
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", executable)
    else:

        def no_ffmpeg():
            raise RuntimeError("No ffmpeg exe could be found.")

        monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", no_ffmpeg)
    with pytest.raises(OutputError, match="ffmpeg") as error, writing_video(tmp_path / "t.mp4", 64, 30) as append:
        append(gradient(0))
    assert "pip install" in str(error.value) and "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []
