"""Gauss-Newton steps for the bodies of all frames together with what they share, by the Schur complement.

Unknown are the 75 numbers of each frame (kinematics.py), and shared by all: the offset of every vertex along the
normal, the betas, and seven numbers a camera (a rotation vector and a shift in camera axes, the logarithm of the focal
length).
As in bundle adjustment the frames are eliminated; what is left is solved by conjugate gradients.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import LinearOperator, cg, splu

from phynes_core.registration.kinematics import point_motion
from phynes_core.registration.residuals import Rows
from phynes_core.render.camera import Camera

CAMERA_UNKNOWNS = 7
TOLERANCE, MOST_ITERATIONS = 1e-3, 60  # of the conjugate gradients


@dataclass(frozen=True)
class FrameGeometry:
    """What the rows of a frame are derived with."""

    joints: np.ndarray  # [24, 3] world
    influence: np.ndarray  # [V, 24] of the joints on the vertices
    normals: np.ndarray  # [V, 3] along which offsets move them
    shape: np.ndarray | None  # [V, 3, B] d vertices / d betas; None: the betas are held


@dataclass(frozen=True)
class Step:
    """By how much everything changes."""

    poses: np.ndarray  # [F, 75]
    offsets: np.ndarray  # [V] metres
    shared: np.ndarray  # [S]: betas, then cameras; zeros where held


@dataclass
class NormalEquations:
    """Sums of gradients and their products over the rows of all frames."""

    num_vertices: int
    num_shared: int  # betas and cameras
    _poses: list[np.ndarray] = field(default_factory=list)  # of each frame [75, 75]
    _pose_rights: list[np.ndarray] = field(default_factory=list)  # [75]
    _to_offsets: list[np.ndarray] = field(default_factory=list)  # [75, V]
    _to_shared: list[np.ndarray] = field(default_factory=list)  # [75, S]

    def __post_init__(self) -> None:
        size = self.num_vertices
        self._offsets = sparse.csr_matrix((size, size))
        self._offset_right = np.zeros(size)
        self._cross = np.zeros((size, self.num_shared))
        self._shared = np.zeros((self.num_shared, self.num_shared))
        self._shared_right = np.zeros(self.num_shared)

    def add_frame(
        self,
        views: Sequence[tuple[Camera, int, Rows]],  # with the first of the camera's unknowns, or -1
        geometry: FrameGeometry,
        prior: tuple[np.ndarray, np.ndarray],  # [75] precision, [75] how far the pose is from where it pulls to
    ) -> None:
        """Take the rows of a frame."""
        poses, offsets, shared, residuals = [], [], [], []
        for camera, first, rows in views:
            weights = (geometry.influence[rows.corners] * rows.barycentric[..., None]).sum(1)
            poses.append(point_motion(rows.gradients, rows.points, weights, geometry.joints))
            along = (geometry.normals[rows.corners] * rows.gradients[:, None]).sum(-1) * rows.barycentric
            index = np.arange(len(rows.points)).repeat(3), rows.corners.reshape(-1)
            shape = len(rows.points), self.num_vertices
            offsets.append(sparse.csr_matrix((along.reshape(-1), index), shape=shape))
            shared.append(self._shared_rows(camera, first, rows, geometry.shape))
            residuals.append(rows.residuals)
        by_pose, by_shared = np.concatenate(poses), np.concatenate(shared)
        by_offset, residual = sparse.vstack(offsets).tocsr(), np.concatenate(residuals).astype(np.float64)
        precision, away = prior
        self._poses.append((by_pose.T @ by_pose).astype(np.float64) + np.diag(precision))
        self._pose_rights.append(by_pose.T @ residual + precision * away)
        self._to_offsets.append((by_offset.T @ by_pose).T.astype(np.float32))
        self._to_shared.append((by_pose.T @ by_shared).astype(np.float32))
        self._offsets = self._offsets + by_offset.T @ by_offset
        self._offset_right += by_offset.T @ residual
        self._cross += by_offset.T @ by_shared
        self._shared += by_shared.T @ by_shared
        self._shared_right += by_shared.T @ residual

    def _shared_rows(self, camera: Camera, first: int, rows: Rows, shape: np.ndarray | None) -> np.ndarray:  # [R, S]
        found = np.zeros((len(rows.points), self.num_shared), np.float32)
        if shape is not None:
            moved = (shape[rows.corners] * rows.barycentric[..., None, None]).sum(1)  # [R, 3, B]
            found[:, : shape.shape[2]] = (rows.gradients[:, None] @ moved)[:, 0]
        if first >= 0:
            rotation, shift = camera.T_cam_world[:3, :3].numpy(), camera.T_cam_world[:3, 3].numpy()
            gradient = rows.gradients @ rotation.T  # in camera axes
            found[:, first : first + 3] = np.cross(rows.points @ rotation.T + shift, gradient)
            found[:, first + 3 : first + 6] = gradient
            middle = camera.intrinsics[:2, 2].numpy()
            found[:, first + 6] = ((rows.pixels - middle) * rows.pixel_gradients).sum(1)
        return found

    def solve(
        self,
        offset_prior: sparse.spmatrix | None,  # [V, V] precision; None: the offsets are held
        offsets: np.ndarray,  # [V], which that pulls to 0
        shared_prior: np.ndarray,  # [S, S] precision; rows without rows of data are held by it
        shared: np.ndarray,  # [S], which that pulls to 0
    ) -> Step:
        """The step that the linearized misfits and the priors ask for together."""
        has_offsets = offset_prior is not None
        size = self.num_vertices if has_offsets else 0
        total = size + self.num_shared
        inverses = [np.linalg.inv(matrix) for matrix in self._poses]
        links = [
            np.concatenate([to_offsets, to_shared], 1) if has_offsets else to_shared
            for to_offsets, to_shared in zip(self._to_offsets, self._to_shared, strict=True)
        ]
        if not total:
            poses = [-inverse @ right for inverse, right in zip(inverses, self._pose_rights, strict=True)]
            return Step(np.stack(poses), np.zeros(self.num_vertices), np.zeros(0))
        block = self._shared + shared_prior
        right = -(self._shared_right + shared_prior @ shared)
        if has_offsets:
            field_block = (self._offsets + offset_prior).tocsc()
            factor = splu(field_block)
            right = np.concatenate([-(self._offset_right + offset_prior @ offsets), right])
        block_inverse = np.linalg.inv(block) if self.num_shared else block

        def joint(values: np.ndarray) -> np.ndarray:
            near, far = values[:size], values[size:]
            if not has_offsets:
                return block @ far
            return np.concatenate([field_block @ near + self._cross @ far, self._cross.T @ near + block @ far])

        def without_frames(values: np.ndarray) -> np.ndarray:
            result, narrow = joint(values), values.astype(np.float32)
            for link, inverse in zip(links, inverses, strict=True):
                result -= link.T @ (inverse @ (link @ narrow)).astype(np.float32)
            return result

        def nearly_inverse(values: np.ndarray) -> np.ndarray:
            far = block_inverse @ values[size:]
            return np.concatenate([factor.solve(values[:size]), far]) if has_offsets else far

        for link, inverse, pose_right in zip(links, inverses, self._pose_rights, strict=True):
            right = right + link.T @ (inverse @ pose_right)
        matrix, preconditioner = _Product(total, without_frames), _Product(total, nearly_inverse)
        found, _ = cg(matrix, right, rtol=TOLERANCE, maxiter=MOST_ITERATIONS, M=preconditioner)
        poses = [
            -inverse @ (pose_right + link @ found)
            for link, inverse, pose_right in zip(links, inverses, self._pose_rights, strict=True)
        ]
        changed = found[:size] if has_offsets else np.zeros(self.num_vertices)
        return Step(np.stack(poses), changed, found[size:])


class _Product(LinearOperator):
    """A square matrix that is known by its products with vectors."""

    def __init__(self, size: int, product: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__(np.dtype(np.float64), (size, size))
        self._product = product

    def _matvec(self, x: np.ndarray) -> np.ndarray:
        return self._product(x.reshape(-1))
