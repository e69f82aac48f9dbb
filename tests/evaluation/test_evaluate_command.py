"""The command evaluate as a user types it."""

import pytest

import app.bench.rivals
from app.cli import main
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.errors import BackendError


@pytest.fixture(scope="module")
def checkpoint(tiny_module, tmp_path_factory):
    path = tmp_path_factory.mktemp("avatar") / "tiny.ckpt"
    save_checkpoint(path, tiny_module.known_avatar())
    return path


def command(checkpoint, tiny_root, out):
    return ["evaluate", "--avatar", str(checkpoint), "--data", str(tiny_root), "--out", str(out)]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--lpips", "no_such.pth"], "no_such.pth: cannot read this file of weights"),
        (["--alignment", "mean"], "mean"),
        (["--compared-images", "0"], "--compared-images: expected 1 to 1000000"),
        (["--pictured", "-1"], "--pictured: expected 0 to 100000"),
    ],
)
def test_wrong_options_are_one_line(checkpoint, tiny_root, extra, message, capsys, tmp_path):
    assert main([*command(checkpoint, tiny_root, tmp_path / "report"), *extra]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1
    assert not (tmp_path / "report").exists()


def test_without_mitsuba_the_other_rival_is_measured_and_the_cause_told(
    checkpoint, tiny_root, tmp_path, capsys, monkeypatch
):
    def refuse(*_):
        raise BackendError("mitsuba: expected a working install")

    monkeypatch.setattr(app.bench.rivals, "_inverse_rendering", refuse)
    options = ["--rivals", "--max-images", "1", "--compared-images", "1", "--pictured", "0"]
    assert main([*command(checkpoint, tiny_root, tmp_path), *options]) == 0
    assert "left out: mitsuba: expected a working install" in capsys.readouterr().err
    text = (tmp_path / "report.html").read_text()
    assert "textured mesh" in text and "Mitsuba inverse rendering" not in text
