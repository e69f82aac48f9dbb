"""The options that say who is shown and in which pose; opening_bodies.py makes the state."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True, kw_only=True)
class BodyOptions:
    """Who, in which pose."""

    avatar: tuple[str, ...] = ()
    """A .ckpt file, or its bare name in checkpoints/; repeat it to see several side by side."""
    motion: tuple[str, ...] = ()
    """A motion clip (our .npz, AMASS .npz, AIST++ .pkl, .bvh), or the bare name of one in assets/motions; the rest pose
    when left out. With several avatars: one for all, or one for each in order."""
    pose: tuple[str, ...] = ()
    """A pose saved in the viewer (.json), or the bare name of one in the library, instead of a motion; one for all
    avatars, or one for each."""
    shape: Annotated[str, tyro.conf.arg(metavar="B1,B2,...")] = ""
    """Up to ten shape coefficients, added to each avatar's own, in standard deviations."""
    materials: tuple[str, ...] = ()
    """Material edits saved in the viewer (.materials.json); `beside` takes those beside each avatar's checkpoint. One
    for all avatars, or one for each; without, the maps are shown as they are."""
    spacing: float = 1.8
    """Metres between avatars that stand side by side."""
    same_pose: bool = False
    """All avatars do what the first one does."""
    smpl: Path | None = None
    """The licensed SMPL file of an avatar that was trained on one; or the environment variable PHYNES_SMPL."""
    smpl_uv: Path | None = None
    """OBJ with that body's UV atlas; or PHYNES_SMPL_UV."""


@dataclass(frozen=True, kw_only=True)
class PlaybackOptions:
    """How a clip runs."""

    range: Annotated[str, tyro.conf.arg(metavar="START,END")] = ""
    """The part of the motion that plays, in seconds; all of it when left out."""
    speed: float = 1.0
    """Of the motion: 0.5 is slow motion, -1 runs backward."""
    loop: bool = True
    """Begin again at the end; --no-loop stops there."""
    smooth: bool = True
    """Poses between the motion's frames; --no-smooth shows its frames alone."""
    mix: Annotated[str, tyro.conf.arg(metavar="MOTION[,SHARE]")] = ""
    """Mix a second clip into the motion, stretched to its length; the share is 0.5 when left out."""
