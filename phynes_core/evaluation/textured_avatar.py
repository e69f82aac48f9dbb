"""An avatar whose color is a plain picture over the UV square: what rivals of the neural maps look like."""

from dataclasses import replace

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.checks import check_tensor
from phynes_core.conventions import linear_to_srgb
from phynes_core.maps.neural_map import PoseBatch


class TexturedAvatar(Avatar):
    """The mesh of another avatar, matte, with one color texture that no pose changes."""

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
        """The color as it is."""
        return linear_to_srgb(self.query_albedo(uv, pose))

    def query_albedo(self, uv: Tensor, pose: Tensor | PoseBatch) -> Tensor:  # [N, 2] -> [N, 3] linear
        """The color, bilinear between texels."""
        grid = torch.stack([2.0 * uv[:, 0] - 1.0, 1.0 - 2.0 * uv[:, 1]], -1)[None, None]
        image = self.color.permute(2, 0, 1)[None]
        sampled = torch.nn.functional.grid_sample(image, grid, align_corners=False, padding_mode="border")
        return sampled[0, :, 0].T

    def query_roughness(self, uv: Tensor, pose: Tensor | PoseBatch) -> Tensor:  # [N, 2] -> [N]
        """Rough as can be: nothing glitters."""
        return torch.ones(len(uv), dtype=uv.dtype)
