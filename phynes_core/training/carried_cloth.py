"""Find which limbs carry a template's cloth: its texture must lie in the same place in the pictures of all frames.

The texture is the mean of what the pictures show on the mesh, under one distant light, as registration has it. What
the pictures show beside it tells how cloth moved against the mesh (Lucas and Kanade 1981); Gauss-Newton steps find the
exchanges of skinning weights (template/carrying.py) that would have moved it so in all frames. Every few frames take no
part: the new weights are kept where the texture of the others fits those frames better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from phynes_core.body.atlas import corner_uv
from phynes_core.body.model import BodyModel, rest_to_posed
from phynes_core.body.template import Template, template_body
from phynes_core.conventions import NUM_JOINTS
from phynes_core.registration.appearance import LightFit, TexturedLight
from phynes_core.registration.pictures import KEPT_BYTES, SMALLEST_SIDE, PersonPicture
from phynes_core.registration.residuals import (
    PosedSurface,
    SeenSurface,
    color_residuals,
    image_gradients,
    posed_surface,
    robust_scale,
    robust_weight,
    see,
    without_slow_part,
)
from phynes_core.template.carrying import Exchanges, at_rest, exchanges, with_weights
from phynes_core.template.config import TemplateConfig
from phynes_core.template.make import evenly
from phynes_core.training.frames import TrainingFrame

BLUR_PX = 1.0  # of the pictures of the registration, whose person is some 200 to 300 px tall
TEXELS = 512  # of the texture, a side
FIRST_LIGHTS = 3  # how often texture and light are found in turn at first
SMALLEST_COLOR = 0.005  # standard deviation that colors have at least, sRGB
TOLERANCE = 4.0  # times their standard deviation: a pattern that slid by its own width is no outlier
STAY = 0.05  # weight of not moving, of that which the pictures have in the mean
RIDGE, MOST_GIVEN = 0.02, 0.4  # of a step
RELAXATION = 1.5  # of steps: a texture that is still blurred asks for too little
CLIPPED = 0.2  # sRGB: misfits beyond are occlusions


@dataclass(frozen=True)
class _Judged:
    """Misfits of one state: RMS sRGB of frames that take part, and of those that do not."""

    fitted: float
    held_out: float
    scale: float  # robust standard deviation of the first


class _Pictures:
    """Those of all frames, and the texture that explains them."""

    def __init__(self, frames: Sequence[TrainingFrame], config: TemplateConfig) -> None:
        self.frames = tuple(frames)
        first = config.held_out_every // 2
        self.held_out = frozenset(frame.number for frame in frames[first :: config.held_out_every])
        self._pictures = [
            [
                PersonPicture(view.camera_name, view.camera, view.image, view.coverage)
                for view in frame.views
                if (view.coverage > 127).any() and min(view.coverage.shape) >= SMALLEST_SIDE
            ]
            for frame in frames
        ]
        self._is_kept = sum(one.nbytes for views in self._pictures for one in views) < KEPT_BYTES
        self._appearance = TexturedLight(TEXELS)
        self._lights = FIRST_LIGHTS
        self.surfaces: list[PosedSurface] = []
        self.seen: list[list[SeenSurface]] = []
        self.misfits: list[list[np.ndarray]] = []  # [P, 3] of each picture, without their slow part

    def look(self, body: BodyModel) -> _Judged:
        """At the mesh of this body in all frames."""
        uv, still = corner_uv(body).numpy(), np.zeros(body.num_vertices)
        self.surfaces = [posed_surface(body, frame.pose, still, uv) for frame in self.frames]
        self.seen = [
            [see(surface, picture, BLUR_PX, self._is_kept) for picture in views]
            for surface, views in zip(self.surfaces, self._pictures, strict=True)
        ]
        fitted = [view for i, view in self._all() if self.frames[i].number not in self.held_out]
        for _ in range(self._lights):
            for view in fitted:
                self._appearance.add(view.uv, view.normals, view.color, view.facing**2)
            self._appearance.finish_texture()
            light = LightFit()
            for view in fitted:
                light.add(self._appearance.texture_at(view.uv), view.normals, view.color, view.facing**2)
            found = light.solve()
            self._appearance.light = self._appearance.light if found is None else found
        self._lights = 1
        colors = [[color_residuals(view, self._appearance) for view in views] for views in self.seen]
        scale = max(robust_scale(np.concatenate([np.zeros(0), *[c.reshape(-1)[::7] for v in colors for c in v]])), 1e-9)
        self.misfits = [
            [np.where(self._is_known(view)[:, None], without_slow_part(view, color, scale), 0.0)
             for view, color in zip(views, own, strict=True)]
            for views, own in zip(self.seen, colors, strict=True)
        ]  # fmt: skip
        sides: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for frame, views in zip(self.frames, self.misfits, strict=True):
            sides[frame.number in self.held_out].extend(view.reshape(-1) for view in views)
        sizes = [np.concatenate([np.zeros(1), *side]) for side in sides]
        rms = [float(np.sqrt(np.mean(np.clip(side, -CLIPPED, CLIPPED) ** 2))) for side in sizes]
        return _Judged(rms[0], rms[1], max(robust_scale(sizes[0]), SMALLEST_COLOR))

    def pull(self, index: int, faces: np.ndarray, tolerated: float) -> tuple[np.ndarray, np.ndarray]:
        """A frame's normal equations of every vertex's motion in the world, [V, 3, 3] and [V, 3]."""
        num_vertices = len(self.surfaces[index].normals)
        system, right = np.zeros((9, num_vertices)), np.zeros((3, num_vertices))
        for view, misfit in zip(self.seen[index], self.misfits[index], strict=True):
            along = image_gradients(view)  # [P, 3, 3]
            weight = view.facing[:, None] ** 2 * robust_weight(misfit / tolerated) / tolerated**2
            weight = weight * self._is_known(view)[:, None]
            own = np.einsum("pca,pcb,pc->abp", along, along, weight, optimize=True).reshape(9, -1)
            wanted = -np.einsum("pca,pc->ap", along, weight * misfit, optimize=True)
            corners = faces[view.face]
            for k in range(3):
                vertex, share = corners[:, k], view.barycentric[:, k]
                for row, values in ((system, own), (right, wanted)):
                    for target, value in zip(row, values, strict=True):
                        target += np.bincount(vertex, share * value, num_vertices)
        return system.T.reshape(-1, 3, 3), right.T

    def _is_known(self, view: SeenSurface) -> np.ndarray:  # [P] bool
        """Whether a frame that takes part showed the place."""
        return self._appearance.texture_at(view.uv).min(1) > 0

    def _all(self) -> list[tuple[int, SeenSurface]]:
        return [(i, view) for i, views in enumerate(self.seen) for view in views]


def carry_cloth(
    template: Template, body: BodyModel, frames: Sequence[TrainingFrame], config: TemplateConfig
) -> tuple[Template, float]:
    """The template with better weights, or itself; and the share by which misfits of held-out frames fell."""
    frames = evenly(frames, config.most_frames)
    if config.carry_steps == 0 or len(frames) < 2 * config.held_out_every:
        return template, 0.0
    first = template_body(template, body)
    changes = exchanges(first)
    if not changes.of:
        return template, 0.0
    pictures, poses = _Pictures(frames, config), [frame.pose for frame in frames]
    found, judged = template, pictures.look(first)
    start = best = judged
    now = template
    for _ in range(config.carry_steps):
        weights = _step(template_body(now, body), changes, pictures, TOLERANCE * judged.scale)
        now = with_weights(now, body, weights, poses)
        judged = pictures.look(template_body(now, body))
        if judged.fitted >= best.fitted:
            break
        found, best = now, judged
    gain = 1.0 - best.held_out / max(start.held_out, 1e-9)
    return (found, gain) if gain > config.least_carry_gain else (template, gain)


def _step(body: BodyModel, changes: Exchanges, pictures: _Pictures, tolerated: float) -> np.ndarray:  # -> [V, 24]
    """One Gauss-Newton step; what all frames would move alike is the texture's, so it counts for nothing."""
    weights, faces = body.weights.double().numpy(), body.faces.numpy()
    used = [i for i, frame in enumerate(pictures.frames) if frame.number not in pictures.held_out]
    motions, turns = [], []
    mean = np.zeros((len(weights), 3, NUM_JOINTS))
    for i in used:
        transforms = rest_to_posed(body, pictures.frames[i].pose).double().numpy()
        points = pictures.surfaces[i].vertices.double().numpy()
        rest = at_rest(transforms, weights, points)
        motion = np.einsum("jab,vb->vaj", transforms[..., :3], rest) + transforms[..., 3].T - points[..., None]
        turn = np.einsum("vj,jab->vab", weights, transforms[..., :3])
        mean += np.linalg.solve(turn, motion) / len(used)
        motions.append(motion.astype(np.float32))
        turns.append(turn)
    pulls = [pictures.pull(i, faces, tolerated) for i in used]
    stay = STAY * float(np.mean([np.trace(system, axis1=1, axis2=2).mean() for system, _ in pulls]))
    gram = np.zeros((len(weights), NUM_JOINTS, NUM_JOINTS), np.float32)
    right = np.zeros((len(weights), NUM_JOINTS))
    for motion, turn, (system, wanted) in zip(motions, turns, pulls, strict=True):
        own = (motion - turn @ mean).astype(np.float32)
        gram += own.transpose(0, 2, 1) @ ((system + stay * np.eye(3)).astype(np.float32) @ own)
        right += np.einsum("vaj,va->vj", own, wanted)
    jacobian, count = changes.jacobian(weights), len(weights)
    blocks = sparse.bsr_matrix(
        (gram.astype(np.float64), np.arange(count), np.arange(count + 1)), shape=(count * NUM_JOINTS,) * 2
    )
    normal = (jacobian.T @ (blocks @ jacobian)).toarray()
    diagonal = np.diag(normal)
    damped = normal + np.diag(RIDGE * max(diagonal.mean(), 1e-12) + 0.01 * diagonal)
    given = np.clip(RELAXATION * np.linalg.solve(damped, jacobian.T @ right.reshape(-1)), -MOST_GIVEN, MOST_GIVEN)
    moved = np.maximum(weights + (jacobian @ given).reshape(count, NUM_JOINTS), 0.0)
    return moved / moved.sum(1, keepdims=True)
