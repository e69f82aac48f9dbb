"""Baselines made from an avatar's capture, which `evaluate --rivals` compares it with.

This file is in app/ because it joins phynes_core/evaluation and phynes_core/synthetic, which do not import each other.
"""

import time
from collections.abc import Callable

import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.atlas import corner_uv
from phynes_core.conventions import srgb_to_linear
from phynes_core.data.capture import Capture
from phynes_core.errors import BackendError
from phynes_core.evaluation.options import spread
from phynes_core.evaluation.rivals import Rival
from phynes_core.evaluation.texture_projection import gather_texture

INVERSE_FRAMES = 4  # of the training frames, all training cameras


def make_rivals(
    avatar: Avatar,
    capture: Capture,
    say: Callable[[str], None],
) -> list[Rival]:
    """A textured mesh, and Mitsuba's inverse rendering where it works; `say` gets the progress or why it does not."""
    say("gathering the training pictures' colors")
    start = time.perf_counter()
    color = gather_texture(avatar, capture)
    note = "mean color of each texel over the training pictures, light and all; under another light it serves as albedo"
    rivals = [Rival("textured mesh", note, time.perf_counter() - start, color, None)]
    try:
        rivals.append(_inverse_rendering(avatar, capture, say))
    except BackendError as error:
        say(f"left out: {error}")
    return rivals


@torch.no_grad()
def _inverse_rendering(avatar: Avatar, capture: Capture, say: Callable[[str], None]) -> Rival:
    from phynes_core.synthetic.mitsuba.inverse_rendering import InverseOptions, InverseShot, recover_albedo

    cameras = [name for name, split in capture.camera_split.items() if split == "train"]
    frames = spread([frame for frame in capture.frames if capture.frame_split[frame] == "train"], INVERSE_FRAMES)
    shots = [
        InverseShot(
            avatar.displaced_vertices(capture.poses[frame]),
            tuple(
                (capture.cameras[name], srgb_to_linear(capture.image(name, frame)), capture.mask(name, frame))
                for name in cameras if capture.has_image(name, frame)
            ),
        )
        for frame in frames
    ]  # fmt: skip
    options = InverseOptions()
    say(f"Mitsuba's inverse rendering, {options.steps} steps")
    found = recover_albedo(shots, avatar.body.faces, corner_uv(avatar.body), options)
    note = (
        f"diffuse albedo ({options.texture_size} texels a side) and environment by Mitsuba's prb integrator: "
        f"{len(frames)} frames, {len(cameras)} views at {options.size} pixels, {options.steps} steps of Adam; "
        "shown by our renderer"
    )
    return Rival("Mitsuba inverse rendering", note, found.seconds, found.albedo, found.environment)
