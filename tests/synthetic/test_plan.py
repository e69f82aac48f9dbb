"""The plan: poses, cameras and what its options mean."""

import dataclasses
import json
import math

import pytest
import torch

from phynes_core.body.model import pose_body
from phynes_core.errors import CaptureError, MotionError
from phynes_core.synthetic.plan import (
    SynthesisPlan,
    make_cameras,
    make_shots,
    render_version,
    usual_frames,
    usual_turn_deg,
)
from phynes_core.synthetic.subjects.josh import JOSH_BETAS

PLAN = SynthesisPlan(frames=9, novel_frames=3, size=64)


@pytest.fixture(scope="module")
def shots(body):
    return make_shots(PLAN, body, torch.tensor(JOSH_BETAS))


def test_frames_come_in_order_and_some_are_judged(shots):
    assert [shot.frame for shot in shots] == list(range(12))
    assert [shot.split for shot in shots] == ["train"] * 9 + ["novel_pose"] * 3
    assert sum(shot.has_ground_truth for shot in shots if shot.split == "train") == 5
    assert all(shot.has_ground_truth for shot in shots if shot.split == "novel_pose")


def test_novel_poses_are_unlike_training_poses(shots):
    vectors = torch.stack([shot.pose.vector() for shot in shots])
    distance = torch.cdist(vectors[9:], vectors[:9]).min(1).values
    assert distance.min() > 0.5  # radians over all joints


def test_subject_turns_and_stays_in_the_middle(shots, body):
    clouds = torch.stack([pose_body(body, shot.pose).vertices for shot in shots])
    middle = 0.5 * (clouds.amin(1) + clouds.amax(1))
    assert middle[:, [0, 2]].abs().max() < 1e-4
    facing = torch.stack([pose_body(body, shot.pose).joints for shot in shots])
    across = facing[:, 16] - facing[:, 17]  # from the right shoulder to the left
    bearing = torch.atan2(across[:3, 0], across[:3, 2]).rad2deg()
    assert ((bearing.diff() % 360) - 120).abs().max() < 40  # three frames of one clip share a full turn


def test_a_turn_before_one_camera_is_one_turn_and_judged_from_where_four_cameras_are(body):
    plan = SynthesisPlan(views=1, frames=usual_frames(1), motion=("turn",), turn_deg=usual_turn_deg(("turn",)), size=64)
    assert (plan.frames, usual_frames(4), usual_turn_deg(("walk", "turn")), render_version(plan)) == (60, 30, 360.0, 3)
    shots = make_shots(plan, body, torch.tensor(JOSH_BETAS))
    facing = torch.stack([pose_body(body, shot.pose).joints for shot in shots if shot.split == "train"])
    across = facing[:, 16] - facing[:, 17]
    bearing = torch.atan2(across[:, 0], across[:, 2]).rad2deg()
    steps = (bearing.diff() + 180) % 360 - 180
    assert steps.min() > 2 and abs(float(steps.sum()) - 354) < 6
    cameras, split = make_cameras(plan, shots, body)
    assert list(split.values()) == ["train", "test", "test", "test"]
    azimuths = [math.degrees(math.atan2(camera.center[0], camera.center[2])) for camera in cameras.values()]
    assert [round((azimuth - azimuths[0]) % 360) for azimuth in azimuths] == [0, 45, 135, 225]


def test_cameras_see_the_whole_body_and_little_else(shots, body):
    cameras, split = make_cameras(PLAN, shots, body)
    assert [split[name] for name in sorted(cameras)] == ["train"] * 4 + ["test"] * 3
    for name, camera in cameras.items():
        seen = [s for s in shots if (s.split == "train" if split[name] == "train" else s.has_ground_truth)]
        points = torch.stack([pose_body(body, shot.pose).vertices for shot in seen])
        place = camera.project(points)[..., :2] / PLAN.size
        assert place.min() > 0.01 and place.max() < 0.99
        assert (place.amax((0, 1)) - place.amin((0, 1))).max() > 0.9
    centers = torch.stack([camera.center for camera in cameras.values()])
    assert torch.pdist(torch.nn.functional.normalize(centers, dim=1)).min() > 0.3


def test_difference_names_the_parameter():
    stored = json.loads(json.dumps(PLAN.as_json()))
    assert PLAN.difference(stored) is None
    other = dataclasses.replace(PLAN, spp=9, relight=("city",))
    assert "relight" in (other.difference(stored) or "")


@pytest.mark.parametrize("wrong", [{"views": 0}, {"size": 0}, {"seed": -1}, {"motion": ()}])
def test_impossible_plans_are_refused(wrong):
    with pytest.raises(CaptureError, match="--"):
        dataclasses.replace(PLAN, **wrong)


def test_unknown_clips_are_listed(body):
    with pytest.raises(MotionError, match="walk"):
        make_shots(dataclasses.replace(PLAN, motion=("moonwalk",)), body, torch.tensor(JOSH_BETAS))
