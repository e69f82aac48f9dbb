"""What camera, lens, compression and masking do to a picture, in this order: blur, gains, JPEG, masking.

Blur is a Gaussian over the premultiplied linear color and the coverage. Gains and offsets are applied in linear light,
where a sensor works: exposure, gain and white balance multiply what it counted, and an error of the black level adds to
it. A color noise of C % gives every camera and channel a gain of 1 + N(0, C %) and an offset of N(0, C % / 50) of full
scale (0.1 % for 5 %, three steps of 255 in the blacks). JPEG encodes and decodes the 8-bit picture with 4:2:0 chroma.

Masking is what a user's program does: photograph times mask, in linear light. Where the mask bulges over the person's
edge, background shows. Captures have a black one, which would be easier than reality, so a smooth random color stands
there: one for each camera, the same in all frames as behind a camera on a tripod. In sRGB it is a gray of 0.45 +- 0.12,
its channels differ by +- 0.05, and both vary by half as much over a quarter of the picture: walls and floors of a room.
Without mask noise nothing bulges and the background stays black.
"""

import math
from dataclasses import dataclass

import imageio.v3 as imageio
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.data.capture import ColorGain
from phynes_core.synthetic.imperfections.masks import Blob, smooth_field, without_blob, wobbled
from phynes_core.synthetic.imperfections.settings import Imperfections

OFFSET_SHARE = 0.02  # of the gain's standard deviation: that of the offset, of full scale
_LEAST_GAIN = 0.1
_GRAY, _GRAY_DEVIATION, _TINT_DEVIATION = 0.45, 0.12, 0.05  # of backgrounds, sRGB


@dataclass(frozen=True)
class CameraFaults:
    """What is wrong with one camera in all of its pictures."""

    color: ColorGain
    background: Tensor | None  # [H, W, 3] linear, where the mask bulges over the edge; None: black


def color_gain(color_percent: float, generator: np.random.Generator) -> ColorGain:
    """Gain and offset of a camera's three channels."""
    deviation = color_percent / 100.0
    gain = (1.0 + deviation * generator.standard_normal(3)).clip(min=_LEAST_GAIN)
    offset = OFFSET_SHARE * deviation * generator.standard_normal(3)
    return ColorGain(torch.from_numpy(gain).float(), torch.from_numpy(offset).float())


def random_background(height: int, width: int, generator: np.random.Generator) -> Tensor:  # [H, W, 3] linear
    """A smooth color that varies slowly over the picture."""
    strength = torch.tensor([_GRAY_DEVIATION, *[_TINT_DEVIATION] * 3])  # of the gray and of the three channels
    base = torch.from_numpy(generator.standard_normal(4)).float()
    field = smooth_field(height, width, 4, width / 4.0, generator).permute(1, 2, 0)
    gray_and_tints = strength * (base + 0.5 * field)
    return srgb_to_linear((_GRAY + gray_and_tints[..., :1] + gray_and_tints[..., 1:]).clamp(0.05, 0.95))


def degraded_view(
    view: np.ndarray,  # [H, W, 4] uint8: sRGB of the premultiplied color, coverage
    settings: Imperfections,
    faults: CameraFaults,
    lacks_blob: bool,
    is_premultiplied: bool,  # whether the written picture is to be multiplied by its mask; else it is a photograph
    generator: np.random.Generator,  # of the mask's noise
) -> tuple[np.ndarray, np.ndarray, Blob | None]:  # [H, W, 3] uint8 sRGB, [H, W] uint8, the missing piece
    """Picture and mask as a rig and a segmentation would give them."""
    pixels = torch.from_numpy(view).float() / 255.0
    color, coverage = srgb_to_linear(pixels[..., :3]), pixels[..., 3]
    if settings.blur_px:
        both = blurred(torch.cat([color, coverage[..., None]], -1), settings.blur_px)
        color, coverage = both[..., :3], both[..., 3].clamp(0.0, 1.0)
    color = faults.color.gain * color + faults.color.offset * coverage[..., None]
    mask, blob = coverage, None
    if settings.mask_px:
        mask = wobbled(coverage, settings.mask_px, generator)
        if lacks_blob:
            mask, blob = without_blob(mask, settings.mask_px, generator)
    mask_bytes = (mask * 255.0).round().to(torch.uint8)
    if faults.background is not None:
        color = color + (1.0 - coverage[..., None]) * faults.background
    photograph = _srgb_bytes(color)
    if settings.jpeg:
        photograph = through_jpeg(photograph, round(settings.jpeg))
    if is_premultiplied and faults.background is not None:
        linear = srgb_to_linear(torch.from_numpy(photograph).float() / 255.0)
        photograph = _srgb_bytes(linear * (mask_bytes.float() / 255.0)[..., None])
    elif is_premultiplied:
        photograph = photograph * (mask_bytes > 0).numpy()[..., None]
    return photograph, mask_bytes.numpy(), blob


def blurred(image: Tensor, sigma_px: float) -> Tensor:  # [H, W, C] -> [H, W, C]
    """Gaussian blur; outside the picture is 0."""
    reach = math.ceil(4.0 * sigma_px)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma_px) ** 2)
    weights = weights / weights.sum()
    height, width = image.shape[:2]
    padded = pad(image, (0, 0, 0, 0, reach, reach))  # sums of shifted rows are several times faster than conv2d here
    image = torch.zeros_like(image)
    for shift, weight in enumerate(weights):
        image += weight * padded[shift : shift + height]
    padded, image = pad(image, (0, 0, reach, reach)), torch.zeros_like(image)
    for shift, weight in enumerate(weights):
        image += weight * padded[:, shift : shift + width]
    return image


def through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:  # [H, W, 3] uint8 -> [H, W, 3] uint8
    """Encode as JPEG with 4:2:0 chroma, and decode."""
    encoded = imageio.imwrite("<bytes>", image, extension=".jpg", plugin="pillow", quality=quality, subsampling=2)
    assert isinstance(encoded, bytes)  # imageio's answer to "<bytes>"
    return imageio.imread(encoded, extension=".jpg", plugin="pillow")


def _srgb_bytes(linear: Tensor) -> np.ndarray:  # [H, W, 3] -> uint8
    return (linear_to_srgb(linear.clamp(0.0, 1.0)) * 255.0).round().to(torch.uint8).numpy()
