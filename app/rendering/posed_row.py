"""From the row of bodies in a ViewState to posed avatars side by side on one ground, kept while unchanged."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from app.model.avatar_row import BodyState, posed_bodies
from app.model.materials import MaterialState, StrokeState
from app.model.playback import PlaybackState
from app.model.view_state import ViewState
from app.rendering.frames import MaterialSquare, ShownBody
from app.rendering.materials import Materials
from app.rendering.posing import posed_by
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.model import Pose, pose_body, pose_joints
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.motion.files import load_motion
from phynes_core.errors import CheckpointError
from phynes_core.frame.scene import PosedAvatar

MAX_KEPT = 8  # avatars, clips, environments and placed bodies, each: a row of bodies needs as many

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class LruCache:
    """An LRU cache of MAX_KEPT objects of each kind, by key."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[Hashable, object]] = {}

    def get(self, kind: str, key: Key, make: Callable[[Key], Made]) -> Made:
        """The object of a key, made where it is not in the cache."""
        kept = self._kept.setdefault(kind, {})
        made = kept.pop(key) if key in kept else make(key)
        while len(kept) >= MAX_KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = made
        return made  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class PlacedBody:
    """A posed avatar where its clip places it, and the ground of the clip."""

    avatar: Avatar
    pose: Pose
    target: Tensor  # [3] world: what a camera orbits
    floor_m: float  # world y of the ground that it stands on


def placed_body(avatar: Avatar, pose: Pose, edited: Pose, clip: MotionClip | None) -> PlacedBody:
    """The body in its edited pose; the target follows the unedited one."""
    floor_m = 0.0
    if clip is None:  # without a clip the ground is at the body's lowest point
        floor_m = float(pose_body(avatar.body, edited).vertices[:, 1].min())
    return PlacedBody(avatar, edited, orbit_target(avatar, pose, clip), floor_m)


def orbit_target(avatar: Avatar, pose: Pose, clip: MotionClip | None) -> Tensor:  # [3] world
    """The point that the camera orbits: the pelvis over the ground, at the clip's median height, so that jumps show."""
    rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), pose.betas)
    x, y, z = (pose_body(avatar.body, rest).joints[0] + pose.transl).tolist()
    if clip is not None:
        y += float(clip.transl[:, 1].median() - pose.transl[1])
    return torch.tensor([x, y, z])


def laid_out(row: tuple[PlacedBody, ...], active: int, spacing_m: float) -> tuple[tuple[PosedAvatar, ...], Tensor]:
    """The bodies moved to their positions in the row, and the point that the camera orbits, [3] world.

    The row follows the active body: the others keep their distance to it along X, its Z and its ground.
    """
    leader = row[active]
    posed = []
    for index, body in enumerate(row):
        along = (index - 0.5 * (len(row) - 1)) * spacing_m
        shift = leader.target - body.target
        shift[0] += along
        shift[1] = leader.floor_m - body.floor_m
        is_alone = len(row) == 1
        pose = body.pose if is_alone else replace(body.pose, transl=body.pose.transl + shift)
        posed.append(PosedAvatar(body.avatar, pose))
    return tuple(posed), leader.target


@dataclass(frozen=True, eq=False)
class PosedRow:
    """All bodies of a scene."""

    posed: tuple[PosedAvatar, ...]
    target: Tensor  # [3] world: the point that the camera orbits, pan not included
    shown: tuple[ShownBody, ...]
    floor_m: float  # world y of the ground that the active body stands on


class Bodies:
    """Poses the bodies of states, and keeps files and the last row. Not thread-safe, like the service that owns it."""

    def __init__(self, cache: LruCache, smpl: Path | None, smpl_uv: Path | None, maps: str = "auto") -> None:
        self._cache = cache
        self._smpl, self._smpl_uv = smpl, smpl_uv
        self._maps = maps  # backend of the neural maps
        self._row: tuple[object, PosedRow] | None = None
        self._materials = Materials()

    def row(self, state: ViewState) -> PosedRow:
        """The posed bodies in their positions; the same object as long as no pose changes and no material is edited."""
        bodies = tuple(_key(body) for body in posed_bodies(state))
        key = bodies, state.avatar_row.active, state.avatar_row.spacing_m
        if self._row is None or self._row[0] != key:
            row = tuple(self._cache.get("placed body", body, self._placed) for body in bodies)
            posed, target = laid_out(row, state.avatar_row.active, state.avatar_row.spacing_m)
            self._row = key, PosedRow(posed, target, self._shown(bodies, posed), row[state.avatar_row.active].floor_m)
        return self._with_materials(self._row[1], state)

    def _with_materials(self, row: PosedRow, state: ViewState) -> PosedRow:
        edits = [
            self._materials.edit(posed.avatar, body.materials)
            for posed, body in zip(row.posed, state.bodies, strict=True)
        ]
        if all(edit is None for edit in edits):
            return row
        edited = (replace(posed, materials=edit) for posed, edit in zip(row.posed, edits, strict=True))
        return replace(row, posed=tuple(edited))

    def square(self, row: PosedRow, state: ViewState, is_final: bool) -> MaterialSquare | None:
        """The active body's materials over the UV square; in live frames only where there are strokes, else None."""
        avatar, materials = row.posed[state.avatar_row.active].avatar, state.body.materials
        return self._materials.square(avatar, materials) if is_final or materials.strokes else None

    def fill_preview(self, body: BodyState, stroke: StrokeState) -> np.ndarray:  # [T, T] uint8 over the UV square
        """About what a fill takes on this body."""
        return self._materials.fill_preview(self.avatar(body), stroke)

    def avatar(self, body: BodyState) -> Avatar:
        """The avatar that the body names; raises CheckpointError."""

        def read(path: str) -> Avatar:
            avatar = load_checkpoint(Path(path), self._smpl, self._smpl_uv)
            avatar.use_map_backend(self._maps)
            return avatar

        if not body.avatar:
            raise CheckpointError("avatar: expected the path of a .ckpt file, got none; give --avatar FILE")
        return self._cache.get("avatar", body.avatar, read)

    def clip(self, path: str) -> MotionClip:
        """A motion clip; raises MotionError."""
        return self._cache.get("motion", path, lambda name: load_motion(Path(name)))

    def _placed(self, body: BodyState) -> PlacedBody:
        avatar = self.avatar(body)
        betas = avatar.betas.clone()
        betas += torch.tensor(body.shape)[: len(betas)]
        clip = self._fitted_clip(body.motion, avatar, betas) if body.motion else None
        has_second = clip is not None and body.playback.second
        second = self._fitted_clip(body.playback.second, avatar, betas) if has_second else None
        pose, edited = posed_by(body, clip, second, betas)
        return placed_body(avatar, pose, edited, clip)

    def _fitted_clip(self, path: str, avatar: Avatar, betas: Tensor) -> MotionClip:
        """The clip for this body's proportions."""

        def fit(_: object) -> MotionClip:
            rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), betas)
            return self.clip(path).placed_on(pose_joints(avatar.body, rest).positions)

        return self._cache.get("fitted clip", (path, avatar.body.content_hash, tuple(betas.tolist())), fit)

    def _shown(self, bodies: tuple[BodyState, ...], posed: tuple[PosedAvatar, ...]) -> tuple[ShownBody, ...]:
        shown, first_face = [], 0
        for body, avatar in zip(bodies, posed, strict=True):
            clip = self.clip(body.motion) if body.motion else None
            model = avatar.avatar.body
            joints = pose_joints(model, avatar.pose)
            shown.append(
                ShownBody(
                    joints.positions.numpy(), joints.rotations.numpy(),
                    torch.cat([avatar.pose.global_orient[None], avatar.pose.body_pose]).numpy(),
                    0.0 if clip is None else clip.duration_s, 0.0 if clip is None else clip.fps,
                    first_face, self._cache.get("weights", model.content_hash, lambda _, m=model: _face_weights(m)),
                )
            )  # fmt: skip
            first_face += model.num_faces
        return tuple(shown)


def _key(body: BodyState) -> BodyState:
    """The body with defaults for everything that its pose does not depend on."""
    playback = replace(body.playback, speed=1.0, loops=True, start_s=0.0, end_s=0.0)
    return replace(
        body, playing=False, detail="auto", freezes_materials=True, materials=MaterialState(),
        playback=playback if body.motion else PlaybackState(),
    )  # fmt: skip


def _face_weights(model) -> np.ndarray:  # [F, 24] uint8, 255 is 1
    return (model.weights[model.faces].mean(1) * 255.0).round().to(torch.uint8).numpy()
