"""Fit the bodies of all frames, their shape and a surface over it to the pictures, before anything is trained.

One surface (an offset of every vertex along the normal, smooth) and one texture under one distant light must explain
all pictures of all frames. Every step rasterizes them, renews texture and light, linearizes the misfits of colors and
outlines, and takes a Gauss-Newton step with all unknowns together. Nothing knows what was wrong with the capture.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sparse
import torch
from torch import Tensor

from phynes_core.body.atlas import corner_uv
from phynes_core.body.model import BodyModel, Pose, pose_body, pose_joints
from phynes_core.data.capture import Capture
from phynes_core.geometry.mesh import unique_edges, vertex_normals
from phynes_core.registration.appearance import LightFit, TexturedLight, harmonics
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.registration.config import RegistrationConfig
from phynes_core.registration.kinematics import joint_influence, shape_motion, turned_pose
from phynes_core.registration.normal_equations import FrameGeometry, NormalEquations, Step
from phynes_core.registration.pictures import KEPT_BYTES, encoded, load_person_pictures
from phynes_core.registration.pose_prior import PosePrior, within_limits
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
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize

FIRST_LIGHTS = 3  # how often texture and light are renewed in turn at the first step
USUAL_PERSON_PX = 200.0  # blurs are given for a person so many pixels tall
SMALLEST_OUTLINE_PX = 0.8  # standard deviation that outlines have at least: their pixels
SMALLEST_COLOR = 0.005  # the same of colors, sRGB


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
        self.is_used = bool(self.frames)  # False once the given poses have proved good enough
        self._misfit = self._image = 0.0  # with the given poses: the product of both, and the square of colors
        self.offsets = np.zeros(body.num_vertices)  # metres along the bare body's normals, of all frames
        self._own_offsets: Mapping[int, np.ndarray] = {}  # of each frame, while another surface than that is registered
        self._prior = PosePrior(body, self.given, math.radians(config.joint_deg), config.shift_m)
        self.appearance = TexturedLight(config.texels)
        views = [view for frame in self.frames for view in self._pictures[frame]]
        self._is_kept = sum(view.nbytes for view in views) < KEPT_BYTES
        self._scale_px = float(np.median([view.person_px for view in views] or [USUAL_PERSON_PX])) / USUAL_PERSON_PX
        self._corner_uv = corner_uv(body).numpy()
        self._faces = body.faces.numpy()
        self._influence = joint_influence(body)
        self._offset_prior = _smoothness(body) / config.relief_m**2 + sparse.eye(body.num_vertices) / config.offset_m**2

    @property
    def betas(self) -> Tensor:  # [B]
        """Of all frames."""
        return self.poses[self.frames[0]].betas

    def step(self, step: int) -> dict[str, float]:
        """One Gauss-Newton step; `step` counts from 0. Returns its terms, measured before it."""
        config = self.config
        decision = config.held_steps + config.trial_steps
        if not self.is_used:
            return {"loss": self._misfit, "image": self._image, "gradient": 0.0}
        progress = max(step - decision, 0) / max(config.steps - 1 - decision, 1)
        blur_px = config.first_blur_px * (config.last_blur_px / config.first_blur_px) ** progress
        terms = self._step(step, blur_px, step < config.held_steps, self._offset_prior)
        if step < config.held_steps:
            self._misfit, self._image = terms["loss"], terms["image"]
        elif step == decision - 1 and terms["loss"] > (1.0 - config.least_gain) * self._misfit:
            self.poses, self.is_used = dict(self.given), False
        return terms

    def refine(self, step: int, offsets: Mapping[int, np.ndarray]) -> dict[str, float]:
        """A step of the poses alone, under a surface that is known: its `offsets` [V] in each frame, metres."""
        self._own_offsets = offsets
        try:
            return self._step(step, self.config.last_blur_px, False, None)
        finally:
            self._own_offsets = {}

    def _step(
        self, step: int, blur_px: float, holds_poses: bool, offset_prior: sparse.spmatrix | None
    ) -> dict[str, float]:
        config = self.config
        sigma_px = blur_px * self._scale_px
        surfaces = {frame: self.surface(self.poses[frame], self._own_offsets.get(frame)) for frame in self.frames}
        seen = {
            frame: [see(surfaces[frame], picture, sigma_px, self._is_kept) for picture in self._pictures[frame]]
            for frame in self.frames
        }
        for _ in range(FIRST_LIGHTS if step == 0 else 1):
            self._renew_appearance(seen)
        colors = {frame: [color_residuals(view, self.appearance) for view in seen[frame]] for frame in self.frames}
        color_scale = max(robust_scale(_sample(colors)), SMALLEST_COLOR)
        outlines = {frame: [outline_distances(view) for view in seen[frame]] for frame in self.frames}
        outline_scale = max(robust_scale(_sample(outlines)), SMALLEST_OUTLINE_PX)
        generator = np.random.default_rng((self._seed, 0, step))
        num_betas = len(self.betas) if config.has_shape and offset_prior is not None and not holds_poses else 0
        system = NormalEquations(self._body.num_vertices, num_betas)
        weight = config.color_weight / sigma_px**2
        for frame in self.frames:
            geometry = self._geometry(frame, surfaces[frame], bool(num_betas))
            vertices = surfaces[frame].vertices.numpy()
            views = []
            for view, color, outline in zip(seen[frame], colors[frame], outlines[frame], strict=True):
                even = without_slow_part(view, color, color_scale)
                rows = photometric_rows(view, self._faces, even, color_scale, config.points, weight, generator)
                views.append((view.picture.camera, -1, rows))
                rows = outline_rows(view, vertices, self._faces, outline, outline_scale, config.outline_weight)
                views.append((view.picture.camera, -1, rows))
            system.add_frame(views, geometry, self._prior.pull(frame, self.poses[frame], holds_poses))
        shared_prior = np.eye(num_betas) / config.beta**2
        away = (self.betas - self.given[self.frames[0]].betas).numpy()[:num_betas]
        change = system.solve(offset_prior, self.offsets, shared_prior, away)
        moved = self._apply(change, holds_poses)
        joint_rad, shift_m = np.sqrt(self._prior.variances)
        return {
            "loss": color_scale * outline_scale, "image": float(np.mean(_sample(colors) ** 2)), "gradient": moved,
            "color": color_scale, "outline_px": outline_scale, "moved_mm": 1e3 * moved,
            "doubt_deg": math.degrees(joint_rad), "doubt_mm": 1e3 * shift_m,
        }  # fmt: skip

    def fit(self) -> CaptureFit:
        """What was found out."""
        return CaptureFit(dict(self.poses) if self.is_used else {})

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a later step depends on."""
        own = {
            "offsets": self.offsets,
            "doubt": self._prior.variances,
            "light": self.appearance.light,
            "decided": np.array([self._misfit, self._image, float(self.is_used)]),
        }
        return self.fit().tensors() | {name: torch.from_numpy(value.copy()) for name, value in own.items()}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self.poses = dict(self.given) | dict(CaptureFit.from_tensors(stored).poses)
        self._misfit, self._image, is_used = stored["decided"].tolist()
        self.is_used = bool(is_used)
        self.offsets, self._prior.variances = stored["offsets"].numpy().copy(), stored["doubt"].numpy().copy()
        self.appearance.light = stored["light"].numpy().copy()

    def predict(self, surface: PosedSurface, camera: Camera) -> Tensor:  # [H, W, 3] sRGB
        """The registered surface with its texture under its light, in front of black."""
        fragments = rasterize(surface.vertices, surface.faces, camera)
        image = np.zeros((camera.height, camera.width, 3), np.float32)
        covered = fragments.face_index.numpy() >= 0
        face, weights = fragments.face_index.numpy()[covered], fragments.barycentric.numpy()[covered][..., None]
        normal = (surface.normals[self._faces[face]] * weights).sum(1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        shown = self.appearance.without_gaps()
        color = shown.texture_at((self._corner_uv[face] * weights).sum(1))
        image[covered] = encoded(color * (harmonics(normal) @ shown.light)).clip(0.0, 1.0)
        return torch.from_numpy(image)

    @torch.no_grad()
    def surface(self, pose: Pose, offsets: np.ndarray | None = None) -> PosedSurface:
        """The body in a pose, displaced by the registered offsets or by others [V]."""
        offsets = self.offsets if offsets is None else offsets
        vertices = pose_body(self._body, pose).vertices
        directions = vertex_normals(vertices, self._body.faces)
        moved = vertices + torch.from_numpy(offsets).float()[:, None] * directions
        normals = vertex_normals(moved, self._body.faces).numpy()
        return PosedSurface(moved, normals, directions.numpy(), self._body.faces, self._corner_uv)

    def _geometry(self, frame: int, surface: PosedSurface, has_shape: bool) -> FrameGeometry:
        pose = self.poses[frame]
        joints = pose_joints(self._body, pose).positions.numpy()
        shape = shape_motion(self._body, pose) if has_shape else None
        return FrameGeometry(joints, self._influence, surface.directions, shape)

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
        light = fit.solve()
        self.appearance.light = self.appearance.light if light is None else light

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
            turned = turned_pose(self._body, self.poses[frame], self.config.relaxation * own)
            self.poses[frame] = replace(within_limits(turned, self.given[frame]), betas=betas)
            after = pose_body(self._body, self.poses[frame]).vertices
            squares.append(float((after - before).square().sum(1).mean()))
        self._prior.learn(self.poses)
        return math.sqrt(np.mean(squares))


def _smoothness(body: BodyModel) -> sparse.csc_matrix:  # [V, V]
    """The square of the uniform Laplacian."""
    edges, size = unique_edges(body.faces).numpy(), body.num_vertices
    ends = np.concatenate([edges, edges[:, ::-1]])
    joined = sparse.csr_matrix((np.ones(len(ends)), ends.T), shape=(size, size))
    laplacian = sparse.eye(size) - sparse.diags(1.0 / np.maximum(np.asarray(joined.sum(1)).reshape(-1), 1.0)) @ joined
    return (laplacian.T @ laplacian).tocsc()


def _sample(residuals: Mapping[int, Sequence[np.ndarray]]) -> np.ndarray:
    """Some of all residuals, flat: enough to estimate their size."""
    parts = [part.reshape(-1)[::7] for views in residuals.values() for part in views]
    found = np.concatenate([np.zeros(0), *parts])
    return found if found.size else np.zeros(1)
