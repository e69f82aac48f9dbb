"""Fit the bodies of all frames, their shape, a surface over it and the cameras to the pictures, before anything is trained.

One surface (an offset of every vertex along the normal, smooth) and one texture under one distant light must explain all
pictures of all frames. Every step rasterizes them, renews texture and light, linearizes the misfits of colors and
outlines, and takes a Gauss-Newton step with all unknowns together. Nothing knows what was wrong with the capture.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse
import torch
from torch import Tensor

from phynes_core.body.atlas import corner_uv
from phynes_core.body.joint_limits import GROUPS, limited
from phynes_core.body.model import BodyModel, Pose, pose_body, pose_joints
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.conventions import NUM_JOINTS
from phynes_core.data.capture import Capture
from phynes_core.geometry.mesh import unique_edges, vertex_normals
from phynes_core.registration.appearance import LightFit, TexturedLight
from phynes_core.registration.kinematics import POSE_UNKNOWNS, joint_influence, shape_motion, turned_pose
from phynes_core.registration.normal_equations import FrameGeometry, NormalEquations, Step
from phynes_core.registration.pictures import KEPT_BYTES, PersonPicture, load_person_pictures
from phynes_core.registration.residuals import (
    PosedSurface,
    SeenSurface,
    color_residuals,
    outline_distances,
    outline_rows,
    photometric_rows,
    robust_scale,
    see,
    without_slow_part,
)

FIRST_LIGHTS = 3  # how often texture and light are renewed in turn at the first step
USUAL_PERSON_PX = 200.0  # blurs are given for a person so many pixels tall
SMALLEST_OUTLINE_PX = 0.8  # standard deviation that outlines have at least: their pixels
SMALLEST_COLOR = 0.005  # the same of colors, sRGB


@dataclass(frozen=True)
class RegistrationConfig:
    """How bodies are fitted to pictures."""

    steps: int = 10  # Gauss-Newton steps; 0: the capture is trusted
    blurs: tuple[float, ...] = (3.0, 3.0, 2.0, 1.5)  # px of a person 200 px tall, over equal shares of the steps
    points: int = 600  # of each picture, whose colors are compared
    texels: int = 256  # of the texture, a side
    color_weight: float = 0.6  # of a pixel over the square of its blur: how independent neighbors are
    outline_weight: float = 0.3  # of a pixel of outline
    joint_deg: float = 2.0  # standard deviation of a given joint rotation, each component
    shift_m: float = 0.01  # of the given translation
    beta: float = 0.15  # of each given beta
    offset_m: float = 0.03  # of the surface over the body
    relief_m: float = 1.8e-4  # of its Laplacian
    has_shape: bool = True


class Registration:
    """All frames of a split together, one Gauss-Newton step at a time; deterministic for a seed."""

    def __init__(
        self, capture: Capture, body: BodyModel, frames: Sequence[int], config: RegistrationConfig, seed: int
    ) -> None:
        self.config, self._body, self._seed = config, body, seed
        self.cameras = [name for name, split in capture.camera_split.items() if split == "train"]
        self._pictures = {frame: load_person_pictures(capture, self.cameras, frame) for frame in frames}
        self.frames = [frame for frame in frames if self._pictures[frame]]
        self.given = {frame: capture.poses[frame] for frame in self.frames}
        self.poses = dict(self.given)
        self.offsets = np.zeros(body.num_vertices)
        self.appearance = TexturedLight(config.texels)
        views = [view for frame in self.frames for view in self._pictures[frame]]
        self._is_kept = sum(view.nbytes for view in views) < KEPT_BYTES
        self._scale_px = float(np.median([view.person_px for view in views])) / USUAL_PERSON_PX
        self._corner_uv = corner_uv(body).numpy()
        self._faces = body.faces.numpy()
        self._influence = joint_influence(body)
        self._offset_prior = _smoothness(body) / config.relief_m**2 + sparse.eye(body.num_vertices) / config.offset_m**2

    @property
    def betas(self) -> Tensor:  # [B]
        """Of all frames."""
        return self.poses[self.frames[0]].betas

    def step(self, step: int, holds_poses: bool = False) -> dict[str, float]:
        """One Gauss-Newton step; `step` counts from 0. Returns its terms, measured before it."""
        config = self.config
        level = config.blurs[min(step * len(config.blurs) // max(config.steps, 1), len(config.blurs) - 1)]
        sigma_px = level * self._scale_px
        seen = {frame: self._see(frame, sigma_px) for frame in self.frames}
        for _ in range(FIRST_LIGHTS if step == 0 else 1):
            self._renew_appearance(seen)
        colors = {frame: [color_residuals(view, self.appearance) for view in seen[frame]] for frame in self.frames}
        color_scale = max(robust_scale(_sample(colors)), SMALLEST_COLOR)
        outlines = {frame: [outline_distances(view) for view in seen[frame]] for frame in self.frames}
        outline_scale = max(robust_scale(_sample(outlines)), SMALLEST_OUTLINE_PX)
        generator = np.random.default_rng((self._seed, 0, step))
        num_betas = len(self.betas) if config.has_shape and not holds_poses else 0
        system = NormalEquations(self._body.num_vertices, num_betas)
        weight = config.color_weight / sigma_px**2
        for frame in self.frames:
            surface, geometry = self._geometry(frame, bool(num_betas))
            vertices = surface.vertices.numpy()
            views = []
            for view, color, outline in zip(seen[frame], colors[frame], outlines[frame], strict=True):
                even = without_slow_part(view, color, color_scale)
                rows = photometric_rows(view, self._faces, even, color_scale, config.points, weight, generator)
                views.append((view.picture.camera, -1, rows))
                rows = outline_rows(view, vertices, self._faces, outline, outline_scale, config.outline_weight)
                views.append((view.picture.camera, -1, rows))
            system.add_frame(views, geometry, self._pose_prior(frame, holds_poses))
        shared_prior = np.eye(num_betas) / config.beta**2
        away = (self.betas - self.given[self.frames[0]].betas).numpy()[:num_betas]
        change = system.solve(self._offset_prior, self.offsets, shared_prior, away)
        moved = self._apply(change, holds_poses)
        return {
            "loss": color_scale, "image": float(np.mean(_sample(colors) ** 2)), "gradient": moved,
            "outline_px": outline_scale, "moved_mm": 1e3 * moved,
        }  # fmt: skip

    def _surface(self, frame: int) -> tuple[PosedSurface, np.ndarray]:
        """The displaced body, and the normals along which it is displaced."""
        with torch.no_grad():
            vertices = pose_body(self._body, self.poses[frame]).vertices
            normals = vertex_normals(vertices, self._body.faces)
            moved = vertices + torch.from_numpy(self.offsets).float()[:, None] * normals
        return PosedSurface(moved, self._body.faces, self._corner_uv), normals.numpy()

    def _see(self, frame: int, sigma_px: float) -> list[SeenSurface]:
        surface, _ = self._surface(frame)
        return [see(surface, picture, sigma_px, self._is_kept) for picture in self._pictures[frame]]

    def _geometry(self, frame: int, has_shape: bool) -> tuple[PosedSurface, FrameGeometry]:
        surface, normals = self._surface(frame)
        pose = self.poses[frame]
        joints = pose_joints(self._body, pose).positions.numpy()
        shape = shape_motion(self._body, pose) if has_shape else None
        return surface, FrameGeometry(joints, self._influence, normals, shape)

    def _renew_appearance(self, seen: Mapping[int, list[SeenSurface]]) -> None:
        """The texture under the present light, then the light for that texture."""
        for views in seen.values():
            for view in views:
                self.appearance.add(view.uv, view.normals, view.color, view.facing**2)
        self.appearance.finish_texture()
        fit = LightFit()
        for views in seen.values():
            for view in views:
                fit.add(self.appearance.texture_at(view.uv), view.normals, view.color, view.facing**2)
        self.appearance.light = fit.solve()

    def _pose_prior(self, frame: int, holds: bool) -> tuple[np.ndarray, np.ndarray]:  # [75], [75]
        """Precision, and how far the pose is from the given one, as `turned_pose` would turn it back."""
        config = self.config
        if holds:
            return np.full(POSE_UNKNOWNS, 1e12), np.zeros(POSE_UNKNOWNS)
        precision = np.full(POSE_UNKNOWNS, math.radians(config.joint_deg) ** -2)
        precision[-3:] = config.shift_m**-2
        now, given = (_rotations(pose) for pose in (self.poses[frame], self.given[frame]))
        turned = quaternion_to_axis_angle(matrix_to_quaternion(now @ given.transpose(1, 2)))
        world = pose_joints(self._body, self.poses[frame]).rotations
        turned[1:] = (world[list(self._body.parents[1:])] @ turned[1:, :, None])[..., 0]
        shift = self.poses[frame].transl - self.given[frame].transl
        return precision, torch.cat([turned.reshape(-1), shift]).numpy().astype(np.float64)

    def _apply(self, change: Step, holds_poses: bool) -> float:
        """Take the step; returns how far vertices moved, RMS in metres."""
        self.offsets = self.offsets + change.offsets
        if holds_poses:
            return float(np.sqrt(np.mean(change.offsets**2)))
        num_betas = len(change.shared)
        betas = self.betas.clone()
        betas[:num_betas] += torch.from_numpy(change.shared).float()
        squares = []
        for frame, own in zip(self.frames, change.poses, strict=True):
            before = pose_body(self._body, self.poses[frame]).vertices
            turned = turned_pose(self._body, self.poses[frame], own)
            self.poses[frame] = replace(_within_limits(turned, self.given[frame]), betas=betas)
            after = pose_body(self._body, self.poses[frame]).vertices
            squares.append(float((after - before).square().sum(1).mean()))
        return math.sqrt(np.mean(squares))


def _within_limits(pose: Pose, given: Pose) -> Pose:
    """Joints do not turn farther beyond their limits than they were given."""
    now = torch.cat([pose.global_orient[None], pose.body_pose])
    base = torch.cat([given.global_orient[None], given.body_pose])
    return replace(pose, body_pose=limited(now, base, tuple(GROUPS))[1:])


def _rotations(pose: Pose) -> Tensor:  # [24, 3, 3]
    return axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose]))


def _smoothness(body: BodyModel) -> sparse.csc_matrix:  # [V, V]
    """The square of the uniform Laplacian."""
    edges, size = unique_edges(body.faces).numpy(), body.num_vertices
    ends = np.concatenate([edges, edges[:, ::-1]])
    joined = sparse.csr_matrix((np.ones(len(ends)), ends.T), shape=(size, size))
    laplacian = sparse.eye(size) - sparse.diags(1.0 / np.maximum(joined.sum(1).A1, 1.0)) @ joined
    return (laplacian.T @ laplacian).tocsc()


def _sample(residuals: Mapping[int, Sequence[np.ndarray]]) -> np.ndarray:
    """Some of all residuals, flat: enough to estimate their size."""
    parts = [part.reshape(-1)[::7] for views in residuals.values() for part in views]
    return np.concatenate(parts) if parts else np.zeros(1)
