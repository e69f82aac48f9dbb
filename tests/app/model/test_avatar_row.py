"""The row of avatars: its edits, clip times, and the positions of the bodies."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.files.poses import pose_path
from app.files.sessions import SessionError, parse_session, session_text
from app.model import avatar_row, edits, joints
from app.model.avatar_row import (
    MAX_BODIES,
    BodyState,
    add_body,
    advance_time,
    choose_body,
    choose_next_body,
    edit_avatar_row,
    posed_bodies,
    remove_body,
)
from app.model.joints import hold_pose
from app.model.materials import MaterialState
from app.model.playback import PlaybackState, load_motion_file
from app.model.store import Store
from app.model.view_state import ViewState
from app.options.bodies import PlaybackOptions, motion_path, playback_of
from app.rendering.render_service import RenderService
from app.rendering.scenes import captured_index
from phynes_core.body.model import pose_body
from phynes_core.body.motion.pose_files import read_pose
from phynes_core.io.exr_files import read_exr

DURATIONS = {"walk": 1.0, "run": 4.0}


def row_of(*names: str) -> ViewState:
    state = ViewState(BodyState(names[0]))
    for name in names[1:]:
        state = add_body(state, name)
    return state


def names(state: ViewState) -> list[str]:
    return [body.avatar for body in state.bodies]


def test_choosing_another_body_keeps_the_order_and_the_poses():
    state = edits.edit_body(row_of("a", "b", "c", "d"), time_s=3.0)
    assert names(state) == ["a", "b", "c", "d"] and state.body.avatar == "d"
    chosen = choose_body(state, 1)
    assert names(chosen) == ["a", "b", "c", "d"] and chosen.body.avatar == "b"
    assert choose_body(chosen, 3) == state
    assert choose_body(state, 9) == state and choose_next_body(state).body.avatar == "a"


def test_the_last_body_cannot_be_removed_and_the_row_has_a_maximum():
    state = row_of("a", "b", "c")
    state = remove_body(choose_body(state, 1))
    assert names(state) == ["a", "c"] and state.body.avatar == "a"
    assert names(remove_body(remove_body(state))) == ["c"]
    full = row_of(*"abcdefgh", "one too many")
    assert len(full.bodies) == MAX_BODIES


def test_a_new_body_has_the_active_ones_pose_and_the_camera_moves_back():
    state = joints.set_joint(ViewState(BodyState("a", "walk", 0.5)), 16, (1.0, 2.0, 3.0))
    both = add_body(state, "b")
    assert both.body == replace(state.body, avatar="b")
    assert both.camera.distance_m > state.camera.distance_m


def test_a_new_body_comes_without_the_paint_of_the_active_one():
    painted = edits.edit_body(row_of("a"), materials=MaterialState(albedo_scale=0.5))
    assert add_body(painted).body == replace(painted.body, materials=MaterialState())
    assert add_body(painted).avatar_row.others[0] == painted.body


def test_captured_light_stays_that_of_the_avatar_it_was_chosen_for():
    both = add_body(ViewState(BodyState("a")), "b")
    assert both.light.captured_of == "a" and captured_index(both) == 0
    assert captured_index(choose_body(both, 0)) == 0
    assert captured_index(remove_body(choose_body(both, 0))) == 0  # b is left, and its own light shines
    other = avatar_row.choose_avatar(choose_body(both, 0), "c")
    assert other.light.captured_of == "c" and captured_index(choose_body(other, 1)) == 0
    assert captured_index(row_of("a", "a", "a")) == 2  # bodies of one avatar have one light


def test_another_clip_drops_what_was_mixed_into_the_one_before():
    mixed = edits.edit_body(row_of("a"), motion="walk", playback=PlaybackState(second="run", mix=0.3))
    assert load_motion_file(mixed, "jump").body.playback.second == ""


def test_bodies_that_share_a_pose_keep_their_avatars_and_shapes():
    state = avatar_row.set_shape(row_of("a", "b"), 0, 2.0)
    state = edit_avatar_row(joints.set_joint(choose_body(state, 0), 18, (0.0, -40.0, 0.0)), shares_pose=True)
    first, second = posed_bodies(state)
    assert first.joint_angles_deg == second.joint_angles_deg != ViewState().body.joint_angles_deg
    assert (second.avatar, second.shape[0], first.shape[0]) == ("b", 2.0, 0.0)


def playing(**playback: object) -> ViewState:
    return ViewState(BodyState("a", "walk", 0.9, True, playback=replace(PlaybackState(), **playback)))


def test_time_loops_and_stops_when_paused():
    assert advance_time(playing(), 0.3, DURATIONS).body.time_s == pytest.approx(0.2)
    assert advance_time(ViewState(), 0.3, DURATIONS) == ViewState()


def test_speed_range_and_the_end_without_a_loop():
    assert advance_time(playing(speed=0.5), 0.1, DURATIONS).body.time_s == pytest.approx(0.95)
    assert advance_time(playing(start_s=0.4, end_s=1.0), 0.2, DURATIONS).body.time_s == pytest.approx(0.5)
    stopped = advance_time(playing(loops=False), 0.3, DURATIONS).body
    assert stopped.time_s == 1.0 and not stopped.playing
    back = advance_time(playing(loops=False, speed=-1.0), 2.0, DURATIONS).body
    assert back.time_s == 0.0 and not back.playing


def test_playback_does_not_depend_on_how_often_it_is_drawn():
    often = playing(speed=0.7)
    for _ in range(60):
        often = advance_time(often, 1 / 60, DURATIONS)
    assert often.body.time_s == pytest.approx(advance_time(playing(speed=0.7), 1.0, DURATIONS).body.time_s)


def test_the_clips_of_all_bodies_run_and_undo_changes_no_time():
    state = replace(playing(), body=replace(playing().body, time_s=0.0))
    store = Store(choose_body(edits.edit_body(add_body(state), motion="run"), 0))
    store.post(lambda s: edits.edit_display(s, exposure_ev=1.0), "exposure")
    store.post(lambda s: advance_time(s, 1.5, DURATIONS), "clock", is_undoable=False)
    store.apply()
    store.undo()
    assert [body.time_s for body in store.state.bodies] == pytest.approx([0.5, 1.5])
    assert store.state.display.exposure_ev == 0.0


@pytest.fixture(scope="module")
def service():
    return RenderService()


def test_bodies_stand_in_a_row_on_one_ground_whatever_their_clips(service, avatar_file):
    """A T-pose is where the body file has it, a clip's feet are at y = 0, and a walk moves away from the origin."""
    state = row_of(*[str(avatar_file)] * 4)
    state = edits.edit_body(choose_body(state, 2), motion=motion_path("walk"), time_s=1.0)
    row = service._bodies.row(choose_body(state, 0))
    pelvises = np.array([body.joints[0] for body in row.shown])
    assert np.diff(pelvises[:, 0]) == pytest.approx([1.8] * 3, abs=0.05)  # the walk sways
    assert pelvises[:, 1] == pytest.approx(pelvises[0, 1], abs=0.05)
    assert pelvises[:, 2] == pytest.approx(pelvises[0, 2], abs=0.01)


def test_a_squatting_body_has_the_same_ground_as_its_neighbor(service, avatar_file):
    squat = read_pose(pose_path("squat")).rotations
    row = service._bodies.row(hold_pose(row_of(*[str(avatar_file)] * 2), squat))
    lowest = [pose_body(posed.avatar.body, posed.pose).vertices[:, 1].min() for posed in row.posed]
    assert float(lowest[0]) == pytest.approx(float(lowest[1]), abs=1e-4)
    assert row.shown[1].joints[0, 1] < row.shown[0].joints[0, 1] - 0.2


def test_one_body_alone_is_not_moved(service, avatar_file):
    alone = service._bodies.row(ViewState(BodyState(str(avatar_file))))
    assert not alone.posed[0].pose.transl.any()


def test_four_avatars_share_the_light_and_one_frame(service, avatar_file):
    state = edits.edit_display(row_of(*[str(avatar_file)] * 4), buffer="albedo")
    frame = service.render(state, 96)
    columns = np.nonzero((frame.pixels[..., 3] > 0).any(0))[0]
    assert columns[0] < 8 and columns[-1] >= 88
    assert len(frame.bodies) == 4 and frame.face_index is not None
    first = [body.first_face for body in frame.bodies]
    owner = np.searchsorted(first, frame.face_index[frame.face_index >= 0], side="right") - 1
    assert (np.bincount(owner, minlength=4) > 50).all()


def test_render_draws_a_row(avatar_file, tmp_path):
    pair = ["--avatar", str(avatar_file), "--avatar", str(avatar_file), "--spacing", "2", "--motion", "walk"]
    options = ["--size", "64", "--buffers", "mask", "--format", "exr", "--out", str(tmp_path)]
    assert cli.main(["render", *pair, *options]) == 0
    covered = read_exr(tmp_path / "mask.exr")[..., 0] > 0
    assert covered[:, :30].any() and covered[:, 34:].any() and not covered[:, 31:33].any()


@pytest.mark.parametrize(
    "options, message",
    [
        (["--motion", "walk", "--motion", "run", "--motion", "jump"], "one for all 2 avatars"),
        (["--spacing", "0"], "--spacing"),
        (["--shape", "1,x"], "--shape"),
        (["--pose", "none.json"], "in the library: a_pose, "),
    ],
)
def test_invalid_options_of_the_row_are_refused_in_one_line(avatar_file, tmp_path, capsys, options, message):
    pair = ["--avatar", str(avatar_file), "--avatar", str(avatar_file)]
    assert cli.main(["render", *pair, "--out", str(tmp_path), *options]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1
    assert not list(Path(tmp_path).iterdir())


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('"active": 1', '"active": 7', "avatar_row.active: expected 0 to 1, got 7"),
        ('"speed": 2.0', '"speed": "fast"', "speed"),
        ('"head"', '"tail"', r"body.unlimited\[0\]: expected one of head, hands, limbs, got 'tail'"),
        ("[0.0, 0.0, 0.125]", "[0.0, 0.0, 0.0], [0.0, 0.0, 0.125]", "held_pose: expected 24 joints or none, got 25"),
    ],
)
def test_invalid_bodies_in_a_session_are_refused_in_one_line(tmp_path, old, new, message):
    state = add_body(hold_pose(ViewState(), ((0.0, 0.0, 0.125),) * 24))
    state = edits.edit_body(state, playback=PlaybackState(speed=2.0), unlimited=("head",))
    text = json.dumps(json.loads(session_text(state)))
    assert parse_session(text, "good.json", tmp_path) == state and old in text
    with pytest.raises(SessionError, match=message) as error:
        parse_session(text.replace(old, new, 1), "bad.json", tmp_path)
    assert "\n" not in str(error.value)


def test_playback_options_set_the_playback_state():
    options = PlaybackOptions(range="0.5,2", speed=-0.5, loop=False, smooth=False, mix="walk,0.3")
    playback = playback_of(options)
    assert (playback.start_s, playback.end_s, playback.speed, playback.loops) == (0.5, 2.0, -0.5, False)
    assert (playback.is_smooth, Path(playback.second).stem, playback.mix) == (False, "walk", 0.3)
    for wrong in ({"range": "2,1"}, {"range": "x"}, {"speed": 99.0}, {"mix": "walk,2"}):
        with pytest.raises(cli.UsageError):
            playback_of(PlaybackOptions(**wrong))
