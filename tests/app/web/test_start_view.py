"""The view that a page begins with: what the exporter writes is what the page's JavaScript makes of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app import cli
from app.model.avatar_row import BodyState
from app.model.cameras import CameraState
from app.model.display_settings import DisplaySettings
from app.model.edits import edit_tool
from app.model.exports import AvatarExportState
from app.model.joints import set_joint
from app.model.lamps import LampState
from app.model.lights import LightState, Surroundings
from app.model.view_state import ViewState
from app.options.avatar_export import export_command
from app.rendering.exports.avatar_export import AvatarExportJob, with_clips
from app.rendering.posing import posed_by
from app.web import page_export
from app.web.start_view import start_view
from phynes_core.body.model import Pose
from tests.app.web.modules import run_modules
from tests.app.web.test_page_export import packet_of
from tests.app.web.test_page_links import SETUP
from tests.export.conftest import swing

READ = (
    SETUP
    + """
import { viewOf } from "web/page/state.js";
const state = stateOf(given.link, first, { environments: 3, clips: 2 });
const placed = { rotations: given.rotations, translation: [0, 0, 0], target: [0, 0, 0], floor: 0 };
answer({ state, rotations: viewOf(state, { poseAt: () => placed }, "full").pose.rotations });
"""
)
HELD = tuple((0.3 * joint / 24, -0.2, 0.9 - 0.1 * joint) for joint in range(24))
BETAS = torch.zeros(10)


def numbers(pose: Pose) -> np.ndarray:  # [72]
    return torch.cat([pose.global_orient[None], pose.body_pose]).reshape(-1).numpy()


def read(tmp_path: Path, state: ViewState, base: Pose) -> dict:
    """What the page makes of a state's link, on top of a pose that its clips give."""
    start = start_view(state, [("swing.npz", swing())], ["a.exr", "b.exr"], BETAS)
    return run_modules(tmp_path, READ, {"link": start.link, "rotations": numbers(base).tolist()})


def test_camera_light_lamps_and_display_arrive(tmp_path):
    state = ViewState(
        BodyState("a.ckpt"), CameraState(-33.25, 12.5, 2.125, (0.1, -0.25, 0.0625), 50.0),
        LightState("environment", "b.exr", 200.0, 1.25, lamps=(
            LampState(30.0, 20.0, 4.0, (1.0, 0.5, 0.25), 3.0), LampState(kind="area", distance_m=0.75, is_on=False),
        )),
        DisplaySettings("light_visibility", -1.5, "agx", (1.0, 0.5, 0.0), shown_light="lamp:1"),
        Surroundings("none", has_ground=True, ground_shadow=0.5),
    )  # fmt: skip
    rest = posed_by(BodyState(), None, None, BETAS)[0]
    shown = read(tmp_path, state, rest)["state"]
    assert shown["camera"] == {
        "azimuth": -33.25, "elevation": 12.5, "distance": 2.125, "fov": 50, "pan": [0.1, -0.25, 0.0625],
    }  # fmt: skip
    assert shown["light"] == {"index": 2, "rotation": -160, "gain": 1.25}
    sun, near = shown["lamps"]
    assert (sun["kind"], sun["azimuth"], sun["angle"], sun["color"], sun["on"]) == ("sun", 30, 4, [1, 0.5, 0.25], True)
    assert (near["kind"], near["distance"], near["on"]) == ("near", 0.75, False)
    assert (shown["buffer"], shown["shownLamp"]) == ("light_visibility", 1)
    assert (shown["curve"], shown["exposure"], shown["background"]) == ("agx", -1.5, [1, 0.5, 0])
    assert shown["floor"] == {"on": True, "shadow": 0.5, "reflection": 0.15} and shown["clip"]["index"] == -1
    assert start_view(ViewState(BodyState("a.ckpt")), [], [], BETAS).link == ""


@pytest.mark.parametrize("has_clip", [False, True], ids=["a held pose", "a clip with turned joints"])
def test_the_pose_is_that_of_the_engine(has_clip, tmp_path):
    body = BodyState("a.ckpt", "swing.npz", 0.08) if has_clip else BodyState("a.ckpt", held_pose=HELD)
    state = set_joint(ViewState(body), 17, (10.0, 20.0, -5.0))
    base, edited = posed_by(state.body, swing() if has_clip else None, None, BETAS)
    found = read(tmp_path, state, base)
    assert np.abs(np.array(found["rotations"]) - numbers(edited)).max() <= 5e-5  # links have four decimals of a degree
    clip = found["state"]["clip"]
    assert (clip["index"], clip["time"], clip["playing"]) == ((0, 0.08, False) if has_clip else (-1, 0, False))


def test_what_no_page_shows_is_named():
    lamp = LampState(intensity=30.0, is_solo=True)
    state = ViewState(
        BodyState("a.ckpt", "walk.npz"), light=LightState(tint=(1.0, 0.5, 1.0), lamps=(lamp,)),
        surroundings=Surroundings("checker", has_balls=True),
    )  # fmt: skip
    start = start_view(state, [], [], BETAS)
    assert start.missing == (
        "the clip's movement", "the light's tint", "lamp 1: intensity 30 (on a page 20)", "the balls", "the backdrop",
    )  # fmt: skip
    assert "light=-1,0,1" in start.link  # a solo lamp shines alone


def test_options_of_render_say_what_a_page_begins_with(avatar_file, tmp_path, monkeypatch):
    monkeypatch.setattr(page_export, "_fallback", lambda job, step: None)
    out = tmp_path / "a.html"
    view = ["--motion", "kick", "--camera", "left", "--probe", "studio", "--lamp", "60,30,3.14", "--exposure", "0.5"]
    common = ["export", "--avatar", str(avatar_file), "--out", str(out), "--probes", "none", "--motions", "walk"]
    assert cli.main([*common, *view]) == 0
    (tmp_path / "avatar.bin").write_bytes(packet_of(out.read_text()))
    head = run_modules(
        tmp_path,
        'import { readPacket } from "web/engine/packet.js";'
        "answer((await readPacket(new Uint8Array(readFileSync(given)))).head);",
        str(tmp_path / "avatar.bin"),
    )
    parts = dict(part.split("=") for part in head["start"].split("&"))
    assert parts["clip"] == "0,0,1,1" and [clip["name"] for clip in head["clips"]] == ["kick", "walk"]
    assert parts["camera"].split(",")[:2] == ["90", "0"]
    assert float(parts["camera"].split(",")[2]) == pytest.approx(head["distance"], abs=0.2)
    assert parts["light"] == "1,0,1" and head["lights"][1]["name"] == "studio"
    assert parts["lamp"].startswith("sun,60,30,2,") and parts["show"] == "radiance,linear,0.5"


def test_the_viewer_puts_its_present_view_in_and_says_how_to_make_it_again(avatar_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page_export, "_fallback", lambda job, step: None)
    body = BodyState(str(avatar_file.resolve()))
    light = LightState(lamps=(LampState(60.0, 30.0, color=(1.0, 1.0, 1.0)),))
    plain = ViewState(body, CameraState(20.0, 5.0, 3.0), light)
    plain = edit_tool(plain, avatar_export=AvatarExportState("a.html"))
    panned = replace(plain, camera=replace(plain.camera, pan_m=(0.1, 0.0, 0.0)))
    for state, has_session in ((plain, False), (panned, True)):
        settings = replace(with_clips(state), lights=())
        assert AvatarExportJob(state, settings).run(None, lambda done, of, frame: True, lambda: False)
        page = Path("a.html").read_bytes()
        command = export_command(state, settings, {})
        assert bool(command.session) == has_session
        command.write_session()
        Path("a.html").unlink()
        assert cli.main(list(command.arguments)) == 0
        assert Path("a.html").read_bytes() == page
    capsys.readouterr()
