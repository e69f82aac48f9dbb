"""The single checks of an inspection, each on what it must find: colors, blur, exposure, masks, poses, hidden parts."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_joints
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.data.open_capture import open_capture
from phynes_core.evaluation.inspection.agreement import SilhouetteCheck
from phynes_core.evaluation.inspection.colors import ColorCheck
from phynes_core.evaluation.inspection.exposure import ExposureCheck
from phynes_core.evaluation.inspection.findings import GOOD, USABLE, WRONG
from phynes_core.evaluation.inspection.hull import HullCheck, contradictions
from phynes_core.evaluation.inspection.masks import MaskCheck, mask_faults, pieces
from phynes_core.evaluation.inspection.moments import Moment, View, chosen_frames, moments
from phynes_core.evaluation.inspection.poses import pose_section, repeated, sides_shown
from phynes_core.evaluation.inspection.sharpness import SharpnessCheck, blur_px, gaussian
from phynes_core.evaluation.inspection.silhouettes import compare_silhouettes
from phynes_core.evaluation.inspection.surface import LEAST_COSINE, SurfaceCheck
from phynes_core.io.shipped_files import ASSETS
from phynes_core.render.camera import orbit_camera
from phynes_core.render.rasterize import rasterize
from tests.evaluation.moving_capture import AZIMUTHS, CLOTHES_M
from tests.small_body import small_body

BODY = load_bundled_body()


def some_moments(root, count):
    capture = open_capture(root)
    return list(moments(capture, BODY, chosen_frames(capture, count)))


@pytest.fixture(scope="module")
def moving(moving_root):
    return some_moments(moving_root, 6)


@pytest.fixture(scope="module")
def josh():
    return some_moments(ASSETS / "captures" / "josh_256", 10)


def changed(found, name, change):
    """The moments with the views of one camera changed."""
    return [
        replace(moment, views=tuple(change(view) if view.name == name else view for view in moment.views))
        for moment in found
    ]


def collected(check, found):
    for moment in found:
        check.add(moment)
    return check


def with_gain(view, gain):
    linear = srgb_to_linear(torch.from_numpy(view.image).float() / 255.0) * torch.tensor(gain)
    return replace(view, image=(linear_to_srgb(linear).clamp(0, 1) * 255).round().to(torch.uint8).numpy())


def blurred(view, sigma_px):
    image = torch.from_numpy(view.image).float()
    channels = [gaussian(image[..., channel], sigma_px) for channel in range(3)]
    return replace(view, image=torch.stack(channels, -1).round().to(torch.uint8).numpy())


def with_mask(view, inside):
    return replace(view, coverage=np.where(inside, 255, 0).astype(np.uint8), image=view.image * inside[..., None])


@pytest.mark.parametrize(("capture", "off"), [("moving", 0.02), ("josh", 0.055)])
def test_equal_cameras_have_equal_gains(capture, off, request):
    """Measured: 0.015 on the matte person under even light, 0.045 on josh, whose skin and cloth shine."""
    gains = collected(ColorCheck(BODY), request.getfixturevalue(capture)).gains()
    assert max(abs(np.log(factor)).max() for factor in gains.factor.values()) < off


@pytest.mark.parametrize("gain", [(1.1, 1.1, 1.1), (0.9, 1.0, 1.1)])
def test_gains_between_cameras_are_recovered(moving, gain):
    check = collected(ColorCheck(BODY), changed(moving, "01", lambda view: with_gain(view, gain)))
    assert check.gains().factor["01"] == pytest.approx(gain, rel=0.02)
    finding = check.section(4).findings[0]
    assert finding.level == USABLE and "camera 01 (" in finding.text and "00" not in finding.text


def test_a_gain_changes_what_is_measured_on_shining_clothes_by_itself(josh):
    before = collected(ColorCheck(BODY), josh).gains().factor["02"]
    after = collected(ColorCheck(BODY), changed(josh, "02", lambda view: with_gain(view, (1.1, 1.0, 0.9)))).gains()
    # the median camera of a channel may become another one: 1 % more
    assert after.factor["02"] / before == pytest.approx((1.1, 1.0, 0.9), rel=0.03)


def test_cameras_that_share_no_point_are_not_compared(moving):
    alone = [replace(moment, views=moment.views[:1]) for moment in moving]
    check = collected(ColorCheck(BODY), alone)
    assert check.gains() is None and check.section(1).findings[0].level == GOOD


def test_blur_is_ranked_and_measured_in_pixels(josh):
    view = josh[0].views[0]
    measured = [blur_px(blurred(view, sigma).image, view.coverage) for sigma in (0.01, 1.0, 1.5, 2.0, 3.0)]
    assert measured == sorted(measured)
    assert measured[0] < 0.8 and measured[2] == pytest.approx(1.5, abs=0.4)


def test_a_soft_camera_and_a_moved_frame_are_named(josh):
    soft = changed(josh, "02", lambda view: blurred(view, 1.5))
    findings = collected(SharpnessCheck(), soft).section().findings
    assert findings[0].level == USABLE and "softer than the others: camera 02" in findings[0].text
    moved = [changed([moment], "01", lambda view: blurred(view, 2.5))[0] if moment.frame == josh[3].frame else moment
             for moment in josh]  # fmt: skip
    findings = collected(SharpnessCheck(), moved).section().findings
    assert len(findings) == 1 and f"01 frame {josh[3].frame}" in findings[0].text
    assert [one.level for one in collected(SharpnessCheck(), josh).section().findings] == [GOOD]


def test_clipped_and_black_pictures_are_counted(josh):
    def clip(view):
        image = view.image.copy()
        rows, columns = np.nonzero(view.coverage == 255)
        image[rows[: len(rows) // 4], columns[: len(rows) // 4], 0] = 255
        image[rows[-(len(rows) // 2) :], columns[-(len(rows) // 2) :]] = 3
        return replace(view, image=image)

    check = collected(ExposureCheck(), changed(josh, "03", clip))
    own = [one for one in check.pictures if one.camera == "03"]
    assert np.mean([one.clipped for one in own]) == pytest.approx(0.25, abs=0.01)
    assert np.mean([one.black for one in own]) == pytest.approx(0.5, abs=0.01)
    assert [finding.level for finding in check.section().findings] == [USABLE, USABLE]
    assert all("03" in finding.text and "00" not in finding.text for finding in check.section().findings)


def test_pieces_are_those_of_a_flood_fill():
    generator = np.random.default_rng(0)
    for share in (0.3, 0.55, 0.65, 1.0):
        mask = generator.random((17, 23)) < share
        labels, expected = pieces(mask), flooded(mask)
        assert (labels > 0).tolist() == mask.tolist()
        pairs = set(zip(labels[mask].tolist(), expected[mask].tolist(), strict=True))
        assert len(pairs) == labels.max() == expected.max()


def flooded(mask):
    labels, count = np.zeros(mask.shape, int), 0
    for start in np.argwhere(mask):
        if labels[tuple(start)]:
            continue
        count += 1
        stack = [tuple(start)]
        while stack:
            row, column = stack.pop()
            if 0 <= row < len(mask) and 0 <= column < mask.shape[1] and mask[row, column] and not labels[row, column]:
                labels[row, column] = count
                stack += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return labels


def test_faults_of_masks_are_told_apart(moving):
    view = moving[0].views[0]
    faults = mask_faults(view, 0, True)
    assert (faults.is_empty, faults.pieces, faults.holes, faults.border) == (False, 0, 0.0, 0.0)
    rows, columns = np.nonzero(view.body)
    middle = int(np.median(rows)), int(np.median(columns[rows == int(np.median(rows))]))
    holed = view.inside.copy()
    holed[middle[0] - 2 : middle[0] + 3, middle[1] - 2 : middle[1] + 3] = False
    assert mask_faults(with_mask(view, holed), 0, True).holes == pytest.approx(25 / holed.sum())
    torn = view.inside.copy()
    torn[:10, :10] = True
    assert mask_faults(with_mask(view, torn), 0, True).pieces == 1
    assert mask_faults(with_mask(view, np.zeros_like(torn)), 0, True).is_empty
    cut = np.roll(view.inside, -rows.min() - 15, 0)
    cut[-40:] = False
    assert mask_faults(with_mask(view, cut), 0, True).border > 0.02


def test_an_empty_mask_of_a_training_view_is_wrong(moving):
    empty = changed(moving[:1], "02", lambda view: with_mask(view, np.zeros_like(view.inside)))
    finding = collected(MaskCheck(), empty).section().findings[0]
    assert finding.level == WRONG and f"camera 02 frame {moving[0].frame}" in finding.text
    assert [one.level for one in collected(MaskCheck(), moving).section().findings] == [GOOD]


def test_a_mask_without_an_arm_contradicts_the_others_and_is_named(moving):
    arm = torch.isin(BODY.weights.argmax(-1), torch.tensor([16, 18, 20, 22]))  # the left arm

    def cut(view):
        corners = BODY.faces[view.fragments.face_index.clamp(min=0).long(), 0]
        hidden = arm[corners].numpy() & view.body
        for _ in range(3):
            hidden = (
                hidden | np.roll(hidden, 1, 0) | np.roll(hidden, -1, 0) | np.roll(hidden, 1, 1) | np.roll(hidden, -1, 1)
            )
        return with_mask(view, view.inside & ~hidden)

    whole = contradictions(moving[0])
    assert max(whole.uncovered.values()) < 0.01 and max(whole.caused.values()) < 0.005
    findings = collected(HullCheck(), changed(moving, "02", cut)).section().findings
    assert findings and all(one.level != GOOD and "camera 02 lacks" in one.text for one in findings)
    assert [one.level for one in collected(HullCheck(), moving).section().findings] == [GOOD]


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
