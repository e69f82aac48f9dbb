"""`export --out x.html`: a page as a file or a folder, and one line for each mistake."""

import base64
import re

import pytest
import torch

from app import cli
from app.web import page_export
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.body.files import load_body
from tests.app.one_line_errors import contents
from tests.app.web.modules import run_modules
from tests.smpl_files import smpl_arrays, write_npz  # noqa: F401

FEW = ["--probes", "studio", "--motions", "kick"]
HEAD = """
import { readPacket } from "web/engine/packet.js";
const { head } = await readPacket(new Uint8Array(readFileSync(given)));
answer({ lights: head.lights.map(({ name }) => name), clips: head.clips.map(({ name }) => name), name: head.name });
"""


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch):
    """A still of 64 pixels, a video of 4 frames."""
    monkeypatch.setattr(page_export, "STILL_PX", 64)
    monkeypatch.setattr(page_export, "VIDEO_PX", 64)
    monkeypatch.setattr(page_export, "VIDEO_FPS", 1)


def export(*options) -> None:
    assert cli.main(["export", *(str(option) for option in options)]) == 0


def packet_of(html: str) -> bytes:
    found = re.search(r'<script type="application/octet-stream" id="avatar">([^<]+)</script>', html)
    assert found
    return base64.b64decode(found[1])


def test_a_page_holds_what_was_asked_for_and_says_what_it_weighs(avatar_file, tmp_path, capsys):
    out = tmp_path / "small.html"
    export("--avatar", avatar_file, "--out", out, *FEW)
    said = capsys.readouterr().out
    assert re.search(r"^\d+\.\d MB: 1 lights, 1 clips$", said, re.MULTILINE) and said.strip().endswith(str(out))
    html = out.read_text()
    (tmp_path / "avatar.bin").write_bytes(packet_of(html))
    found = run_modules(tmp_path, HEAD, str(tmp_path / "avatar.bin"))
    assert (found["lights"], found["clips"]) == (["learned light", "studio"], ["kick"])
    assert 'src="data:image/png;base64,' in html and "<video" not in html
    first = out.read_bytes()
    export("--avatar", avatar_file, "--out", out, *FEW)
    assert out.read_bytes() == first


def test_a_folder_for_a_web_server_holds_the_same_numbers(avatar_file, tmp_path):
    out = tmp_path / "site"
    export("--avatar", avatar_file, "--out", out, "--format", "html", *FEW, "--fallback-video")
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"index.html", "avatar.bin", "still.png", "turntable.webm", "page/main.js", "engine/renderer.js"} <= names
    assert (out / "avatar.bin").read_bytes()[:8] == b"PHYNES1\n"
    assert (out / "turntable.webm").stat().st_size > 100


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--out", "a.html", "--probes", "moon"), "--probes moon: no such file"),
        (("--out", "a.html", "--motions", "moonwalk"), "moonwalk"),
        (("--out", "a.html", "--texture-size", "64"), "--texture-size: has no effect on .html"),
        (("--out", "a.html", "--camera-path", "path.json"), "--camera-path: has no effect on .html"),
        (("--out", "a.glb", "--probes", "studio"), "--probes: has no effect on .glb"),
        (("--out", "a.glb", "--lamp", "60,30,3"), "--lamp: has no effect on .glb"),
        (("--out", "a.html", "--balls"), "--balls: has no effect on .html"),
        (("--out", "folder", "--fallback-video"), "--fallback-video: has no effect on a folder"),
        (("--out", "a.page"), "expected one of"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(options, expected, avatar_file, refuse, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    assert expected in refuse("export", "--avatar", avatar_file, *options)
    assert contents(tmp_path) == before


def test_a_licensed_body_goes_into_a_page_only_when_asked(write_npz, refuse, tmp_path):  # noqa: F811
    smpl, avatar = write_npz(), tmp_path / "licensed.ckpt"
    torch.manual_seed(1)
    save_checkpoint(avatar, Avatar.untrained(load_body(smpl), "licensed"))
    common = ["--avatar", avatar, "--smpl", smpl, "--motions", "none", "--probes", "none", "--out", tmp_path / "a.html"]
    line = refuse("export", *common)
    assert "licensed body 'small'" in line and "--with-licensed-body" in line
    assert not (tmp_path / "a.html").exists()
    export(*common, "--with-licensed-body")
    assert (tmp_path / "a.html").is_file()


def test_a_full_disk_leaves_the_older_page(avatar_file, tmp_path, monkeypatch, capsys):
    out = tmp_path / "a.html"
    out.write_text("older")

    def fail(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    common = ["export", "--avatar", str(avatar_file), "--out", str(out), "--probes", "none", "--motions", "none"]
    monkeypatch.setattr(page_export, "_fallback", lambda job, step: None)
    assert cli.main(common) == 2
    assert "No space left" in capsys.readouterr().err and out.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
