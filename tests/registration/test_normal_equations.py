"""The step of the Schur complement is the dense least-squares solution."""

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sparse
import torch
from scipy.spatial.transform import Rotation

from phynes_core.registration import normal_equations
from phynes_core.registration.kinematics import POSE_UNKNOWNS, joint_influence, point_motion
from phynes_core.registration.normal_equations import CAMERA_UNKNOWNS, FrameGeometry, NormalEquations
from phynes_core.registration.residuals import Rows
from phynes_core.render.camera import Camera, look_at
from tests.small_body import small_body

NUM_FRAMES, NUM_ROWS, NUM_BETAS = 3, 500, 2
CAMERA = look_at(torch.tensor([0.5, 0.8, 4.0]), torch.zeros(3), 100, 80)


@pytest.fixture(autouse=True)
def exactly(monkeypatch):
    monkeypatch.setattr(normal_equations, "TOLERANCE", 1e-9)
    monkeypatch.setattr(normal_equations, "MOST_ITERATIONS", 5000)


def projection(camera: Camera, points: np.ndarray) -> np.ndarray:  # float64 [N, 2]
    transform, intrinsics = camera.T_cam_world.double().numpy(), camera.intrinsics.double().numpy()
    at = (points @ transform[:3, :3].T + transform[:3, 3]) @ intrinsics.T
    return at[:, :2] / at[:, 2:]


def random_rows(generator, body) -> Rows:
    corners = body.faces.numpy()[generator.integers(0, body.num_faces, NUM_ROWS)]
    barycentric = generator.dirichlet(np.ones(3), NUM_ROWS)
    points = (body.v_template.numpy()[corners] * barycentric[..., None]).sum(1)
    pixel_gradients = 0.03 * generator.normal(size=(NUM_ROWS, 2))
    eps = 1e-4
    slopes = np.stack(
        [(projection(CAMERA, points + s) - projection(CAMERA, points - s)) / (2 * eps) for s in eps * np.eye(3)], -1
    )  # [N, 2, 3]
    gradients = (pixel_gradients[:, None] @ slopes)[:, 0]
    return Rows(
        points,
        corners,
        barycentric,
        gradients.astype(np.float32),
        generator.normal(size=NUM_ROWS),
        projection(CAMERA, points),
        pixel_gradients,
    )


class Problem:
    """Random rows of three frames, and their dense Jacobian: poses, then offsets, betas and one camera."""

    def __init__(self, has_camera: bool = True) -> None:
        generator = np.random.default_rng(0)
        body = small_body()
        self.body, self.num_vertices = body, body.num_vertices
        self.num_shared = NUM_BETAS + CAMERA_UNKNOWNS * has_camera
        self.equations = NormalEquations(self.num_vertices, self.num_shared)
        self.away = generator.normal(size=(NUM_FRAMES, POSE_UNKNOWNS)) * 0.01
        self.precision = generator.uniform(50.0, 100.0, (NUM_FRAMES, POSE_UNKNOWNS))
        parts, self.residuals = [], []
        for frame in range(NUM_FRAMES):
            rows = random_rows(generator, body)
            normals = generator.normal(size=(self.num_vertices, 3))
            geometry = FrameGeometry(
                generator.normal(size=(24, 3)),
                joint_influence(body),
                normals,
                0.1 * generator.normal(size=(self.num_vertices, 3, NUM_BETAS)),
            )
            prior = self.precision[frame], self.away[frame]
            half = NUM_ROWS // 2
            views = [(CAMERA, NUM_BETAS if has_camera else -1, part) for part in _halves(rows, half)]
            self.equations.add_frame(views, geometry, prior)
            parts.append(self._dense(frame, rows, geometry, has_camera))
            self.residuals.append(rows.residuals)
        self.jacobian = np.concatenate(parts)
        self.offset_prior = sparse.eye(self.num_vertices).tocsc() * 30.0
        self.offsets = generator.normal(size=self.num_vertices) * 0.01
        self.shared_prior = np.diag(generator.uniform(5.0, 20.0, self.num_shared))
        self.shared = generator.normal(size=self.num_shared) * 0.1

    def _dense(self, frame, rows, geometry, has_camera):
        dense = np.zeros((NUM_ROWS, NUM_FRAMES * POSE_UNKNOWNS + self.num_vertices + self.num_shared))
        influence = (geometry.influence[rows.corners] * rows.barycentric[..., None]).sum(1)
        own = slice(frame * POSE_UNKNOWNS, (frame + 1) * POSE_UNKNOWNS)
        dense[:, own] = point_motion(rows.gradients, rows.points, influence, geometry.joints)
        first = NUM_FRAMES * POSE_UNKNOWNS
        for row in range(NUM_ROWS):
            for vertex, share in zip(rows.corners[row], rows.barycentric[row], strict=True):
                gradient = rows.gradients[row]
                dense[row, first + vertex] += share * gradient @ geometry.normals[vertex]
                betas = first + self.num_vertices
                dense[row, betas : betas + NUM_BETAS] += share * gradient @ geometry.shape[vertex]
        if has_camera:
            dense[:, -CAMERA_UNKNOWNS:] = camera_differences(rows)
        return dense

    def solution(self, has_offsets=True, has_poses=True):
        """x of min |residual + J x|^2 + the priors, by dense algebra in float64."""
        poses = NUM_FRAMES * POSE_UNKNOWNS
        prior = np.zeros((self.jacobian.shape[1],) * 2)
        prior[:poses, :poses] = np.diag(self.precision.reshape(-1))
        prior[poses : poses + self.num_vertices, poses : poses + self.num_vertices] = self.offset_prior.toarray()
        prior[poses + self.num_vertices :, poses + self.num_vertices :] = self.shared_prior
        away = np.concatenate([self.away.reshape(-1), self.offsets, self.shared])
        kept = np.ones(len(away), bool)
        kept[poses : poses + self.num_vertices] = has_offsets
        jacobian, residual = self.jacobian[:, kept], np.concatenate(self.residuals)
        right = jacobian.T @ residual + (prior @ away)[kept]
        found = np.zeros(len(away))
        found[kept] = -np.linalg.solve(jacobian.T @ jacobian + prior[np.ix_(kept, kept)], right)
        return (
            found[:poses].reshape(NUM_FRAMES, -1),
            found[poses : poses + self.num_vertices],
            found[-self.num_shared :],
        )


def _halves(rows, half):
    for part in (slice(None, half), slice(half, None)):
        yield Rows(**{entry.name: getattr(rows, entry.name)[part] for entry in dataclasses.fields(Rows)})


def camera_differences(rows: Rows) -> np.ndarray:  # [R, 7]
    """How residuals change while the camera turns, moves and zooms, by finite differences of the projection."""

    def value(change):
        transform = CAMERA.T_cam_world.double().clone()
        turn = torch.from_numpy(Rotation.from_rotvec(change[:3]).as_matrix())
        transform[:3] = turn @ transform[:3]
        transform[:3, 3] += torch.from_numpy(change[3:6])
        intrinsics = CAMERA.intrinsics.double().clone()
        intrinsics[[0, 1], [0, 1]] *= np.exp(change[6])
        moved = projection(Camera(intrinsics, transform, CAMERA.width, CAMERA.height), rows.points)
        return (moved * rows.pixel_gradients).sum(1)

    eps = 1e-5
    return np.stack([(value(s) - value(-s)) / (2 * eps) for s in eps * np.eye(7)], -1)


@pytest.mark.parametrize("has_camera", [False, True])
def test_a_step_is_the_dense_solution(has_camera):
    """Measured: within 1e-5 of the largest number of each kind; sums over rows are kept in float32."""
    problem = Problem(has_camera)
    step = problem.equations.solve(problem.offset_prior, problem.offsets, problem.shared_prior, problem.shared)
    for found, true in zip((step.poses, step.offsets, step.shared), problem.solution(), strict=True):
        np.testing.assert_allclose(found, true, atol=1e-4 * np.abs(true).max())


def test_held_offsets_do_not_move():
    problem = Problem()
    step = problem.equations.solve(None, problem.offsets, problem.shared_prior, problem.shared)
    poses, _, shared = problem.solution(has_offsets=False)
    assert not step.offsets.any()
    np.testing.assert_allclose(step.poses, poses, atol=1e-4 * np.abs(poses).max())
    np.testing.assert_allclose(step.shared, shared, atol=1e-4 * np.abs(shared).max())


def test_poses_alone():
    generator, body = np.random.default_rng(1), small_body()
    equations = NormalEquations(body.num_vertices, 0)
    rows, away = random_rows(generator, body), 0.01 * generator.normal(size=POSE_UNKNOWNS)
    geometry = FrameGeometry(
        generator.normal(size=(24, 3)), joint_influence(body), np.zeros((body.num_vertices, 3)), None
    )
    equations.add_frame([(CAMERA, -1, rows)], geometry, (np.full(POSE_UNKNOWNS, 60.0), away))
    step = equations.solve(None, np.zeros(body.num_vertices), np.zeros((0, 0)), np.zeros(0))
    influence = (geometry.influence[rows.corners] * rows.barycentric[..., None]).sum(1)
    jacobian = point_motion(rows.gradients, rows.points, influence, geometry.joints).astype(np.float64)
    right = jacobian.T @ rows.residuals + 60.0 * away
    true = -np.linalg.solve(jacobian.T @ jacobian + 60.0 * np.eye(POSE_UNKNOWNS), right)
    np.testing.assert_allclose(step.poses[0], true, atol=1e-4 * np.abs(true).max())
    assert step.shared.shape == (0,) and not step.offsets.any()
