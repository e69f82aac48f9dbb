"""`synthesize`: the errors before anything is rendered."""

import json

import pytest

from app.cli import main
from phynes_core.body.files import load_bundled_body
from phynes_core.synthetic.plan import SETTINGS, SynthesisPlan, save_settings


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--subject", "jane"], ["jane", "josh"]),
        (["--probe", "moon"], ["moon", "studio"]),
        (["--relight", "studio,moon"], ["moon", "studio"]),
        (["--frames", "0"], ["--frames", "1 to 100000"]),
        (["--motion", ","], ["--motion"]),
    ],
)
def test_invalid_values_are_refused_in_one_line_and_nothing_is_written(options, words, tmp_path, capsys):
    assert main(["synthesize", "--out", str(tmp_path / "new"), *options]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ") and said.err.count("\n") == 1
    assert all(word in said.err for word in words)
    assert said.out.strip() == ""
    assert not (tmp_path / "new").exists()


def test_an_unknown_clip_is_refused_with_the_existing_ones(tmp_path, capsys):
    assert main(["synthesize", "--out", str(tmp_path / "new"), "--novel-motion", "moonwalk"]) == 2
    assert "walk" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_folder_of_another_run_is_refused_with_the_difference(tmp_path, capsys):
    save_settings(SynthesisPlan(size=256), load_bundled_body(), tmp_path)
    assert main(["synthesize", "--out", str(tmp_path)]) == 2
    assert "size" in capsys.readouterr().err
    settings = json.loads((tmp_path / SETTINGS).read_text(encoding="utf-8"))
    settings["plan"]["size"], settings["subject_version"] = 512, 0
    (tmp_path / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    assert main(["synthesize", "--out", str(tmp_path)]) == 2
    assert "version 0" in capsys.readouterr().err
    (tmp_path / SETTINGS).write_text("{}", encoding="utf-8")
    assert main(["synthesize", "--out", str(tmp_path)]) == 2
    assert SETTINGS in capsys.readouterr().err
