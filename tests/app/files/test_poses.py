"""The pose library: saved, read and blended poses; errors of invalid files; poses on the command line."""

from dataclasses import replace

import dearpygui.dearpygui as dpg
import numpy as np
import pytest
import torch

from app import cli
from app.files.poses import (
    SHIPPED,
    free_name,
    library,
    own_folder,
    pose_path,
    save_pose,
)
from app.model import edits, joints
from app.model.avatar_row import BodyState
from app.model.joints import LIMITS, drop_pose, hold_pose, set_share
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.panel import PanelContext, Snapshot
from app.panels.poses_panel import PosesPanel
from app.rendering.choices import Choices
from app.rendering.posing import posed_by
from app.rendering.render_service import RenderService
from app.rendering.thumbnails import pose_choices
from phynes_core.body.motion.pose_files import SavedPose, read_pose, write_pose
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.errors import MotionError, OutputError
from phynes_core.io.exr_files import read_exr
from tests.app.fake_commands import fake_commands

BENT = tuple((0.0, -0.03 * joint, 0.02 * joint) for joint in range(24))
LEFT_ELBOW = 18


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


def rotations_of(body: BodyState) -> torch.Tensor:
    pose = posed_by(body, None, None, torch.zeros(10))[1]
    return torch.cat([pose.global_orient[None], pose.body_pose])


def test_a_saved_pose_is_read_unchanged(tmp_path):
    path = save_pose(str(tmp_path / "mine.json"), BENT)
    assert np.allclose(read_pose(path).rotations, BENT, atol=1e-6)
    kept = save_pose("  Grüße, Bob!  ", BENT)
    assert kept.parent == own_folder() and read_pose(kept).name == "Grüße, Bob!" and str(kept) in library()
    with pytest.raises(OutputError, match="name"):
        save_pose("?!", BENT)


def test_the_library_starts_with_bundled_poses_and_leaves_out_invalid_files():
    shipped = {pose.name for pose in library().values()}
    assert {"A-pose", "Arms up", "Sitting"} <= shipped and len(list(SHIPPED.glob("*.json"))) == len(shipped)
    own_folder().mkdir(parents=True)
    (own_folder() / "broken.json").write_text("{")
    assert {pose.name for pose in library().values()} == shipped
    assert free_name(library()) == "pose 1"
    save_pose("pose 1", BENT)
    assert free_name(library()) == "pose 2"


def test_both_ends_of_the_blend_are_the_poses_and_its_middle_is_half_way():
    state = hold_pose(ViewState(), BENT)
    assert torch.allclose(rotations_of(state.body), torch.tensor(BENT), atol=1e-6)
    assert torch.allclose(rotations_of(set_share(state, 0.0).body), torch.zeros(24, 3), atol=1e-6)
    half = rotations_of(set_share(state, 0.5).body)
    assert torch.allclose(half, 0.5 * torch.tensor(BENT), atol=1e-5)  # one axis from the T-pose: half the angle
    assert drop_pose(set_share(state, 0.3)) == edits.edit_body(ViewState(), playing=False)


def test_joint_edits_turn_joints_on_top_of_the_held_pose():
    state = joints.set_joint(hold_pose(ViewState(), BENT), LEFT_ELBOW, (0.0, -20.0, 0.0))
    turn = axis_angle_to_matrix(torch.tensor([0.0, -np.pi / 9, 0.0]))
    expected = axis_angle_to_matrix(torch.tensor(BENT[LEFT_ELBOW])) @ turn
    turned = axis_angle_to_matrix(rotations_of(replace(state.body, unlimited=LIMITS))[LEFT_ELBOW])
    assert torch.allclose(turned, expected, atol=1e-5)


def test_a_frame_holds_the_rotations_that_are_saved(avatar_file):
    frame = RenderService().render(hold_pose(ViewState(BodyState(str(avatar_file))), BENT), 16)
    assert np.allclose(frame.bodies[0].rotations, BENT, atol=1e-5)


def test_poses_of_the_library_are_found_by_name():
    assert pose_path("sitting").parent == SHIPPED
    kept = save_pose("sitting", BENT)
    assert pose_path("sitting") == kept  # the user's own comes before the bundled one
    with pytest.raises(MotionError, match="squat"):
        pose_path("stting")


def test_render_shows_a_saved_pose(avatar_file, tmp_path):
    write_pose(tmp_path / "pose.json", SavedPose("x", BENT))
    masks = []
    for name, options in (("rest", []), ("held", ["--pose", str(tmp_path / "pose.json")])):
        out = tmp_path / name
        size = ["--size", "48", "--buffers", "mask", "--format", "exr"]
        assert cli.main(["render", "--avatar", str(avatar_file), "--out", str(out), *size, *options]) == 0
        masks.append(read_exr(out / "mask.exr"))
    assert (masks[0] != masks[1]).mean() > 0.01


def test_stick_figures_lie_in_their_squares():
    for pose in pose_choices():
        corners = np.array([(stroke.x0, stroke.y0, stroke.x1, stroke.y1) for stroke in pose.figure])
        assert len(pose.figure) == 24 and corners.min() > 0.0 and corners.max() < 1.0


def test_a_click_on_a_thumbnail_holds_its_pose_and_the_slider_blends(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    dpg.create_context()
    store, saved = Store(ViewState()), []
    panel = PosesPanel(PanelContext(fake_commands(store, saved)))
    with dpg.window():
        panel.build()
    poses = pose_choices()

    def show():
        store.apply()
        panel.sync(Snapshot(store.state, Choices(poses=poses)))
        return store.state.body

    show()
    panel.choose(1)
    assert show().held_pose == poses[1].rotations
    dpg.get_item_callback("poses.share")(None, 0.25)
    assert show().held_share == 0.25
    dpg.set_value("poses.name", "mine")
    dpg.get_item_callback("poses.save")()
    assert saved == [("poses.save", "mine")]
    dpg.get_item_callback("poses.drop")()
    assert show().held_pose == ()
    dpg.destroy_context()
