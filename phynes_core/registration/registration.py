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
from phynes_core.registration.appearance import TexturedLight
from phynes_core.registration.cameras import CameraRig
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.registration.config import RegistrationConfig
from phynes_core.registration.kinematics import joint_influence, shape_motion, turned_pose
from phynes_core.registration.matting import correct_edges, edge_uncertainty
from phynes_core.registration.normal_equations import FrameGeometry, NormalEquations, Step
from phynes_core.registration.pictures import KEPT_BYTES, load_person_pictures
from phynes_core.registration.priors import (
    PosePrior,
    surface_prior,
    uniform_laplacian,
    within_limits,
    without_common_shift,
)
from phynes_core.registration.residuals import (
    PosedSurface,
    color_residuals,
    outline_distances,
    posed_surface,
    renew_appearance,
    robust_scale,
    sample,
    see,
    view_rows,
)
from phynes_core.registration.trial import Trial, planned_trials
from phynes_core.render.rasterize import rasterize

FIRST_LIGHTS = 3  # how often texture and light are renewed in turn at the first step
USUAL_PERSON_PX = 200.0  # blurs are given for a person so many pixels tall
QUESTIONED_AGAIN = 3  # steps after the decision at the earliest: masks, by poses that are better then
SMALLEST_OUTLINE_PX = 0.8  # standard deviation that outlines have at least: their pixels
SMALLEST_COLOR = 0.005  # the same of colors, sRGB


class Registration:
    """All frames of a split together, one Gauss-Newton step at a time; deterministic for a seed."""

    def __init__(
        self, capture: Capture, body: BodyModel, frames: Sequence[int], config: RegistrationConfig, seed: int
    ) -> None:
        self.config, self._seed = config, seed
        self.cameras = [name for name, split in capture.camera_split.items() if split == "train"]
        self._pictures = {frame: load_person_pictures(capture, self.cameras, frame) for frame in frames}
        self.frames = [frame for frame in frames if self._pictures[frame]]
        self.given = {frame: capture.poses[frame] for frame in self.frames}
        self.poses = dict(self.given)
        self.is_used = bool(self.frames)  # False once the given poses have proved good enough
        self._loss = self._image = 0.0  # with the given poses: the loss, and the square of colors
        self._own_offsets: Mapping[int, np.ndarray] = {}  # of each frame, while another surface than that is registered
        given = {name: capture.cameras[name] for name in self.cameras}
        self.rig = CameraRig(given, config.camera_deg, config.camera_m, config.focal)
        self._trial, self._camera_trials = planned_trials(config, self.rig.is_observable)
        self._states: dict[str, dict[str, Tensor]] = {}  # to go back to; "edges": where masks were last questioned
        self._edge_px = 0  # how uncertain masks' edges are
        self._prior = PosePrior(body, self.given, math.radians(config.joint_deg), config.shift_m)
        self.appearance = TexturedLight(config.texels)
        self.stand_on(body)
        views = [view for frame in self.frames for view in self._pictures[frame]]
        self._is_kept = sum(view.nbytes for view in views) < KEPT_BYTES
        self._scale_px = float(np.median([view.person_px for view in views] or [USUAL_PERSON_PX])) / USUAL_PERSON_PX

    def stand_on(self, body: BodyModel) -> None:
        """Register this mesh from here on, whose skeleton is the same; its surface and texture are not known yet."""
        self._body, light = body, self.appearance.light
        self.offsets = np.zeros(body.num_vertices)  # metres along the bare body's normals, of all frames
        self.appearance = TexturedLight(self.config.texels)
        self.appearance.light = light
        self._corner_uv = corner_uv(body).numpy()
        self._influence = joint_influence(body)
        self._laplacian = uniform_laplacian(body)

    @property
    def betas(self) -> Tensor:  # [B]
        """Of all frames."""
        return self.poses[self.frames[0]].betas

    def step(self, step: int) -> dict[str, float]:
        """One Gauss-Newton step; `step` counts from 0. Returns its terms, measured before it."""
        config, trial, (early, late) = self.config, self._trial, self._camera_trials
        if step == trial.end and (self.rig.is_corrected or not self.is_used):
            late.length = 0  # decided already, or nothing more is known by now
        if not self.frames or not (self.is_used or self.rig.is_corrected or step < late.end):
            return {"loss": self._loss, "image": self._image, "gradient": 0.0}
        for name, each in (("poses", trial), ("cameras", early), ("cameras", late)):
            self._branch(name, each, step)
        ahead, after = (max(late.without_repeats(each) - trial.end, 0) for each in (step, config.steps - 1))
        blur_px = config.first_blur_px * (config.last_blur_px / config.first_blur_px) ** (ahead / max(after, 1))
        free = (early if step < early.end else late).frames(step, self.frames, self.rig.is_corrected)
        offset_prior = surface_prior(self._laplacian, self.offsets, config)
        terms = self._step(step, blur_px, step < trial.middle or not self.is_used, offset_prior, free)
        if step < trial.middle:
            trial.misfit, self._loss, self._image = terms["color"], terms["loss"], terms["image"]
        elif step == trial.end - 1:
            given = self._states.pop("poses")
            if terms["color"] > (1.0 - config.least_color_gain) * trial.misfit:
                self.is_used = False
                self._take(given)
            elif config.has_masks:
                self._edge_px = edge_uncertainty(terms["outline_px"], self._scale_px * USUAL_PERSON_PX)
        for each in (early, late):
            if each.length and step == each.middle - 1:
                each.misfit = terms["held_out"]
            elif each.length and step == each.end - 1:
                given = self._states.pop("cameras")
                if terms["held_out"] > (1.0 - each.least_gain) * each.misfit:
                    self._take(given)
        if self._edge_px and step + 1 in (trial.end, max(late.end, trial.end + QUESTIONED_AGAIN)):
            self._question_masks()
        return terms

    def _branch(self, name: str, trial: Trial, step: int) -> None:
        """Keep the state from which both halves of a trial start; what the first found is kept for the decision."""
        if trial.length and step == trial.start:
            self._states[name] = self._state()
        elif trial.length and step == trial.middle:
            start, self._states[name] = self._states[name], self._state()
            self._take(start)

    def _question_masks(self) -> None:
        """Correct their edges, as far as the present surface and the background tell."""
        self._states["edges"] = self._state()
        pictures, covered = [], []
        for frame in self.frames:
            surface = self.surface(self.poses[frame])
            fragments = [rasterize(surface.vertices, surface.faces, one.camera) for one in self._pictures[frame]]
            covered += [(each.face_index >= 0).numpy() for each in fragments]
            pictures += self._pictures[frame]
        correct_edges(pictures, covered, self._edge_px)

    def refine(self, step: int, offsets: Mapping[int, np.ndarray]) -> dict[str, float]:
        """A step of the poses alone, under a surface that is known: its `offsets` [V] or [V, 3] in each frame, m."""
        self._own_offsets = offsets
        try:
            return self._step(step, self.config.last_blur_px, False, None)
        finally:
            self._own_offsets = {}

    def _step(
        self,
        step: int,
        blur_px: float,
        holds_poses: bool,
        offset_prior: sparse.spmatrix | None,
        camera_frames: frozenset[int] = frozenset(),  # from which the cameras are estimated
    ) -> dict[str, float]:
        config = self.config
        sigma_px = blur_px * self._scale_px
        surfaces = {frame: self.surface(self.poses[frame], self._own_offsets.get(frame)) for frame in self.frames}
        seen = {
            frame: [see(surfaces[frame], picture, sigma_px, self._is_kept) for picture in self._pictures[frame]]
            for frame in self.frames
        }
        for _ in range(FIRST_LIGHTS if step == 0 else 1):
            renew_appearance(self.appearance, [view for views in seen.values() for view in views])
        colors = {frame: [color_residuals(view, self.appearance) for view in seen[frame]] for frame in self.frames}
        color_scale = max(robust_scale(sample(colors)), SMALLEST_COLOR)
        outlines = {frame: [outline_distances(view) for view in seen[frame]] for frame in self.frames}
        outline_scale = max(robust_scale(sample(outlines)), SMALLEST_OUTLINE_PX)
        held_out = [
            robust_scale(sample({frame: found[frame] for frame in self.frames[1::2]})) for found in (colors, outlines)
        ]
        generator = np.random.default_rng((self._seed, 0, step))
        num_betas = len(self.betas) if config.has_shape and offset_prior is not None and not holds_poses else 0
        num_shared = num_betas + (self.rig.num_unknowns if camera_frames else 0)
        system = NormalEquations(self._body.num_vertices, num_shared)
        for frame in self.frames:
            geometry = self._geometry(frame, surfaces[frame], bool(num_betas))
            views = []
            for view, color, outline in zip(seen[frame], colors[frame], outlines[frame], strict=True):
                is_free = frame in camera_frames
                first = num_betas + self.rig.first_unknown(view.picture.camera_name) if is_free else -1
                scales = color_scale, outline_scale
                found = view_rows(view, surfaces[frame], (color, outline), scales, config, self._scale_px, generator)
                views += [(view.picture.camera, first, rows) for rows in found]
            system.add_frame(views, geometry, self._prior.pull(frame, self.poses[frame], holds_poses))
        shared_prior = np.eye(num_shared) / config.beta**2
        away = (self.betas - self.given[self.frames[0]].betas).numpy()[:num_betas]
        if camera_frames:
            middle = np.mean([surface.vertices.numpy().mean(0) for surface in surfaces.values()], 0)
            holds_means = not holds_poses or step < self._trial.start
            shared_prior[num_betas:, num_betas:] = self.rig.precision(middle, holds_means)
            away = np.concatenate([away, self.rig.away()])
        change = system.solve(offset_prior, self.offsets, shared_prior, away)
        moved = self._apply(change, holds_poses, num_betas)
        if camera_frames:
            self.rig.move(self.config.relaxation * change.shared[num_betas:])
            self._place_cameras()
        joint_rad, shift_m = np.sqrt(self._prior.variances)
        return {
            "loss": color_scale * outline_scale,
            "held_out": max(held_out[0], SMALLEST_COLOR) * max(held_out[1], SMALLEST_OUTLINE_PX),
            "image": float(np.mean(sample(colors) ** 2)), "gradient": moved,
            "color": color_scale, "outline_px": outline_scale, "moved_mm": 1e3 * moved,
            "doubt_deg": math.degrees(joint_rad), "doubt_mm": 1e3 * shift_m,
        }  # fmt: skip

    def moved_mm(self) -> float:
        """Mean distance of joints from where they were given."""
        pairs = [(self.poses[frame], self.given[frame]) for frame in self.frames]
        both = [[pose_joints(self._body, pose).positions for pose in pair] for pair in pairs]
        return 1e3 * float(torch.stack([(now - given).norm(dim=-1).mean() for now, given in both]).mean())

    def fit(self) -> CaptureFit:
        """What was found out."""
        return CaptureFit(dict(self.poses) if self.is_used else {}, self.rig.corrected())

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a later step depends on."""
        trials = [value for each in (self._trial, *self._camera_trials) for value in each.state]
        decided = [*trials, self._loss, self._image, float(self.is_used), self._edge_px]
        kept = {f"{name}.{key}": value for name, state in self._states.items() for key, value in state.items()}
        return self._state() | kept | {"decided": torch.tensor(decided, dtype=torch.float64)}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        *trials, self._loss, self._image, is_used, edge_px = stored["decided"].tolist()
        for each, state in zip(
            (self._trial, *self._camera_trials), zip(trials[::2], trials[1::2], strict=True), strict=True
        ):
            each.state = state
        self.is_used, self._edge_px = bool(is_used), int(edge_px)
        for name in ("poses", "cameras", "edges"):
            state = {key.removeprefix(f"{name}."): value for key, value in stored.items() if key.startswith(f"{name}.")}
            if state:
                self._states[name] = state
        if "edges" in self._states:
            self._take(self._states["edges"])
            self._question_masks()
        self._take(stored)

    def _state(self) -> dict[str, Tensor]:
        """What steps change."""
        own = {"offsets": self.offsets, "doubt": self._prior.variances, "light": self.appearance.light}
        own |= {"corrections": self.rig.stored()}
        return self.fit().tensors() | {name: torch.from_numpy(value.copy()) for name, value in own.items()}

    def _take(self, state: Mapping[str, Tensor]) -> None:
        self.poses = dict(self.given) | dict(CaptureFit.from_tensors(state).poses)
        self.offsets, self._prior.variances = state["offsets"].numpy().copy(), state["doubt"].numpy().copy()
        self.appearance.light = state["light"].numpy().copy()
        self.rig.take(state["corrections"].numpy())
        self._place_cameras()

    def surface(self, pose: Pose, offsets: np.ndarray | None = None) -> PosedSurface:
        """The body in a pose, displaced by the registered offsets or by others [V] or [V, 3]."""
        offsets = self.offsets if offsets is None else offsets
        return posed_surface(self._body, pose, offsets, self._corner_uv)

    def _geometry(self, frame: int, surface: PosedSurface, has_shape: bool) -> FrameGeometry:
        pose = self.poses[frame]
        joints = pose_joints(self._body, pose).positions.numpy()
        shape = shape_motion(self._body, pose) if has_shape else None
        return FrameGeometry(joints, self._influence, surface.directions, shape)

    def _place_cameras(self) -> None:
        for pictures in self._pictures.values():
            for picture in pictures:
                picture.camera = self.rig.corrections[picture.camera_name].applied_to(picture.given_camera)

    def _apply(self, change: Step, holds_poses: bool, num_betas: int) -> float:
        """Take the step; returns how far vertices moved, RMS in metres."""
        self.offsets = self.offsets + change.offsets
        if holds_poses:
            return float(np.sqrt(np.mean(change.offsets**2)))
        betas = self.betas.clone()
        betas[:num_betas] += torch.from_numpy(change.shared[:num_betas]).float()
        before, moved = dict(self.poses), {}
        for frame, own in zip(self.frames, change.poses, strict=True):
            turned = turned_pose(self._body, before[frame], self.config.relaxation * own)
            moved[frame] = replace(within_limits(turned, self.given[frame]), betas=betas)
        self.poses |= without_common_shift(moved, self.given, math.sqrt(self._prior.variances[1]))
        self._prior.learn(self.poses)
        pairs = [[pose_body(self._body, each[f]).vertices for each in (before, self.poses)] for f in self.frames]
        return math.sqrt(np.mean([float((now - last).square().sum(1).mean()) for last, now in pairs]))
