"""Other methods of making an avatar from the same pictures, measured on the same held-out views."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.checks import check_tensor
from phynes_core.conventions import linear_to_srgb
from phynes_core.data.capture import Capture
from phynes_core.evaluation.measurement import AvatarMeasurement
from phynes_core.evaluation.options import EvaluateOptions, HeldOutView
from phynes_core.evaluation.results import Evaluation
from phynes_core.maps.neural_map import PoseBatch

KEPT = ("psnr", "psnr_foreground", "psnr_box", "ssim", "flip")
NOTE = (
    "All on our mesh, over the same pictures. Seconds: ours is the whole training where the checkpoint knows it; a "
    "rival's come on top of the mesh, so the comparison is in its favor."
)


@dataclass(frozen=True)
class Rival:
    """A color texture on our mesh, and the light that was recovered with it."""

    name: str
    note: str  # how it was made, in a sentence
    seconds: float  # to make it, on top of our mesh
    color: Tensor  # [R, R, 3] linear, row 0 at v = 1
    light: Tensor | None  # [16, 32, 3]; None: the colors include the light and are shown unlit


def measure_rival(
    rival: Rival,
    avatar: Avatar,
    capture: Capture,
    views: Sequence[HeldOutView],
    options: EvaluateOptions,
    progress: Callable[[], None] = lambda: None,  # called after each view
) -> dict[str, Any]:
    """The rival's entry of metrics.json: the avatar's metric names, as far as they apply to it."""
    textured = TexturedAvatar(avatar, rival.color, rival.light)
    measurement = AvatarMeasurement(textured, capture, replace(options, pictured=0), Evaluation(rival.name))
    for view in views:
        view = replace(view, is_pictured=False)
        measurement.pictures(view)
        if capture.ground_truth is not None:
            measurement.materials(view, capture.ground_truth)
            measurement.lights(view, capture.ground_truth)
        progress()
    means = measurement.results.means()
    kind = "texture" if rival.light is None else "relit"
    entry: dict[str, Any] = {"note": rival.note, "seconds": round(rival.seconds, 1)}
    for split in ("novel_view", "novel_pose"):
        if split in means:
            entry[split] = _kept(means[split][kind])
    return entry | {group: _kept(means[group]) for group in ("albedo", "relighting") if group in means}


def _kept(numbers: dict[str, Any]) -> dict[str, Any]:
    return {name: numbers[name] for name in KEPT if name in numbers}


class TexturedAvatar(Avatar):
    """The mesh of another avatar with one matte color texture, the same for all poses."""

    color: Tensor

    def __init__(
        self,
        source: Avatar,
        color: Tensor,  # [R, R, 3] linear, row 0 at v = 1
        light: Tensor | None = None,  # [16, 32, 3]; None: the source's
    ) -> None:
        check_tensor("color", color, [color.shape[0], color.shape[0], 3])
        super().__init__(
            source.body, replace(source.record, f0=0.0), source.offset, source.texture, source.albedo, source.roughness,
            source.light if light is None else light, source.betas, source.training_poses,
        )  # fmt: skip
        self.register_buffer("color", color)

    def query_texture(self, uv: Tensor, pose: Tensor | PoseBatch) -> Tensor:  # [N, 2] -> [N, 3] sRGB
        """The color, unlit."""
        return linear_to_srgb(self.query_albedo(uv, pose))

    def query_albedo(self, uv: Tensor, pose: Tensor | PoseBatch) -> Tensor:  # [N, 2] -> [N, 3] linear
        """The color, bilinear between texels."""
        grid = torch.stack([2.0 * uv[:, 0] - 1.0, 1.0 - 2.0 * uv[:, 1]], -1)[None, None]
        image = self.color.permute(2, 0, 1)[None]
        sampled = torch.nn.functional.grid_sample(image, grid, align_corners=False, padding_mode="border")
        return sampled[0, :, 0].T

    def query_roughness(self, uv: Tensor, pose: Tensor | PoseBatch) -> Tensor:  # [N, 2] -> [N]
        """1 everywhere: the surface is matte."""
        return torch.ones(len(uv), dtype=uv.dtype)
