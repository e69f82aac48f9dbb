"""What an inspection says of bodies: how they fit the masks, what they hide, how they move."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh

from phynes_core.body.model import Pose, pose_joints
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.data.open_capture import open_capture
from phynes_core.evaluation.inspection.agreement import SilhouetteCheck
from phynes_core.evaluation.inspection.findings import GOOD, USABLE, WRONG
from phynes_core.evaluation.inspection.moments import Moment, View, moments
from phynes_core.evaluation.inspection.poses import pose_section, repeated, sides_shown
from phynes_core.evaluation.inspection.silhouettes import compare_silhouettes
from phynes_core.evaluation.inspection.surface import LEAST_COSINE, SurfaceCheck
from phynes_core.render.camera import orbit_camera
from phynes_core.render.rasterize import rasterize
from tests.evaluation.inspected_moments import BODY, changed, collected, with_mask
from tests.evaluation.moving_capture import AZIMUTHS, CLOTHES_M
from tests.small_body import small_body


def test_gaps_are_what_the_clothes_add(moving):
    found = [compare_silhouettes(view, moment.frame, BODY, True) for moment in moving for view in moment.views]
    gaps = np.concatenate([one.gaps_cm for one in found])
    pixel_cm = 4.6 / float(moving[0].views[0].camera.intrinsics[0, 0]) * 100
    assert gaps.mean() == pytest.approx(100 * CLOTHES_M, abs=0.4 * pixel_cm)
    assert all(one.outside < 0.01 and one.iou > 0.75 for one in found)


def test_a_moved_camera_is_told_from_moved_poses(moving):
    def move(view):
        return with_mask(view, np.roll(view.inside, (1, 3), (0, 1)))

    section = collected(SilhouetteCheck(BODY), changed(moving, "01", move)).section()
    text = next(one.text for one in section.findings if "is off by" in one.text)
    shift = [float(number) for number in text.split("(")[1].split(")")[0].split(",")]
    assert text.startswith("camera 01") and shift == pytest.approx((3, 1), abs=0.5)
    quiet = collected(SilhouetteCheck(BODY), moving).section()
    assert [one.level for one in quiet.findings] == [GOOD]


def test_bodies_outside_the_masks_are_usable_then_wrong(moving):
    def thin(pixels):
        return [
            changed([moment], view.name, lambda view: with_mask(view, view.inside & np.roll(view.inside, pixels, 1)))[0]
            for moment in moving for view in moment.views[:1]
        ]  # fmt: skip

    levels = [collected(SilhouetteCheck(BODY), [
        replace(moment, views=moment.views[:1]) for moment in thin(pixels)
    ]).section().findings[0].level for pixels in (0, 1, 9)]  # fmt: skip
    assert levels == [GOOD, USABLE, WRONG]


@pytest.mark.parametrize("azimuths", [(20.0,), (20.0, 200.0)])
def test_the_unseen_share_of_a_sphere_is_the_closed_form(azimuths):
    """A camera at distance D sees points whose normal is at most acos(LEAST_COSINE) from the ray: a cap."""
    radius, distance = 0.5, 3.0
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    vertices = torch.tensor(sphere.vertices, dtype=torch.float32)
    body = sphere_body(vertices, torch.tensor(sphere.faces, dtype=torch.int64))
    views = []
    for index, azimuth in enumerate(azimuths):
        camera = orbit_camera(torch.zeros(3), azimuth, 10.0 if index == 0 else -10.0, distance, 256, 256)
        blank = np.zeros((256, 256, 3), np.uint8)
        views.append(View(str(index), True, camera, blank, blank[..., 0], rasterize(vertices, body.faces, camera)))
    moment = Moment(0, True, Pose.rest(), vertices, vertices / radius, tuple(views))
    check = collected(SurfaceCheck(body), [moment])

    def cosine(angle):
        away = distance * math.cos(angle) - radius
        return away / math.sqrt(distance**2 + radius**2 - 2 * distance * radius * math.cos(angle))

    angles = np.linspace(0, math.pi, 20001)
    edge = angles[[cosine(angle) < LEAST_COSINE for angle in angles]][0]
    seen = (1 - math.cos(edge)) / 2 * len(azimuths)
    assert check.unseen() == pytest.approx(1 - seen, abs=0.01)


def sphere_body(vertices, faces):
    count = len(vertices)
    weights = torch.zeros(count, 24)
    weights[:, 0] = 1.0
    return replace(
        small_body(), v_template=vertices, shapedirs=torch.zeros(count, 3, 10), posedirs=torch.zeros(207, 3 * count),
        joint_regressor=torch.full((24, count), 1 / count), weights=weights, faces=faces, uv=torch.zeros(count, 2),
        uv_faces=faces,
    )  # fmt: skip


def test_unseen_parts_are_drawn(moving):
    check = collected(SurfaceCheck(BODY), [replace(moving[0], views=moving[0].views[:1])])
    section = check.section()
    assert 0.3 < check.unseen() < 0.75
    for picture in section.pictures:
        red = (picture.pixels[..., 0].astype(int) > 2 * picture.pixels[..., 1]).mean()
        assert picture.pixels.dtype == np.uint8 and red > 0.05
    whole = collected(SurfaceCheck(BODY), moving)
    assert whole.unseen() < check.unseen()


def test_repeated_poses_are_one_group():
    joints = torch.zeros(5, 24, 3)
    joints[2:4, :, 0] = 0.5
    joints[4, :, 1] = 1.0
    joints[1] += 0.004
    assert repeated(joints) == [0, 0, 2, 2, 4]


def test_sides_are_counted_from_the_persons_front_to_its_left(moving_root):
    capture = open_capture(moving_root)
    frames = list(capture.frames)
    joints = torch.stack([pose_joints(BODY, capture.poses[frame]).positions for frame in frames])
    for name, angles in sides_shown(capture, joints, frames).items():
        # the camera's azimuth is about the world's middle, the person stands up to 25 cm beside it
        expected = AZIMUTHS[name] - np.rad2deg([0.35 * frame for frame in frames])
        assert abs((angles - expected + 180) % 360 - 180).max() < 6


def test_a_person_who_never_turns_and_hardly_moves_is_told(moving_root):
    capture = open_capture(moving_root)
    assert [one.level for one in pose_section(capture, BODY).findings] == [GOOD] * 3
    still = replace(
        capture, poses=dict.fromkeys(capture.frames, capture.poses[0]),
        camera_split={name: "train" if name == "00" else "test" for name in capture.cameras},
    )  # fmt: skip
    findings = pose_section(still, BODY).findings
    assert [one.level for one in findings] == [USABLE] * 3
    assert "1 of 12 sides" in findings[0].text and "1 distinct" in findings[1].text


def test_a_world_with_another_axis_up_is_told_though_silhouettes_agree(moving_root):
    capture = open_capture(moving_root)
    turn = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # our y becomes z
    poses = {}
    for frame, pose in capture.poses.items():
        orient = turn @ axis_angle_to_matrix(pose.global_orient)
        pelvis = BODY.joint_regressor[0] @ BODY.v_template
        poses[frame] = replace(
            pose, global_orient=quaternion_to_axis_angle(matrix_to_quaternion(orient)),
            transl=turn @ (pose.transl + pelvis) - pelvis,
        )  # fmt: skip
    cameras = {}
    for name, camera in capture.cameras.items():
        matrix = camera.T_cam_world.clone()
        matrix[:3, :3] = matrix[:3, :3] @ turn.T
        cameras[name] = replace(camera, T_cam_world=matrix)
    turned = replace(capture, cameras=cameras, poses=poses)
    iou = [compare_silhouettes(view, 0, BODY, True).iou for view in next(moments(turned, BODY, [0])).views]
    assert min(iou) > 0.75
    texts = [one.text for one in pose_section(turned, BODY).findings]
    assert any("+z points up" in text for text in texts)
