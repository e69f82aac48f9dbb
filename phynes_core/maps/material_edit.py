"""Material edits applied to the maps' values: a scale and a tint for the whole avatar, and paint on its UV square.

Paint is an affine change of a texel's albedo and roughness: covering with a color, multiplying by one, or scaling. A
sequence of affine changes is again one, so that any number of strokes is one image to look up.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.conventions import MIN_ROUGHNESS

CHANNELS = 8  # of paint: gain of red, green, blue, roughness, then the term added to each
ROWS_PER_STEP = 1 << 16  # pixels whose four texels are in memory at a time


@dataclass(frozen=True, eq=False)
class MaterialEdit:
    """(uv, albedo, roughness) -> (albedo, roughness)."""

    gain: Tensor  # [4] of red, green, blue and roughness, everywhere, before the paint
    paint: Tensor | None = None  # [R, R, CHANNELS] float16, row 0 is v = 1; None: no paint
    specular_scale: float = 1.0  # of the avatar's f0

    def __post_init__(self) -> None:
        check_tensor("gain", self.gain, [4])
        if self.paint is None:
            return
        check_tensor("paint", self.paint, [self.paint.shape[0], self.paint.shape[0], CHANNELS])
        if len(self.paint) < 2:
            raise ValueError("paint: expected at least 2 x 2 texels, which bilinear look-ups need, got 1 x 1")

    @staticmethod
    def uniform(
        albedo_scale: float = 1.0,
        tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
        roughness_scale: float = 1.0,
        specular_scale: float = 1.0,
        paint: Tensor | None = None,
    ) -> "MaterialEdit":
        """The same change everywhere, then paint."""
        gain = torch.tensor([*(albedo_scale * channel for channel in tint), roughness_scale])
        return MaterialEdit(gain, paint, specular_scale)

    def to(self, device: torch.device) -> "MaterialEdit":
        """The same edit on a device."""
        return replace(self, gain=self.gain.to(device), paint=None if self.paint is None else self.paint.to(device))

    def f0(self, own: float) -> float:
        """Reflectance at normal incidence, from the avatar's own."""
        return min(1.0, own * self.specular_scale)


def blank_paint(texels: int) -> Tensor:  # [texels, texels, CHANNELS] float16
    """Paint that changes nothing."""
    paint = torch.zeros(texels, texels, CHANNELS, dtype=torch.float16)
    paint[..., :4] = 1.0
    return paint


def edited(
    edit: MaterialEdit,
    uv: Tensor,  # [P, 2]
    albedo: Tensor,  # [P, 3] linear, of the map
    roughness: Tensor,  # [P]
) -> tuple[Tensor, Tensor]:  # [P, 3] in [0, 1], [P] in [MIN_ROUGHNESS, 1]
    """Gain first, then the paint, read bilinearly. No shape depends on a value, so CUDA graphs can record it."""
    check_tensor("uv", uv, ["P", 2])
    check_tensor("albedo", albedo, [uv.shape[0], 3])
    check_tensor("roughness", roughness, [uv.shape[0]])
    values = _limited(torch.cat([albedo, roughness[:, None]], -1) * edit.gain)
    if edit.paint is not None:
        paint = torch.cat([look_up(edit.paint, part) for part in uv.split(ROWS_PER_STEP)])
        values = _limited(values * paint[:, :4] + paint[:, 4:])
    return values[:, :3], values[:, 3]


def look_up(image: Tensor, uv: Tensor) -> Tensor:  # [R, R, C], [P, 2] -> [P, C] float32
    """Bilinear between texel centers; row 0 is v = 1, the outermost texels extend beyond the square."""
    side = image.shape[0]
    x = (uv[:, 0] * side - 0.5).clamp(0.0, side - 1.0)
    y = ((1.0 - uv[:, 1]) * side - 0.5).clamp(0.0, side - 1.0)
    left, top = x.long().clamp(max=side - 2), y.long().clamp(max=side - 2)
    across, down = (x - left)[:, None], (y - top)[:, None]
    flat, corner = image.view(side * side, -1), top * side + left
    upper = torch.lerp(flat[corner].float(), flat[corner + 1].float(), across)
    lower = torch.lerp(flat[corner + side].float(), flat[corner + side + 1].float(), across)
    return torch.lerp(upper, lower, down)


def _limited(values: Tensor) -> Tensor:  # [P, 4]
    return torch.cat([values[:, :3].clamp(0.0, 1.0), values[:, 3:].clamp(MIN_ROUGHNESS, 1.0)], -1)


@dataclass(frozen=True)
class PaintChange:
    """The change of full paint at a texel: value * gain + add, for red, green, blue and roughness."""

    gain: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    add: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    erases: bool = False  # removes paint instead

    @staticmethod
    def over(color: tuple[float, float, float] | None = None, roughness: float | None = None) -> "PaintChange":
        """Cover with a color, a roughness or both."""
        gain, add = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
        if color is not None:
            gain, add = (0.0, 0.0, 0.0), color
        rough = (1.0, 0.0) if roughness is None else (0.0, roughness)
        return PaintChange((*gain, rough[0]), (*add, rough[1]))

    @staticmethod
    def tint(color: tuple[float, float, float]) -> "PaintChange":
        """Multiply the albedo."""
        return PaintChange((*color, 1.0))


def painted(
    paint: Tensor,  # [R, R, CHANNELS]; written into
    index: Tensor,  # [T] int64 texels, each once
    weight: Tensor,  # [T] in [0, 1]: share of the change
    change: PaintChange,
) -> None:
    """Apply the change on top of the present paint, blended by the weight."""
    flat, share = paint.view(-1, CHANNELS), weight[:, None]
    before = flat[index].float()
    gain, add = before[:, :4], before[:, 4:]
    if change.erases:
        after = torch.cat([torch.lerp(gain, torch.ones_like(gain), share), add * (1.0 - share)], -1)
    else:
        factor = torch.lerp(torch.ones_like(gain), gain.new_tensor(change.gain).expand_as(gain), share)
        after = torch.cat([gain * factor, add * factor + gain.new_tensor(change.add) * share], -1)
    flat[index] = after.to(paint.dtype)
