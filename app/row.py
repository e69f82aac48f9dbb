"""Bodies side by side: everybody's place in the row, on one ground, whatever clips they follow."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.motion.clip import MotionClip
from phynes_core.frame.scene import PosedAvatar


@dataclass(frozen=True, eq=False)
class Standing:
    """A body as its clip has it, and what the clip says of the ground."""

    avatar: Avatar
    pose: Pose
    target: Tensor  # [3] world: what a camera orbits
    floor_m: float  # height of the ground it stands on


def standing(avatar: Avatar, pose: Pose, edited: Pose, clip: MotionClip | None) -> Standing:
    """The body in its edited pose; the target follows the pose that was not edited."""
    floor_m = 0.0
    if clip is None:  # a still pose stands on its lowest point, wherever the body file puts it
        floor_m = float(pose_body(avatar.body, edited).vertices[:, 1].min())
    return Standing(avatar, edited, orbit_target(avatar, pose, clip), floor_m)


def orbit_target(avatar: Avatar, pose: Pose, clip: MotionClip | None) -> Tensor:  # [3] world
    """The pelvis, followed over the ground; its height is the clip's median, so that a jump is seen as a jump."""
    rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), pose.betas)
    x, y, z = (pose_body(avatar.body, rest).joints[0] + pose.transl).tolist()
    if clip is not None:
        y += float(clip.transl[:, 1].median() - pose.transl[1])
    return torch.tensor([x, y, z])


def arranged(row: tuple[Standing, ...], active: int, spacing_m: float) -> tuple[tuple[PosedAvatar, ...], Tensor]:
    """Everybody moved to a place of their own, and what the camera orbits, [3] world.

    The active body's pelvis leads: the others keep level with it over the ground, so that nobody walks off.
    """
    lead = row[active]
    posed = []
    for index, body in enumerate(row):
        along = (index - 0.5 * (len(row) - 1)) * spacing_m
        shift = lead.target - body.target
        shift[0] += along
        shift[1] = lead.floor_m - body.floor_m
        is_alone = len(row) == 1
        pose = body.pose if is_alone else replace(body.pose, transl=body.pose.transl + shift)
        posed.append(PosedAvatar(body.avatar, pose))
    return tuple(posed), lead.target
