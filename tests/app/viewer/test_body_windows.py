"""Joints, clips and the avatar row in the real windows, by clicks, drags, drops and keys."""

from pathlib import Path

import numpy as np
import pytest

from tests.app.desktop import WINDOW_MARKS, Viewer

LEFT_SHOULDER, LEFT_ELBOW = 16, 18

pytestmark = WINDOW_MARKS


def waving_bvh(num_frames: int) -> str:
    """A skeleton of seven joints whose left arm goes up and down."""
    joints = (  # name, offset in cm, how many joints close after it
        ("Hips", "0 0 0", 0), ("LeftUpLeg", "10 0 0", 0), ("LeftLeg", "0 -40 0", 2), ("RightUpLeg", "-10 0 0", 0),
        ("RightLeg", "0 -40 0", 2), ("LeftArm", "18 50 0", 0), ("LeftForeArm", "26 0 0", 2),
        ("RightArm", "-18 50 0", 0), ("RightForeArm", "-26 0 0", 2),
    )  # fmt: skip
    lines = ["HIERARCHY"]
    for index, (name, offset, num_closed) in enumerate(joints):
        moves = "6 Xposition Yposition Zposition" if index == 0 else "3"
        lines += [f"{'JOINT' if index else 'ROOT'} {name}", "{", f"OFFSET {offset}"]
        lines += [f"CHANNELS {moves} Zrotation Yrotation Xrotation", *["}"] * num_closed]
    rows = []
    for frame in range(num_frames):
        angles = np.zeros((len(joints), 3))
        angles[5, 0] = 60.0 * np.sin(2 * np.pi * frame / num_frames)
        rows.append(" ".join(f"{value:.4f}" for value in (0.0, 90.0, 0.0, *angles.ravel())))
    return "\n".join([*lines, "}", "MOTION", f"Frames: {num_frames}", "Frame Time: 0.04", *rows])


def middle(event: dict, index: int, first: int, second: int) -> tuple[float, float]:
    ends = np.array([event["joints_px"][index][joint] for joint in (first, second)])
    return tuple(ends.mean(0))


def click(viewer: Viewer, point: tuple[float, float]) -> None:
    viewer.drag("picture", point, point)


def test_a_click_selects_the_arms_joint_and_a_dragged_ring_turns_it(viewer):
    start = viewer.settled()
    before = viewer.picture().astype(int)
    click(viewer, middle(start, 0, LEFT_SHOULDER, LEFT_ELBOW))
    held = viewer.wait("rings", lambda: (event := viewer.last("shown")) and len(event["rings"]) == 3 and event)
    assert held["selected_joint"] == LEFT_SHOULDER and held["camera"] == start["camera"]
    viewer.keep("rings")
    assert (np.abs(viewer.picture() - before).max(-1) > 30).sum() > 100  # the rings and the tint
    ring = max(held["rings"], key=lambda points: np.ptp(np.array(points), axis=0).prod())  # the one seen most openly
    axis = held["rings"].index(ring)
    viewer.drag("picture", tuple(ring[3]), tuple(ring[12]))
    turned = viewer.settled(lambda event: str(LEFT_SHOULDER) in event["joints"])
    angles = np.abs(turned["joints"][str(LEFT_SHOULDER)])
    assert angles.argmax() == axis and 20 < angles.max() < 100  # nine of 56 segments: 58 degrees, along the chord
    viewer.keep("turned")


def test_escape_deselects_the_joint_and_does_not_close_the_viewer(viewer):
    viewer.key("Escape")
    viewer.wait("no rings", lambda: viewer.last("shown")["rings"] == [])
    viewer.key("z")
    viewer.settled(joints={})


def test_the_clip_is_scrubbed_on_the_strip_and_played_with_the_space_bar(viewer):
    viewer.click("timeline.strip", across=0.5)
    middle_s = viewer.settled(lambda event: event["clip_s"] > 0.3)["clip_s"]
    viewer.key("period")
    viewer.settled(lambda event: event["clip_s"] == pytest.approx(middle_s, abs=0.05) and event["clip_s"] != middle_s)
    viewer.key("space")
    viewer.wait("a later pose", lambda: abs(viewer.last("shown")["clip_s"] - middle_s) > 0.1)
    viewer.keep("playing")
    viewer.key("space", "Home")
    viewer.settled(clip_s=0.0)


def test_a_dropped_bvh_plays_and_an_unknown_file_gives_a_message(viewer, tmp_path):
    (tmp_path / "wave.bvh").write_text(waving_bvh(num_frames=60))
    viewer.drop(tmp_path / "wave.bvh")
    viewer.wait("the new clip", lambda: (viewer.last("shown") or {}).get("motion") == "wave")
    viewer.wait("a later pose", lambda: viewer.last("shown")["clip_s"] > 0.2)
    viewer.keep("dropped")
    viewer.key("space")
    (tmp_path / "notes.txt").write_text("")
    viewer.drop(tmp_path / "notes.txt")
    viewer.wait("the message", lambda: "notes.txt" in str(viewer.last("messages")))
    viewer.key("z")
    viewer.settled(motion="walk")


def test_keys_go_through_the_poses_of_the_library_and_save_one(viewer):
    before = viewer.picture().astype(int)
    viewer.key("Next")
    first = viewer.settled(lambda event: event["held"])
    assert (np.abs(viewer.picture() - before).max(-1) > 40).mean() > 0.002
    viewer.key("Next")
    viewer.settled(lambda event: event["held"] and event["held"] != first["held"])
    viewer.key("alt+s")
    settings = Path(viewer.desktop.environment["XDG_CONFIG_HOME"])
    viewer.wait("the saved pose", lambda: list(settings.rglob("poses/pose_1.json")))


def test_four_avatars_stand_side_by_side_and_a_click_chooses_one(viewer):
    for count in (2, 3, 4):
        viewer.key("b")
        viewer.wait("whom to choose from", lambda: (viewer.last("widgets")["value"]).get("palette.text"))
        viewer.desktop.pointer("type", "small")
        viewer.desktop.pointer("key", "Return")
        row = viewer.settled(lambda event, count=count: len(event["bodies"]) == count)
    assert row["active"] == 3
    viewer.keep("four")
    columns = [np.array(joints)[0, 0] for joints in row["joints_px"]]
    assert np.diff(columns).min() > 20
    click(viewer, middle(row, 1, 0, 9))
    chosen = viewer.settled(active=1)
    assert chosen["selected_joint"] >= 0
    viewer.key("Escape", "n")
    viewer.settled(active=2)
    viewer.key("shift+b")
    viewer.settled(lambda event: len(event["bodies"]) == 3)
    assert viewer.process.poll() is None and "Traceback" not in (viewer.folder / "output.txt").read_text()
