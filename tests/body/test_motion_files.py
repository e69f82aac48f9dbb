"""Clips of others: AMASS turned upright, AIST++ without running it, BVH onto SMPL's skeleton."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import SMPL_PARENTS, Pose, pose_body, pose_joints
from phynes_core.body.motion.files import load_motion
from phynes_core.body.motion.retarget import smpl_joints_of
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.conventions import JOINT_NAMES
from phynes_core.errors import MotionError

UPRIGHT = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
LEFT_ELBOW, LEFT_WRIST, LEFT_HIP, LEFT_KNEE = 18, 20, 1, 4
MIXAMO = {
    0: "Hips", 1: "LeftUpLeg", 2: "RightUpLeg", 3: "Spine", 4: "LeftLeg", 5: "RightLeg", 6: "Spine1", 7: "LeftFoot",
    8: "RightFoot", 9: "Spine2", 10: "LeftToeBase", 11: "RightToeBase", 12: "Neck", 13: "LeftShoulder",
    14: "RightShoulder", 15: "Head", 16: "LeftArm", 17: "RightArm", 18: "LeftForeArm", 19: "RightForeArm",
    20: "LeftHand", 21: "RightHand",
}  # fmt: skip


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture(scope="module")
def rest(body):
    return pose_joints(body, Pose.rest()).positions


def bvh_text(offsets, turns, root, prefix="", order="ZXY", names=MIXAMO, scale=100.0, frames=1) -> str:
    """A skeleton with SMPL's tree; turns: joint -> degrees in the order of the channels; root [3] metres."""
    lines = ["HIERARCHY"]

    def joint(index: int, depth: int) -> None:
        pad = "  " * depth
        lines.append(f"{pad}{'ROOT' if index == 0 else 'JOINT'} {prefix}{names[index]}")
        lines.append(pad + "{")
        lines.append(f"{pad}  OFFSET " + " ".join(f"{value * scale:.6f}" for value in offsets[index]))
        rotations = " ".join(f"{axis}rotation" for axis in order)
        moves = "6 Xposition Yposition Zposition" if index == 0 else "3"
        lines.append(f"{pad}  CHANNELS {moves} {rotations}")
        children = [child for child in names if child and SMPL_PARENTS[child] == index]
        for child in children:
            joint(child, depth + 1)
        if not children:
            lines.extend([f"{pad}  End Site", pad + "  {", f"{pad}    OFFSET 0 {0.1 * scale} 0", pad + "  }"])
        lines.append(pad + "}")
        written.append(index)

    written: list[int] = []
    joint(0, 0)
    order_of_file = [names_inverse(names)[line.split()[1].removeprefix(prefix)] for line in lines if is_joint(line)]
    numbers = [f"{value * scale:.6f}" for value in root]
    for index in order_of_file:
        numbers += [f"{angle:.6f}" for angle in turns.get(index, (0.0, 0.0, 0.0))]
    row = " ".join(numbers)
    return "\n".join([*lines, "MOTION", f"Frames: {frames}", "Frame Time: 0.025", *[row] * frames, ""])


def is_joint(line: str) -> bool:
    return line.split()[0] in ("ROOT", "JOINT")


def names_inverse(names):
    return {name: index for index, name in names.items()}


def offsets_of(rest):
    return {joint: (rest[joint] - rest[SMPL_PARENTS[joint]]).tolist() if joint else [0.0] * 3 for joint in range(24)}


def loaded(tmp_path: Path, text: str, rest):
    path = tmp_path / "clip.bvh"
    path.write_text(text)
    return load_motion(path).placed_on(rest)


def test_amass_forward_kinematics_is_the_raw_ones_turned_upright(tmp_path, body, rest):
    """v' = A v for every joint: the pelvis does not turn about the origin but about where it rests."""
    generator = np.random.default_rng(0)
    poses = generator.normal(0, 0.4, (3, 156)).astype(np.float64)
    trans = generator.normal(0, 1.0, (3, 3))
    path = tmp_path / "amass.npz"
    np.savez(
        path, poses=poses, trans=trans, betas=np.zeros(16), mocap_framerate=np.float64(120), dmpls=np.zeros((3, 8)),
        gender=np.array(["female"], dtype=object),
    )  # fmt: skip
    clip = load_motion(path).placed_on(rest)
    assert clip.fps == 120 and clip.num_frames == 3 and not clip.body_pose[:, 21:].any()
    for frame in range(3):
        raw = torch.zeros(24, 3)
        raw[:22] = torch.from_numpy(poses[frame, :66].reshape(22, 3)).float()
        at = Pose(raw[1:], raw[0], torch.from_numpy(trans[frame]).float(), torch.zeros(10))
        expected = pose_body(body, at).vertices @ UPRIGHT.T
        assert torch.allclose(pose_body(body, clip.pose(frame)).vertices, expected, atol=2e-5)


def test_amass_in_smplx_layout_is_the_same_clip(tmp_path):
    poses, trans = np.random.default_rng(1).normal(0, 0.3, (2, 66)), np.zeros((2, 3))
    np.savez(tmp_path / "a.npz", poses=poses, trans=trans, mocap_framerate=30)
    np.savez(
        tmp_path / "b.npz", root_orient=poses[:, :3], pose_body=poses[:, 3:], trans=trans, mocap_frame_rate=30.0,
        pose_hand=np.zeros((2, 90)),
    )  # fmt: skip
    first, second = load_motion(tmp_path / "a.npz"), load_motion(tmp_path / "b.npz")
    assert torch.equal(first.body_pose, second.body_pose) and torch.equal(first.global_orient, second.global_orient)


def test_aist_takes_the_scale_out_of_the_translation(tmp_path, rest):
    poses = np.random.default_rng(2).normal(0, 0.3, (4, 72))
    content = {"smpl_poses": poses, "smpl_trans": np.full((4, 3), 180.0), "smpl_scaling": np.array([90.0])}
    (tmp_path / "gBR.pkl").write_bytes(pickle.dumps(content))
    clip = load_motion(tmp_path / "gBR.pkl").placed_on(rest)
    assert clip.fps == 60 and torch.allclose(clip.transl, torch.full((4, 3), 2.0))
    assert np.allclose(clip.body_pose.numpy(), poses[:, 3:].reshape(4, 23, 3), atol=1e-6)


class Hostile:
    def __reduce__(self):
        return (Path.touch, (Path(self.trap),))


def test_a_hostile_aist_file_is_refused_and_nothing_in_it_runs(tmp_path):
    hostile = Hostile()
    hostile.trap = str(tmp_path / "it_ran")
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({"smpl_poses": hostile}))
    with pytest.raises(MotionError, match="nothing in it was run"):
        load_motion(tmp_path / "evil.pkl")
    assert not (tmp_path / "it_ran").exists()


@pytest.mark.parametrize("prefix", ["", "mixamorig:"])
def test_a_bent_elbow_of_a_bvh_is_where_geometry_says(tmp_path, body, rest, prefix):
    """The left forearm turned by -90 degrees about +Y points ahead."""
    text = bvh_text(offsets_of(rest), {LEFT_ELBOW: (0.0, 0.0, -90.0)}, (0.0, 0.9, 0.0), prefix)
    clip = loaded(tmp_path, text, rest)
    joints = pose_joints(body, clip.pose(0)).positions
    length = float((rest[LEFT_WRIST] - rest[LEFT_ELBOW]).norm())
    forearm = joints[LEFT_WRIST] - joints[LEFT_ELBOW]
    assert torch.allclose(forearm, torch.tensor([0.0, 0.0, length]), atol=3e-3)  # the forearm is not exactly level
    assert torch.allclose(joints[0], torch.tensor([0.0, 0.9, 0.0]), atol=1e-5)
    assert clip.fps == pytest.approx(40.0)


def test_channels_turn_in_their_order(tmp_path, rest):
    """Z then X then Y, each about the axes that the one before left: R = Rz Rx Ry."""
    z, x, y = np.radians([30.0, 40.0, 50.0]).astype(np.float32).tolist()
    text = bvh_text(offsets_of(rest), {LEFT_ELBOW: (30.0, 40.0, 50.0)}, (0.0, 0.0, 0.0))
    clip = loaded(tmp_path, text, rest)
    about_z, about_x, about_y = axis_angle_to_matrix(
        torch.tensor([[0.0, 0.0, z], [x, 0.0, 0.0], [0.0, y, 0.0]]).float()
    )
    expected = about_z @ about_x @ about_y
    assert torch.allclose(axis_angle_to_matrix(clip.body_pose[0, LEFT_ELBOW - 1]), expected, atol=1e-5)


def test_a_skeleton_with_hanging_arms_and_long_legs_makes_the_same_pose(tmp_path, body, rest):
    """At rest its arms hang: the still clip must hang SMPL's arms, and its steps shrink with the legs."""
    offsets = offsets_of(rest)
    for joint in (18, 19, 20, 21):
        offsets[joint] = [0.0, -float(np.linalg.norm(offsets[joint])), 0.0]
    offsets = {joint: [2.0 * value for value in offset] for joint, offset in offsets.items()}
    clip = loaded(tmp_path, bvh_text(offsets, {}, (1.0, 2.0, 3.0)), rest)
    joints = pose_joints(body, clip.pose(0)).positions
    for shoulder, elbow, wrist in ((16, 18, 20), (17, 19, 21)):
        for upper, lower in ((shoulder, elbow), (elbow, wrist)):
            bone = torch.nn.functional.normalize(joints[lower] - joints[upper], dim=0)
            assert bone[1] < -0.98
    assert torch.allclose(joints[0], torch.tensor([0.5, 1.0, 1.5]), atol=1e-4)
    legs = torch.nn.functional.normalize(joints[LEFT_KNEE] - joints[LEFT_HIP], dim=0)
    assert legs[1] < -0.99


def test_a_skeleton_that_stands_along_z_is_put_upright(tmp_path, body, rest):
    turn = UPRIGHT.T.double().numpy()  # ours to a world with +Z up
    offsets = {joint: (turn @ np.array(offset)).tolist() for joint, offset in offsets_of(rest).items()}
    clip = loaded(tmp_path, bvh_text(offsets, {}, (0.5, 0.0, 0.9)), rest)
    joints = pose_joints(body, clip.pose(0)).positions
    assert torch.allclose(joints - joints[0], rest - rest[0], atol=2e-3)
    assert torch.allclose(joints[0], torch.tensor([0.5, 0.9, 0.0]), atol=1e-5)


def test_names_of_cmu_lafan_and_others_are_known():
    cmu = (
        ("Hips", -1), ("LHipJoint", 0), ("LeftUpLeg", 1), ("LeftLeg", 2), ("LeftFoot", 3), ("LeftToeBase", 4),
        ("LowerBack", 0), ("Spine", 6), ("Spine1", 7), ("Neck", 8), ("Neck1", 9), ("Head", 10), ("LeftShoulder", 8),
        ("LeftArm", 12), ("LeftForeArm", 13), ("LeftHand", 14), ("LThumb", 15),
    )  # fmt: skip
    found = smpl_joints_of(*zip(*cmu, strict=True))
    assert found == {0: 0, 1: 2, 4: 3, 7: 4, 10: 5, 3: 6, 6: 7, 9: 8, 12: 9, 15: 11, 13: 12, 16: 13, 18: 14, 20: 15}
    others = (
        ("Hips", -1), ("Chest", 0), ("Neck", 1), ("Head", 2), ("RightCollar", 1), ("RightShoulder", 4),
        ("RightElbow", 5), ("RightWrist", 6), ("RightHip", 0), ("RightKnee", 8), ("RightAnkle", 9), ("RightToe", 10),
    )  # fmt: skip
    found = smpl_joints_of(*zip(*others, strict=True))
    assert {JOINT_NAMES[joint]: index for joint, index in found.items()} == {
        "pelvis": 0, "spine2": 1, "neck": 2, "head": 3, "right_collar": 4, "right_shoulder": 5, "right_elbow": 6,
        "right_wrist": 7, "right_hip": 8, "right_knee": 9, "right_ankle": 10, "right_foot": 11,
    }  # fmt: skip
    namco = (("Hips", -1), ("UpperLeg_L", 0), ("LowerLeg_L", 1), ("UpperArm_R", 0), ("Shoulder_R", 0))
    assert smpl_joints_of(*zip(*namco, strict=True)) == {0: 0, 1: 1, 4: 2, 17: 3, 14: 4}


def bvh_with(rest, old: str, new: str) -> str:
    return bvh_text(offsets_of(rest), {}, (0.0, 0.9, 0.0)).replace(old, new)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("HIERARCHY", "", "expected HIERARCHY and MOTION"),
        ("Frames: 1", "Frames: 7", "expected 7 frames"),
        ("Frame Time: 0.025", "Frame Time: 0", "1 ms to 10 s"),
        ("LeftUpLeg", "Tentacle", "left_hip"),
        ("OFFSET", "OFFSET nan", "finite numbers"),
        ("CHANNELS 3", "CHANNELS 4", "CHANNELS"),
        ("MOTION", "}\nMOTION", "braces"),
    ],
)
def test_a_broken_bvh_is_told_in_one_line(tmp_path, rest, old, new, message):
    path = tmp_path / "broken.bvh"
    path.write_text(bvh_with(rest, old, new))
    with pytest.raises(MotionError, match=message) as error:
        load_motion(path)
    assert "\n" not in str(error.value) and str(path) in str(error.value)


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"poses": np.zeros((2, 156)), "trans": np.zeros((3, 3)), "mocap_framerate": 30.0}, "trans"),
        ({"poses": np.zeros((2, 156)), "trans": np.zeros((2, 3))}, "mocap_framerate"),
        ({"poses": np.zeros((2, 60)), "trans": np.zeros((2, 3)), "mocap_framerate": 30.0}, "at least 66"),
        ({"poses": np.full((2, 66), np.nan), "trans": np.zeros((2, 3)), "mocap_framerate": 30.0}, "finite"),
        ({"pose_body": np.zeros((2, 63)), "trans": np.zeros((2, 3)), "mocap_frame_rate": 30.0}, "pose_body"),
    ],
)
def test_a_broken_amass_file_is_told_in_one_line(tmp_path, arrays, message):
    np.savez(tmp_path / "broken.npz", **arrays)
    with pytest.raises(MotionError, match=message) as error:
        load_motion(tmp_path / "broken.npz")
    assert "\n" not in str(error.value)
