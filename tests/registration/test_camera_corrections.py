"""Corrections of cameras: their derivatives, their gauge, and when they are kept."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from phynes_core.body.atlas import corner_uv
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.data.capture import Capture
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.registration.cameras import NONE, CameraRig
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.registration.config import RegistrationConfig
from phynes_core.registration.normal_equations import CAMERA_UNKNOWNS, NormalEquations
from phynes_core.registration.pictures import encoded
from phynes_core.registration.registration import Registration
from phynes_core.registration.residuals import Rows
from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.render.rasterize import rasterize
from phynes_core.training.frames import load_training_frames, refitted

SIZE, FINER = 128, 2  # pixels a side, and how many times finer pictures are drawn before they are reduced
CONFIG = RegistrationConfig(steps=13, held_steps=1, trial_steps=2, camera_steps=2, texels=128, least_color_gain=0.9)
WRONG_DEG = np.array([[0.2, -0.15, 0.1], [-0.15, 0.2, -0.2], [-0.2, -0.2, 0.1], [0.2, 0.15, 0.0]])


@dataclass(frozen=True)
class DrawnPictures:
    """Pictures in memory."""

    by_view: dict[tuple[str, int], np.ndarray]  # [H, W, 4] uint8

    def has(self, camera: str, frame: int) -> bool:
        return (camera, frame) in self.by_view

    def read(self, camera: str, frame: int) -> np.ndarray:
        return self.by_view[camera, frame]

    def files(self, camera: str, frame: int) -> tuple[Path, ...]:
        return ()


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture(scope="module")
def capture(body):
    """Four exact cameras around a person in a soft pattern, in six poses."""
    height = body.v_template[:, 1]
    target = torch.tensor([0.0, float(height.max() + height.min()) / 2, 0.0])
    cameras = {f"{i:02d}": orbit_camera(target, 20.0 + 90.0 * i, 5.0, 4.2, SIZE, SIZE) for i in range(4)}
    poses = {frame: _pose(frame) for frame in range(6)}
    pictures = {
        (name, frame): _drawn(body, pose, view) for name, view in cameras.items() for frame, pose in poses.items()
    }
    frames = tuple(poses)
    split, frame_split = dict.fromkeys(cameras, "train"), dict.fromkeys(frames, "train")
    return Capture(
        "drawn", Path("drawn"), body.name, "", cameras, split, frames, frame_split, poses, DrawnPictures(pictures)
    )


@pytest.fixture(scope="module")
def wrong(capture):
    """The same with cameras that are turned by half a degree, five times what is usual."""
    turned = {name: _turned(view, turn) for (name, view), turn in zip(capture.cameras.items(), WRONG_DEG, strict=True)}
    return replace(capture, cameras=turned, _cache=type(capture._cache)())


@pytest.fixture(scope="module")
def corrected(wrong, body):
    """What registration makes of the wrong ones."""
    registration = Registration(wrong, body, wrong.frames, CONFIG, 0)
    for step in range(CONFIG.steps):
        registration.step(step)
    return registration


def test_derivatives_by_the_cameras_are_those_of_finite_differences():
    generator = np.random.default_rng(1)
    given = orbit_camera(torch.zeros(3), 30.0, 10.0, 4.0, 200, 300)
    camera = Camera(given.intrinsics.double(), given.T_cam_world.double(), 200, 300)
    points = torch.from_numpy(generator.uniform(-0.8, 0.8, (20, 3))).requires_grad_()
    slope = torch.from_numpy(generator.normal(size=(20, 2)))
    pixels = camera.project(points)[:, :2]
    (gradients,) = torch.autograd.grad((pixels * slope).sum(), points)
    points, pixels = points.detach(), pixels.detach()
    corners = np.zeros((20, 3), np.int64)
    rows = Rows(
        points.numpy(), corners, np.zeros((20, 3)), gradients.numpy(), np.zeros(20), pixels.numpy(), slope.numpy()
    )
    found = NormalEquations(1, CAMERA_UNKNOWNS + 2)._shared_rows(camera, 2, rows, None)
    assert not found[:, :2].any()
    for unknown in range(CAMERA_UNKNOWNS):
        change = np.zeros(CAMERA_UNKNOWNS)
        change[unknown] = 1e-6
        ahead, behind = (NONE.moved(sign * change).applied_to(camera).project(points)[:, :2] for sign in (1.0, -1.0))
        expected = ((ahead - behind) * slope).sum(1) / 2e-6
        # float32 rows: 2e-7 of the largest
        assert np.abs(found[:, 2 + unknown] - expected.numpy()).max() < 1e-5 * float(expected.abs().max())


def test_a_correction_of_a_cut_and_reduced_camera_is_that_of_the_whole(capture):
    camera = capture.cameras["01"]
    correction = NONE.moved(np.array([0.004, -0.003, 0.002, 0.01, -0.02, 0.03, 0.01]))
    cut = correction.applied_to(camera.cropped(10, 20, 80, 60).resized(40, 30))
    expected = correction.applied_to(camera).cropped(10, 20, 80, 60).resized(40, 30)
    torch.testing.assert_close(
        cut.intrinsics, expected.intrinsics, rtol=0.0, atol=1e-3
    )  # of pixels; it is not the same
    torch.testing.assert_close(cut.T_cam_world, expected.T_cam_world)


def test_motions_of_all_cameras_together_are_held(capture):
    rig = CameraRig(capture.cameras, 0.3, 0.003, 0.002)
    middle, turn, shift = np.array([0.1, 0.9, 0.0]), np.array([1e-4, -2e-4, 1e-4]), np.array([3e-4, 1e-4, -2e-4])
    parts = []
    for camera in capture.cameras.values():
        transform = camera.T_cam_world.double().numpy()
        rotation, at = transform[:3, :3], transform[:3, :3] @ middle + transform[:3, 3]
        parts.append(np.concatenate([rotation @ turn, rotation @ shift - np.cross(rotation @ turn, at), [0.0]]))
    together = np.concatenate(parts)
    point = torch.tensor([0.4, 1.3, -0.2])
    moved = point + torch.from_numpy(np.cross(turn, point.numpy() - middle) + shift).float()
    rig.move(together)
    for name, camera in rig.corrected().items():  # nothing changes in pictures when the world moves the other way
        before = capture.cameras[name].project(moved)
        torch.testing.assert_close(camera.project(point), before, rtol=0.0, atol=1e-3)
    free, held = rig.precision(middle, False), rig.precision(middle, True)
    assert together @ held @ together > 300.0 * (together @ free @ together)
    assert np.linalg.matrix_rank(held - free) == 8  # a motion of the world, its size, and the mean focal length


def test_wrong_cameras_are_corrected(capture, wrong, corrected, body):
    before, after = (_error_px(capture, cameras, body) for cameras in (wrong.cameras, corrected.fit().cameras))
    assert before > 1.0
    assert after < 0.5 * before  # 0.42 and 1.08: colors pull gently, for the texture is a mean over all cameras


def test_exact_cameras_stay_as_they_are(capture, body):
    registration = Registration(capture, body, capture.frames, CONFIG, 0)
    terms = [registration.step(step) for step in range(CONFIG.steps)]
    assert "held_out" in terms[8] and "held_out" not in terms[9]  # both trials ran to their ends, and no third
    assert not registration.rig.is_corrected
    assert registration.fit().cameras == {}


def test_training_looks_through_corrected_cameras(wrong, corrected, body):
    frames = refitted(load_training_frames(wrong, body, 4), body, corrected.fit())
    for view in frames[0].views:
        assert torch.equal(view.camera.T_cam_world, corrected.fit().cameras[view.camera_name].T_cam_world)
        assert not torch.equal(view.camera.T_cam_world, wrong.cameras[view.camera_name].T_cam_world)


def test_corrections_are_stored_and_taken_back(wrong, corrected, body):
    stored = corrected.tensors()
    again = Registration(wrong, body, wrong.frames, CONFIG, 0)
    again.load({name: value.clone() for name, value in stored.items()})
    assert np.array_equal(again.rig.away(), corrected.rig.away())
    for name, camera in CaptureFit.from_tensors(stored).cameras.items():
        assert torch.equal(camera.intrinsics, corrected.fit().cameras[name].intrinsics)


def test_cameras_are_asked_again_where_poses_have_moved(wrong, body):
    config = replace(CONFIG, least_early_gain=1.0, least_color_gain=-9.0, least_camera_gain=-9.0)
    registration, corrected = Registration(wrong, body, wrong.frames, config, 0), []
    for step in range(config.steps):
        registration.step(step)
        corrected.append(registration.rig.is_corrected)
    assert registration.is_used
    assert corrected[3:5] == [True, False]  # on trial under the given poses, and taken back
    assert not any(corrected[5:11]) and all(corrected[11:])  # again under the new ones, and kept


@pytest.mark.parametrize("stop", [4, 8])  # within the second half of either trial
def test_a_run_that_stops_during_the_trial_goes_on_the_same(wrong, corrected, body, stop):
    first = Registration(wrong, body, wrong.frames, CONFIG, 0)
    for step in range(stop):
        first.step(step)
    second = Registration(wrong, body, wrong.frames, CONFIG, 0)
    second.load(first.tensors())
    for step in range(stop, CONFIG.steps):
        second.step(step)
    assert np.array_equal(second.rig.away(), corrected.rig.away())


def test_a_single_camera_is_never_corrected(wrong, body):
    split = {name: "train" if name == "00" else "test" for name in wrong.cameras}
    registration = Registration(replace(wrong, camera_split=split), body, wrong.frames[:2], CONFIG, 0)
    assert not registration.rig.is_observable
    for step in range(CONFIG.steps):
        registration.step(step)
    assert registration.fit().cameras == {}


def _pose(frame: int) -> Pose:
    body_pose = torch.zeros(23, 3)
    body_pose[15, 2], body_pose[16, 2] = -0.9 + 0.1 * frame, 0.5 + 0.1 * frame
    body_pose[0, 0], body_pose[1, 0] = 0.1 * frame - 0.3, 0.2 - 0.1 * frame
    return Pose(
        body_pose, torch.tensor([0.0, 0.2 * frame, 0.0]), torch.tensor([0.03 * frame, 0.0, 0.0]), torch.zeros(10)
    )


def _turned(camera: Camera, turn_deg: np.ndarray) -> Camera:
    return NONE.moved(np.concatenate([np.radians(turn_deg), np.zeros(4)])).applied_to(camera)


def _drawn(body, pose: Pose, camera: Camera) -> np.ndarray:  # [H, W, 4] uint8
    vertices = pose_body(body, pose).vertices
    fragments = rasterize(vertices, body.faces, camera.resized(SIZE * FINER, SIZE * FINER))
    face, weights = fragments.face_index.numpy(), fragments.barycentric.numpy()[..., None]
    covered = face >= 0
    uv = (corner_uv(body).numpy()[face] * weights).sum(2)
    normal = (vertex_normals(vertices, body.faces).numpy()[body.faces.numpy()[face]] * weights).sum(2)
    waves = np.sin(uv @ np.array([[60.0, 25.0, 40.0], [20.0, 70.0, -50.0]]))
    linear = (0.35 + 0.25 * waves) * (0.8 + 0.2 * normal[..., 1:2]) * covered[..., None]
    image = np.concatenate([linear, covered[..., None]], -1).reshape(SIZE, FINER, SIZE, FINER, 4).mean((1, 3))
    image[..., :3] = encoded(image[..., :3])
    return np.round(image * 255.0).astype(np.uint8)


def _error_px(capture: Capture, cameras: dict[str, Camera], body) -> float:
    """Where corrected cameras show points of the true body, against where they are; mean over cameras and frames."""
    found = []
    for frame in capture.frames:
        vertices = pose_body(body, capture.poses[frame]).vertices
        for name, camera in capture.cameras.items():
            found.append((cameras[name].project(vertices) - camera.project(vertices))[:, :2].norm(dim=1).mean())
    return float(torch.stack(found).mean())
