"""Fit poses to pictures of a person whose surface and colors are known, as those of a finished avatar are.

The steps are those of registration.py, with two differences: frames share nothing but the doubt about given poses, and
what a camera should see comes from a function, blurred as its picture is, so that shading and shadows are in it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.atlas import corner_uv
from phynes_core.body.model import BodyModel, Pose, pose_joints
from phynes_core.data.capture import Capture
from phynes_core.registration.config import RegistrationConfig
from phynes_core.registration.kinematics import joint_influence, turned_pose
from phynes_core.registration.normal_equations import FrameGeometry, NormalEquations
from phynes_core.registration.pictures import KEPT_BYTES, blurred_within, encoded, load_person_pictures
from phynes_core.registration.priors import PosePrior, within_limits
from phynes_core.registration.registration import SMALLEST_COLOR, SMALLEST_OUTLINE_PX, USUAL_PERSON_PX
from phynes_core.registration.residuals import (
    PosedSurface,
    SeenSurface,
    outline_distances,
    posed_surface,
    robust_scale,
    sample,
    see,
    view_rows,
)
from phynes_core.render.camera import Camera

STEPS = 8  # on josh_256 with 1 degree and 5 mm: 21 mm become 5.9, 5.6, 5.3 and 5.1 with the last four


@dataclass(frozen=True)
class KnownPerson:
    """What is held while poses are fitted."""

    body: BodyModel
    betas: Tensor  # [B] that the surface belongs to
    offsets: Callable[[Pose], np.ndarray]  # -> [V] or [V, 3] metres, as body.model.displaced says
    picture: Callable[[Pose, Camera], tuple[np.ndarray, np.ndarray]]  # -> [H, W, 3] linear, premultiplied; [H, W]


@dataclass(frozen=True)
class FoundPoses:
    """The result for some frames."""

    poses: dict[int, Pose]  # by frame: better ones; empty where the given poses are good enough
    unseen: tuple[int, ...]  # frames that no training camera saw
    misfits: tuple[float, float]  # color x outline, with the given poses and with those that were found


@dataclass(frozen=True)
class _Misfit:
    """Of all pictures at one blur."""

    surfaces: dict[int, PosedSurface]
    seen: dict[int, list[SeenSurface]]
    colors: dict[int, list[np.ndarray]]  # [P, 3] of each view
    outlines: dict[int, list[np.ndarray]]  # [S] of each view
    color_scale: float
    outline_scale: float

    @property
    def size(self) -> float:
        """One number for both kinds."""
        return self.color_scale * self.outline_scale


class KnownPersonFit:
    """Some frames of a capture, fitted to the pictures of its training cameras; deterministic for a seed."""

    def __init__(
        self,
        capture: Capture,
        person: KnownPerson,
        frames: Sequence[int],
        config: RegistrationConfig,
        seed: int = 0,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._person, self._config, self._seed, self._progress = person, config, seed, progress
        cameras = [name for name, split in capture.camera_split.items() if split == "train"]
        found = {frame: load_person_pictures(capture, cameras, frame) for frame in frames}
        self._pictures = {frame: pictures for frame, pictures in found.items() if pictures}
        self._unseen = tuple(frame for frame in frames if frame not in self._pictures)
        self._given = {frame: capture.poses[frame] for frame in self._pictures}
        views = [view for pictures in self._pictures.values() for view in pictures]
        self._is_kept = sum(view.nbytes for view in views) < KEPT_BYTES
        self._scale_px = float(np.median([view.person_px for view in views])) / USUAL_PERSON_PX if views else 1.0
        self._corner_uv, self._faces = corner_uv(person.body).numpy(), person.body.faces.numpy()
        self._influence = joint_influence(person.body)
        self._done = 0

    def fit(self) -> FoundPoses:
        """Steps from blurred to sharper pictures; the given poses stay unless the misfit falls by `least_gain`."""
        config = self._config
        if not self._pictures:
            return FoundPoses({}, self._unseen, (0.0, 0.0))
        given = self._misfit(self._given, config.last_blur_px).size
        poses = {frame: replace(pose, betas=self._person.betas) for frame, pose in self._given.items()}
        prior = PosePrior(self._person.body, dict(poses), math.radians(config.joint_deg), config.shift_m)
        for step in range(STEPS):
            blur_px = config.first_blur_px * (config.last_blur_px / config.first_blur_px) ** (step / (STEPS - 1))
            poses = self._stepped(step, poses, prior, blur_px)
            prior.learn(poses)
        found = self._misfit(poses, config.last_blur_px).size
        is_better = found <= (1.0 - config.least_gain) * given
        return FoundPoses(poses if is_better else {}, self._unseen, (given, found))

    def _stepped(self, step: int, poses: dict[int, Pose], prior: PosePrior, blur_px: float) -> dict[int, Pose]:
        config, body = self._config, self._person.body
        misfit = self._misfit(poses, blur_px)
        generator = np.random.default_rng((self._seed, 1, step))
        system = NormalEquations(body.num_vertices, 0)
        for frame, pose in poses.items():
            surface, views = misfit.surfaces[frame], []
            parts = misfit.seen[frame], misfit.colors[frame], misfit.outlines[frame]
            scales = misfit.color_scale, misfit.outline_scale
            for view, color, outline in zip(*parts, strict=True):
                found = view_rows(view, surface, (color, outline), scales, config, self._scale_px, generator)
                views += [(view.picture.camera, -1, rows) for rows in found]
            joints = pose_joints(body, pose).positions.numpy()
            geometry = FrameGeometry(joints, self._influence, surface.directions, None)
            system.add_frame(views, geometry, prior.pull(frame, pose, False))
        change = system.solve(None, np.zeros(body.num_vertices), np.zeros((0, 0)), np.zeros(0))
        moved = {}
        for (frame, pose), own in zip(poses.items(), change.poses, strict=True):
            moved[frame] = within_limits(turned_pose(body, pose, own), self._given[frame])
        return moved

    @torch.no_grad()
    def _misfit(self, poses: dict[int, Pose], blur_px: float) -> _Misfit:
        sigma_px = blur_px * self._scale_px
        surfaces, seen, colors, outlines = {}, {}, {}, {}
        for frame, pose in poses.items():
            surface = posed_surface(self._person.body, pose, self._person.offsets(pose), self._corner_uv)
            views = [see(surface, picture, sigma_px, self._is_kept) for picture in self._pictures[frame]]
            surfaces[frame], seen[frame] = surface, views
            colors[frame] = [self._color_residuals(view, pose, sigma_px) for view in views]
            outlines[frame] = [outline_distances(view) for view in views]
            self._done += 1
            self._progress(self._done, (STEPS + 2) * len(poses))
        color_scale = max(robust_scale(sample(colors)), SMALLEST_COLOR)
        outline_scale = max(robust_scale(sample(outlines)), SMALLEST_OUTLINE_PX)
        return _Misfit(surfaces, seen, colors, outlines, color_scale, outline_scale)

    def _color_residuals(self, view: SeenSurface, pose: Pose, sigma_px: float) -> np.ndarray:  # [P, 3] sRGB
        """The picture minus what its camera should see."""
        expected = encoded(blurred_within(*self._person.picture(pose, view.picture.camera), sigma_px))
        return view.blurred.srgb[view.row, view.column] - expected[view.row, view.column]
