"""`degrade` and `evaluate --poses` as a user types them."""

import pytest

from app.cli import main
from phynes_core.data.native.reader import load_capture
from tests.app.small_capture import make_capture


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "nothing to degrade: expected --preset real or at least one of --body-noise"),
        (["--preset", "studio"], "--preset: expected real, got 'studio'"),
        (["--body-noise", "1deg"], "--body-noise: expected NUMBERdeg,NUMBERmm or none, got '1deg'"),
        (["--mask-noise", "2mm"], "--mask-noise: expected NUMBERpx"),
        (["--mask-noise", "-2px"], "--mask-noise: expected NUMBERpx"),
        (["--color-noise", "5"], "--color-noise: expected NUMBER%"),
        (["--camera-noise", "0.1deg,2px"], "--camera-noise: expected NUMBERdeg,NUMBERmm"),
        (["--jpeg", "0"], "--jpeg: expected a quality from 1 to 100"),
        (["--jpeg", "high"], "--jpeg: expected NUMBER"),
        (["--blur", "100px"], "--blur: expected 0 to 50px"),
        (["--offset", "0.3"], "--offset: expected NUMBERframe"),
        (["--preset", "real", "--seed", "-1"], "--seed: expected 0"),
        (["--preset", "real", "--seed", "one"], "--seed"),
        (["--mask-noize", "2px"], "did you mean --mask-noise?"),
    ],
)
def test_a_bad_value_names_the_option(refuse, tmp_path, options, expected):
    capture = make_capture(tmp_path / "capture")
    assert expected in refuse("degrade", "--data", capture, "--out", tmp_path / "out", *options)


def test_bad_folders_are_named(refuse, tmp_path):
    capture, preset = make_capture(tmp_path / "capture"), ["--preset", "real"]
    out = tmp_path / "out"
    assert "expected a capture folder" in refuse("degrade", "--data", tmp_path / "none", "--out", out, *preset)
    assert "lies in the capture" in refuse("degrade", "--data", capture, "--out", capture / "worse", *preset)
    assert "new or an empty folder" in refuse("degrade", "--data", capture, "--out", capture, *preset)
    (capture / "body.npz").unlink()
    assert "body.npz" in refuse("degrade", "--data", capture, "--out", out, *preset)


def test_a_degraded_capture_says_what_was_done_and_is_refused_a_second_time(refuse, tmp_path, capsys):
    capture, out = make_capture(tmp_path / "capture"), tmp_path / "out"
    options = ["--preset", "real", "--blur", "1.25px", "--offset", "none", "--seed", "4"]
    assert main(["degrade", "--data", str(capture), "--out", str(out), *options]) == 0
    said = capsys.readouterr().out
    assert "--blur 1.25px" in said and "--seed 4" in said and "--offset" not in said
    assert load_capture(out).ground_truth.has_poses
    assert "degraded already" in refuse("degrade", "--data", out, "--out", tmp_path / "twice", *options)


def test_true_poses_are_asked_for_where_there_are_some(refuse, avatar_file, tmp_path):
    capture = make_capture(tmp_path / "capture")
    evaluation = ["evaluate", "--avatar", avatar_file, "--data", capture, "--out", tmp_path / "report"]
    line = refuse(*evaluation, "--poses", "true")
    assert "--poses true" in line and "degrade" in line
    assert "--poses" in refuse(*evaluation, "--poses", "best")
