"""Videos are written whole or not at all; a mistake is an error of one line."""

import errno
import os
import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pytest

from app.files import videos
from app.files.videos import writing_video
from phynes_core.errors import OutputError, unwritable
from phynes_core.io.image_files import read_png


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


def test_an_exception_leaves_the_older_video(tmp_path):
    path = tmp_path / "t.mp4"
    path.write_bytes(b"older")
    with pytest.raises(KeyError), writing_video(path, 64, 12) as append:
        append(gradient(0))
        raise KeyError("stop")
    assert path.read_bytes() == b"older" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "name, size, fps, message",
    [
        ("t.gif", 64, 30, "expected a name that ends in .mp4 or .webm, or a folder"),
        ("t.mp4", 63, 30, "expected an even size of 16 to 4096 pixels, got 63; use 62"),
        ("t.mp4", 64, 0, "expected 1 to 120 frames a second, got 0"),
    ],
)
def test_settings_that_players_do_not_support_are_refused(tmp_path, name, size, fps, message):
    with pytest.raises(OutputError, match=message), writing_video(tmp_path / name, size, fps):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_path_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write here"), writing_video(tmp_path / "file" / "t.mp4", 64, 30):
        pass


@pytest.mark.parametrize("executable", ["no-such-ffmpeg", ""])
def test_a_missing_ffmpeg_is_an_error_with_the_remedy(tmp_path, monkeypatch, executable):
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes")
@pytest.mark.parametrize("name", ["t.mp4", "t.webm", "frames"])
@pytest.mark.parametrize("limit", [3_000, 60_000])  # bytes: reached at the end alone, and between two frames
def test_a_disk_that_takes_no_more_is_named_and_the_older_video_stays(tmp_path, name, limit):
    import resource

    path, noise = tmp_path / name, np.random.default_rng(0)
    if path.suffix:
        path.write_bytes(b"older")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OutputError) as error, writing_video(path, 256, 12) as append:
            for _ in range(8 if limit < 10_000 else 200):
                append(noise.integers(0, 256, (256, 256, 3), np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(error.value).startswith(f"{path}") and "cannot write here (File too large)" in str(error.value)
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [(name, b"older")] * bool(path.suffix)


def test_a_full_disk_is_called_so(tmp_path):
    error = unwritable(tmp_path / "t.mp4", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert f"{tmp_path / 't.mp4'}: cannot write here (the disk is full: No space left on device)" in str(error)


def test_what_ffmpeg_cannot_encode_is_told_in_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(videos, "H264", ("-c:v", "no-such-codec"))
    with pytest.raises(OutputError, match=r"ffmpeg could not encode this \(.+\)") as error:
        with writing_video(tmp_path / "t.mp4", 64, 12) as append:
            for index in range(9):
                append(gradient(index))
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


def decoded(path, channels):
    """The frames of a video, decoded with alpha where there are four channels."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-c:v", "libvpx-vp9", "-i", str(path)]
    pixels = {3: "rgb24", 4: "rgba"}[channels]
    raw = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", pixels, "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, 64, 64, channels)


def test_a_webm_keeps_the_pictures_alpha(tmp_path):
    path = tmp_path / "t.webm"
    with writing_video(path, 64, 12, has_alpha=True) as append:
        for index in range(6):
            frame = np.dstack([gradient(index), np.zeros((64, 64), np.uint8)])
            frame[16:48, 16:48, 3] = 255
            append(frame)
    frames = decoded(path, 4)
    assert len(frames) == 6 and [entry.name for entry in tmp_path.iterdir()] == ["t.webm"]
    assert frames[:, 20:44, 20:44, 3].min() > 250 and frames[:, :12, :, 3].max() < 5
    for index, frame in enumerate(frames):
        assert frame[20:44, 20:44, 1].mean() == pytest.approx(index * 20, abs=6)


def test_a_webm_without_alpha_takes_plain_frames(tmp_path):
    with writing_video(tmp_path / "t.webm", 64, 12) as append:
        append(gradient(3))
    assert decoded(tmp_path / "t.webm", 3)[0][..., 1].mean() == pytest.approx(60, abs=6)


def test_a_folder_of_numbered_pictures_replaces_an_older_one(tmp_path):
    path = tmp_path / "frames"
    for count in (5, 2):
        with writing_video(path, 63, 12, has_alpha=True) as append:
            for index in range(count):
                append(gradient(index, 63))
    assert sorted(entry.name for entry in path.iterdir()) == ["0001.png", "0002.png"]
    assert (read_png(path / "0002.png") == gradient(1, 63)).all() and len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_holds_other_files_is_never_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with (
        pytest.raises(OutputError, match="a new folder or one of numbered PNG files"),
        writing_video(tmp_path / "mine", 64, 12),
    ):
        pass
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_an_exception_leaves_no_pictures(tmp_path):
    with pytest.raises(KeyError), writing_video(tmp_path / "frames", 64, 12) as append:
        append(gradient(0))
        raise KeyError("stop")
    assert list(tmp_path.iterdir()) == []
