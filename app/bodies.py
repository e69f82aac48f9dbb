"""From the row of bodies in a ViewState to posed avatars: avatars, clips and poses, kept while they stay the same."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.company_edits import posed_bodies
from app.frames import MaterialSquare, ShownBody
from app.kept_files import MAX_KEPT, KeptFiles
from app.material_state import MaterialState
from app.materials import Materials
from app.posing import posed_by
from app.row import Standing, arranged, standing
from app.state import BodyState, PlaybackState, ViewState
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.model import Pose, pose_joints
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.motion.files import load_motion
from phynes_core.errors import CheckpointError
from phynes_core.frame.scene import PosedAvatar


@dataclass(frozen=True, eq=False)
class PosedRow:
    """Everybody in the scene."""

    posed: tuple[PosedAvatar, ...]
    target: Tensor  # [3] world: what the camera orbits, pan not included
    shown: tuple[ShownBody, ...]
    floor_m: float  # world y of the ground that the active body stands on


class Bodies:
    """Not thread-safe, as the session that owns it."""

    def __init__(self, files: KeptFiles, smpl: Path | None, smpl_uv: Path | None, maps: str = "auto") -> None:
        self._files = files
        self._smpl, self._smpl_uv = smpl, smpl_uv
        self._maps = maps  # their backend
        self._standing: dict[BodyState, Standing] = {}
        self._row: tuple[object, PosedRow] | None = None
        self._materials = Materials()

    def row(self, state: ViewState) -> PosedRow:
        """The state's bodies, posed and placed; the same object as long as nothing about them changes."""
        bodies = tuple(_key(body) for body in posed_bodies(state))
        key = bodies, state.company.place, state.company.spacing_m
        if self._row is None or self._row[0] != key:
            row = tuple(self._stand(body) for body in bodies)
            posed, target = arranged(row, state.company.place, state.company.spacing_m)
            self._row = key, PosedRow(posed, target, self._shown(bodies, posed), row[state.company.place].floor_m)
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
        """The active body's materials over the UV square; while something moves, only where there is paint to see."""
        avatar, materials = row.posed[state.company.place].avatar, state.body.materials
        return self._materials.square(avatar, materials) if is_final or materials.strokes else None

    def avatar(self, body: BodyState) -> Avatar:
        """The avatar that the body names; raises CheckpointError."""

        def read(path: Path) -> Avatar:
            avatar = load_checkpoint(path, self._smpl, self._smpl_uv)
            avatar.use_map_backend(self._maps)
            return avatar

        if not body.avatar:
            raise CheckpointError("avatar: expected the path of a .ckpt file, got none; give --avatar FILE")
        return self._files.get("avatar", body.avatar, read)

    def clip(self, path: str) -> MotionClip:
        """A motion clip; raises MotionError."""
        return self._files.get("motion", path, load_motion)

    def _stand(self, body: BodyState) -> Standing:
        if body not in self._standing:
            avatar = self.avatar(body)
            betas = avatar.betas.clone()
            betas += torch.tensor(body.shape)[: len(betas)]
            clip = self._placed(body.motion, avatar, betas) if body.motion else None
            has_second = clip is not None and body.playback.second
            second = self._placed(body.playback.second, avatar, betas) if has_second else None
            pose, edited = posed_by(body, clip, second, betas)
            while len(self._standing) >= MAX_KEPT:
                self._standing.pop(next(iter(self._standing)))
            self._standing[body] = standing(avatar, pose, edited, clip)
        return self._standing[body]

    def _placed(self, path: str, avatar: Avatar, betas: Tensor) -> MotionClip:
        """The clip in this person's parameters."""

        def place(_: Path) -> MotionClip:
            still = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), betas)
            return self.clip(path).placed_on(pose_joints(avatar.body, still).positions)

        return self._files.get("placed", f"{path} {avatar.body.content_hash} {betas.tolist()}", place)

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
                    first_face, self._files.get("weights", model.content_hash, lambda _, m=model: _face_weights(m)),
                )
            )  # fmt: skip
            first_face += model.num_faces
        return tuple(shown)


def _key(body: BodyState) -> BodyState:
    """What the pose depends on: the rest is as good as any."""
    playback = replace(body.playback, speed=1.0, loops=True, start_s=0.0, end_s=0.0)
    return replace(
        body, playing=False, detail="auto", freezes_materials=True, materials=MaterialState(),
        playback=playback if body.motion else PlaybackState(),
    )  # fmt: skip


def _face_weights(model) -> np.ndarray:  # [F, 24] uint8, 255 is all of it
    return (model.weights[model.faces].mean(1) * 255.0).round().to(torch.uint8).numpy()
