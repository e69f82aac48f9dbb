"""Small corrections of the training cameras: where they stand, where they look, and their focal length.

A correction turns and shifts what a camera sees, in its own axes, and scales its focal length; so it applies to the
capture's camera as to one that is cut out of its picture. Bodies and cameras could move together, and nothing in the
pictures would change (the gauge): the mean turn and the mean shift of all cameras, in world axes and at the bodies, and
the mean logarithm of the focal lengths are held while poses are free, as is the size of the rig.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.registration.normal_equations import CAMERA_UNKNOWNS
from phynes_core.render.camera import Camera

HELD_SHARE = 1e-2  # of its prior's width, that a mean may have: as good as held, and the equations stay solvable


@dataclass(frozen=True)
class Correction:
    """Of one camera."""

    transform: np.ndarray  # [4, 4] rigid, of points in camera axes, metres
    log_focal: float  # logarithm of the factor

    def applied_to(self, camera: Camera) -> Camera:
        """The camera as it should have been given; cut out or reduced as it is."""
        moved = torch.from_numpy(self.transform @ camera.T_cam_world.double().numpy())
        intrinsics = camera.intrinsics.clone()
        intrinsics[:2, :2] *= math.exp(self.log_focal)
        return replace(camera, intrinsics=intrinsics, T_cam_world=moved.to(camera.T_cam_world.dtype))

    def moved(self, change: np.ndarray) -> "Correction":  # [7]: rotation vector, shift in metres, log focal
        """With a small change on top."""
        transform = np.eye(4)
        transform[:3, :3] = axis_angle_to_matrix(torch.from_numpy(change[:3].astype(np.float64))).numpy()
        transform[:3, 3] = change[3:6]
        return Correction(transform @ self.transform, self.log_focal + float(change[6]))

    def vector(self) -> np.ndarray:  # [7]
        """Rotation vector, shift, logarithm of the factor."""
        rotation = torch.from_numpy(self.transform[:3, :3])
        turn = quaternion_to_axis_angle(matrix_to_quaternion(rotation)).numpy()
        return np.concatenate([turn, self.transform[:3, 3], [self.log_focal]])


NONE = Correction(np.eye(4), 0.0)


class CameraRig:
    """The cameras of a capture's training pictures, with their corrections."""

    def __init__(self, given: Mapping[str, Camera], turn_deg: float, shift_m: float, focal: float) -> None:
        """The last three: standard deviations of a given camera's errors, each component; `focal` as a share."""
        self._given = dict(given)
        self._widths = np.array([math.radians(turn_deg)] * 3 + [shift_m] * 3 + [focal])
        self.corrections = dict.fromkeys(self._given, NONE)

    @property
    def num_unknowns(self) -> int:
        """Of all cameras."""
        return CAMERA_UNKNOWNS * len(self._given)

    def first_unknown(self, name: str) -> int:
        """Index of a camera's first one."""
        return CAMERA_UNKNOWNS * list(self._given).index(name)

    @property
    def is_observable(self) -> bool:
        """Whether pictures say where cameras stand: bodies do what a single camera would."""
        return len(self._given) > 1

    @property
    def is_corrected(self) -> bool:
        """Whether any camera differs from the given one."""
        return bool(self.away().any())

    def stored(self) -> np.ndarray:  # [C, 17]
        """The corrections, for `take`."""
        return np.stack([np.append(own.transform.ravel(), own.log_focal) for own in self.corrections.values()])

    def take(self, stored: np.ndarray) -> None:  # [C, 17]
        """Back to what `stored` gave."""
        self.corrections = {
            name: Correction(values[:16].reshape(4, 4).copy(), float(values[16]))
            for name, values in zip(self._given, stored, strict=True)
        }

    def corrected(self) -> dict[str, Camera]:
        """The cameras as they should have been given, by name; empty where none is corrected."""
        if not self.is_corrected:
            return {}
        return {name: self.corrections[name].applied_to(camera) for name, camera in self._given.items()}

    def away(self) -> np.ndarray:  # [7 C]
        """How far the cameras are from the given ones."""
        return np.concatenate([correction.vector() for correction in self.corrections.values()])

    def move(self, change: np.ndarray) -> None:  # [7 C]
        """Take a step."""
        parts = change.reshape(-1, CAMERA_UNKNOWNS)
        self.corrections = {
            name: correction.moved(part)
            for (name, correction), part in zip(self.corrections.items(), parts, strict=True)
        }

    def precision(self, middle: np.ndarray, holds_means: bool) -> np.ndarray:  # middle [3] world; [7 C, 7 C]
        """Of the priors; with `holds_means`, also of the mean corrections, taken at the middle of the bodies.

        Bodies that cannot move hold the cameras; then the means are free.
        """
        found = np.diag(np.tile(1.0 / self._widths**2, len(self._given)))
        if holds_means:
            means = self._means(middle)
            widths = HELD_SHARE * np.concatenate([self._widths, [self._widths[6]]])
            found += means.T @ (means / widths[:, None] ** 2)
        return found

    def _means(self, middle: np.ndarray) -> np.ndarray:  # [8, 7 C]
        """What is held: turn and shift of the world at its middle, focal length, and distance, each a share."""
        parts = []
        for camera in self._given.values():
            transform = camera.T_cam_world.double().numpy()
            rotation = transform[:3, :3]
            at = rotation @ middle + transform[:3, 3]
            part = np.zeros((8, CAMERA_UNKNOWNS))
            part[:3, :3] = rotation.T
            part[3:6, :3] = rotation.T @ -_cross(at)  # turn x at
            part[3:6, 3:6] = rotation.T
            part[6, 6] = 1.0
            part[7, 3:6] = at / (at @ at)
            parts.append(part)
        return np.concatenate(parts, 1) / len(parts)


def _cross(vector: np.ndarray) -> np.ndarray:  # [3] -> [3, 3]; _cross(a) @ b = a x b
    x, y, z = vector
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
