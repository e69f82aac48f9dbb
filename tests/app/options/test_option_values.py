"""Values that make sense for no option are refused in a line by every command, before anything is made."""

from pathlib import Path

import pytest

from app import cli
from app.cli import command_names
from tests.app.one_line_errors import check_line, contents

LONG = "x" * 300
SAMPLE = "assets/captures/josh_256"
REFUSED = [
    ("train --data D --out O.ckpt --seed -1", "--seed: expected 0 to 2147483647, got -1"),
    ("train --data D --out O.ckpt --seed 99999999999999999999", "--seed: expected 0 to"),
    ("train --data D --out O.ckpt --set stage1.steps=-5", "'stage1.steps': expected a whole number from 0"),
    ("train --data D --out O.ckpt --set stage1.beta_end_m=nan", "'stage1.beta_end_m': expected a number from"),
    ("train --data D --out O.ckpt --minutes nan", "--minutes: expected a finite number, got nan"),
    ("train --data D --out O.ckpt --threads 100000", "--threads: expected 1 to 1024"),
    ("train --data D --out O.ckpt --save-every inf", "--save-every: expected a finite number"),
    ("train --data D --out= --seed 1", "--out: expected a path, got an empty text"),
    (f"train --data D --out {LONG}.ckpt", "--out: expected names of at most 255 bytes"),
    (f"train --data {LONG} --out O.ckpt", "--data: expected names of at most 255 bytes"),
    ("train --data D --out O.ckpt --lighting=", "--lighting: expected a path"),
    ("degrade --data D --out O --preset real --seed -1", "--seed: expected 0 to 2147483647, got -1"),
    ("degrade --data D --out= --preset real", "--out: expected a path"),
    ("synthesize --out O --seed -1", "--seed: expected 0"),
    ("synthesize --out O --views 100000", "--views: expected 1 to 64"),
    ("synthesize --out O --turn nan", "--turn: expected a finite number"),
    ("synthesize --out O --size 10000000", "--size: expected 1 to 8192"),
    (f"synthesize --out {'d/' * 3000}", "--out: expected names of at most 255 bytes in a path of at most 4000"),
    ("evaluate --avatar josh --data D --out=", "--out: expected a path"),
    ("evaluate --avatar josh --data D --out O --supersample 100", "--supersample: expected 1 to 8"),
    (f"evaluate --avatar {LONG} --data D --out O", "--avatar: expected names of at most 255 bytes"),
    ("inspect --data D --max-frames 0", "--max-frames: expected 1 to"),
    ("render --avatar josh --out=", "--out: expected a path"),
    ("render --avatar josh --out O --probe-yaw nan", "--probe-yaw: expected a finite number, got nan"),
    ("render --avatar josh --out O --probe-yaw 1e400", "--probe-yaw: expected a finite number, got inf"),
    ("render --avatar josh --out O --motion walk --time nan", "--time: expected a finite number"),
    ("render --avatar josh --out O --motion walk --time=-inf", "--time: expected a finite number"),
    ("render --avatar josh --out O --motion walk --frame -3", "--frame: expected 0 to 10000000, got -3"),
    ("render --avatar josh --out O --frame 9999999999999999999999", "--frame: expected 0 to"),
    (f"render --avatar josh --out O/{LONG}.png", "--out: expected names of at most 255 bytes"),
    *((f"render --avatar josh --out O --{name} {LONG}", f"--{name}: expected names of at most 255 bytes")
      for name in ("motion", "probe", "rig", "pose", "materials", "camera", "smpl")),
    (f"render --session {LONG}.json --out O", "--session: expected names of at most 255 bytes"),
    (f"turntable --avatar josh --out O.mp4 --camera-path {LONG}", "--camera-path: expected names"),
    ("turntable --avatar josh --out O.mp4 --speed nan", "--speed: expected a finite number"),
    (f"{LONG}.json", "--session: expected names of at most 255 bytes"),
    (LONG, "unknown command"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), REFUSED, ids=[line[:60] for line, _ in REFUSED])
def test_a_value_that_makes_no_sense_is_refused_in_a_line(line, expected, capsys, monkeypatch, tmp_path):
    """A plain capture and `josh` exist, so that nothing else is wrong with the line."""
    root = Path(cli.__file__).resolve().parents[1]
    monkeypatch.chdir(tmp_path)
    words = [word.replace("D", str(root / SAMPLE)) if word == "D" else word for word in line.split()]
    assert cli.main(words) == 2
    said = capsys.readouterr()
    check_line(said.err)
    assert expected in said.err and said.out == ""
    assert len(said.err) < 1000
    assert contents(tmp_path) == {}, "files were left behind"


def test_an_empty_word_after_a_path_option_is_refused_in_every_command(capsys, monkeypatch, tmp_path):
    """`--out ""`, as a shell makes of an unset variable."""
    monkeypatch.chdir(tmp_path)
    tried = 0
    for name in command_names():
        for option in ("--out", "--data", "--json", "--export-probe", "--run-folder"):
            if cli.main([name, option, ""]) == 2 and f"{option}: expected a path" in capsys.readouterr().err:
                tried += 1
    assert tried >= 12 and contents(tmp_path) == {}


def test_bytes_that_are_no_text_and_nul_are_refused(capsys):
    for bad in ("a\udcffb.png", "a\0b.png"):
        assert cli.main(["render", "--avatar", "josh", "--out", bad]) == 2
        check_line(said := capsys.readouterr().err)
        assert "--out: expected a text" in said
