"""`turntable`: videos without a display, and an error of one line for each mistake."""

from itertools import pairwise

import imageio_ffmpeg
import numpy as np
import pytest

from app.cli import main
from app.files.cameras import save_path
from app.model.camera_paths import CameraKey, CameraPath
from app.model.cameras import CameraState


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def frames_of(path):
    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    return [np.frombuffer(frame, np.uint8).reshape(height, width, 3).astype(int) for frame in reader]


@pytest.mark.parametrize("spin", ["camera", "light"])
def test_camera_or_light_goes_round(avatar_file, tmp_path, capsys, spin):
    out = tmp_path / "t.mp4"
    options = [
        "--spin",
        spin,
        "--seconds",
        "0.4",
        "--fps",
        "10",
        "--size",
        "64",
        "--probe",
        "none",
        "--lamp",
        "60,20,3",
    ]
    assert main(["turntable", "--avatar", str(avatar_file), "--out", str(out), *options]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    frames = frames_of(out)
    assert len(frames) == 4 and frames[0].shape == (64, 64, 3)
    assert min(np.abs(a - b).mean() for a, b in pairwise(frames)) > 1.0
    left, right = frames[0][:, :32].sum(), frames[0][:, 32:].sum()
    assert right > left  # a lamp at azimuth 60 stands right in the picture
    if spin == "light":  # half a turn later it is on the left
        assert frames[2][:, 32:].sum() < frames[2][:, :32].sum() + 200


@pytest.mark.parametrize(
    "options, message",
    [
        (["--out", "t.gif"], "ends in .mp4"),
        (["--out", "t.mp4", "--size", "63"], "even size"),
        (["--out", "t.mp4", "--fps", "0"], "1 to 120 frames a second"),
        (["--out", "t.mp4", "--seconds", "-1"], "--seconds"),
        (["--out", "t.mp4", "--camera", "0,0,-2"], "distance_m: expected 0.05 to 1000 metres"),
        (["--out", "t.mp4", "--camera", "sideways"], "--camera"),
        (["--out", "t.mp4", "--camera-path", "none.json"], "none.json"),
        (["--out", "t.mp4", "--lens", "50", "--fov", "30"], "got both"),
        (["--out", "t.mp4", "--lamp", "1,2"], "--lamp"),
        (["--out", "t.mp4", "--probe", "moon"], "moon"),
        (["--out", "t.mp4", "--motion", "moonwalk"], "moonwalk"),
        (["--out", "t.mp4", "--backend", "abacus"], "abacus"),
        (["--out", "t.mp4", "--spin", "table"], "spin"),
    ],
)
def test_mistakes_are_refused_in_one_line(avatar_file, tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    assert main(["turntable", "--avatar", str(avatar_file), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ") and message in error and len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options, message",
    [
        (["--avatar", "missing"], "missing"),
        (["--avatar", "CHECKPOINT", "--size", "9"], "expected 64 to 2048 pixels"),
        (["--avatar", "CHECKPOINT", "--probe", "moon"], "moon"),
        (["--avatar", "CHECKPOINT", "--motion", "moonwalk"], "moonwalk"),
        (["--avatar", "CHECKPOINT", "--backend", "abacus"], "abacus"),
        (["--avatar", "CHECKPOINT"], "python launch.py render"),
    ],
)
def test_the_viewer_refuses_before_any_window_opens(avatar_file, capsys, options, message):
    options = [str(avatar_file) if option == "CHECKPOINT" else option for option in options]
    assert main(options) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and error.splitlines()[-1].startswith("error: ")


def test_the_camera_runs_along_a_path(avatar_file, tmp_path):
    cameras = (CameraState(azimuth_deg=angle) for angle in (0.0, 90.0))
    path = CameraPath(tuple(CameraKey(0.4 * index, camera) for index, camera in enumerate(cameras)))
    save_path(tmp_path / "path.json", path)
    common = ["--avatar", str(avatar_file), "--size", "64", "--probe", "none", "--lamp", "60,20,3"]
    out = tmp_path / "t.mp4"
    along = ["--camera-path", str(tmp_path / "path.json"), "--fps", "10"]
    assert main(["turntable", *common, "--out", str(out), *along]) == 0
    frames = frames_of(out)
    assert len(frames) == 4  # as long as the path
    for name, frame in (("front", frames[0]), ("side", frames[-1])):
        still = tmp_path / f"{name}.mp4"
        view = ["--camera", f"{name}", "--seconds", "0.1", "--fps", "10"]
        assert main(["turntable", *common, "--out", str(still), *view]) == 0
        assert np.abs(frames_of(still)[0] - frame).mean() < 3.0, name
    assert np.abs(frames[0] - frames[-1]).mean() > 6.0
    mistake = ["--camera-path", str(tmp_path / "path.json"), "--camera", "front"]
    assert main(["turntable", *common, "--out", str(out), *mistake]) == 2
