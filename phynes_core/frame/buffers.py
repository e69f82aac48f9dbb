"""The images that a frame consists of, and how samples become pixels."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from phynes_core.render.gbuffer import GBuffer
from phynes_core.render.shade import Shading, Surface

SHADING_ALBEDO = 0.8  # reflectance of the white body in the "shading" image (FORMATS: RelightableAvatar's choice)
BUFFERS = (
    "radiance", "albedo", "roughness", "normal", "visibility", "shading", "depth", "position", "uv", "mask",
)  # fmt: skip


@dataclass(frozen=True)
class FrameBuffers:
    """Images [H, W, C], row 0 on top; those that RenderOptions does not name are None. Background pixels hold 0.

    Where the mask is fractional, radiance is premultiplied by it and everything else is the surface's own value.
    """

    mask: Tensor  # [H, W, 1] share of the pixel that is covered; 0 or 1 without antialiasing and supersampling
    face_index: Tensor  # [H, W] int32, -1 = background; of the top left sample when supersampled
    radiance: Tensor | None = None  # [H, W, 3] linear RGB
    albedo: Tensor | None = None  # [H, W, 3] linear
    roughness: Tensor | None = None  # [H, W, 1]
    normal: Tensor | None = None  # [H, W, 3] unit, world
    visibility: Tensor | None = None  # [H, W, 1] irradiance with shadows over without, 0 where nothing could arrive
    shading: Tensor | None = None  # [H, W, 3] 0.8 / pi x irradiance: a white body under this light
    depth: Tensor | None = None  # [H, W, 1] camera z, metres
    position: Tensor | None = None  # [H, W, 3] world, metres
    uv: Tensor | None = None  # [H, W, 2]
    ground: Tensor | None = None  # [H, W, 4] linear, premultiplied: what the floor shows and hides behind the bodies

    def cpu(self) -> "FrameBuffers":
        """The same images on the host."""
        return self._each(Tensor.cpu)

    def copied(self) -> "FrameBuffers":
        """The same images in memory of their own."""
        return self._each(Tensor.clone)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "FrameBuffers":
        images = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return FrameBuffers(**{name: change(image) for name, image in images.items() if image is not None})

    def image(self, name: str) -> Tensor:
        """The buffer of this name. Raises ValueError when RenderOptions did not name it."""
        image = getattr(self, name) if name in BUFFERS else None
        if image is None:
            raise ValueError(f"buffer: expected one that was asked for in RenderOptions.buffers, got '{name}'")
        return image


def compose(
    gbuffer: GBuffer,
    mask: Tensor,  # [H, W, 1] share of the pixel that is covered
    face_index: Tensor,  # [H, W]
    surface: Surface,
    shading: Shading | None,  # None: no buffer of light is wanted
    wanted: frozenset[str],
) -> FrameBuffers:
    """Put the rows of the gbuffer's pixels into the images that are wanted."""
    values: dict[str, Tensor] = {
        "normal": surface.normal, "albedo": surface.albedo, "roughness": surface.roughness,
        "depth": gbuffer.depth, "position": gbuffer.position, "uv": gbuffer.uv,
    }  # fmt: skip
    if shading is not None:
        share = mask.reshape(-1, 1)[gbuffer.pixel]  # premultiplied before the rows become an image: most of it is empty
        values |= {"radiance": shading.radiance * share, "shading": SHADING_ALBEDO / torch.pi * shading.irradiance}
        if "visibility" in wanted:
            arriving, possible = shading.irradiance.sum(-1), shading.irradiance_open.sum(-1)
            open_share = torch.where(possible > 0, arriving / possible.clamp(min=1e-12), 0.0)
            values["visibility"] = open_share.clamp(0.0, 1.0)
    images = {name: gbuffer.scatter(value) for name, value in values.items() if name in wanted}
    return FrameBuffers(mask=mask, face_index=face_index, **images)


def average_samples(frame: FrameBuffers, factor: int) -> FrameBuffers:
    """Mean of factor x factor samples; surface values are means over the covered share alone.

    Face and texel coordinates are those of the first covered sample: between two sides of a seam the coordinates' mean
    is the coordinate of another point.
    """

    def pooled(image: Tensor) -> Tensor:
        height, width, channels = image.shape
        return image.view(height // factor, factor, width // factor, factor, channels).mean((1, 3))

    coverage = pooled(frame.mask)
    images: dict[str, Tensor] = {}
    for entry in fields(frame):
        image = getattr(frame, entry.name)
        if image is None or entry.name in ("mask", "face_index", "ground", "uv"):
            continue
        is_premultiplied = entry.name == "radiance"
        images[entry.name] = pooled(image) if is_premultiplied else pooled(image * frame.mask) / coverage.clamp(1e-6)
    if frame.uv is not None:
        images["uv"] = _first_covered(frame.uv, frame.mask, factor)
    face_index = _first_covered(frame.face_index[..., None], frame.mask, factor)[..., 0]
    if "normal" in images:
        images["normal"] = torch.nn.functional.normalize(images["normal"], dim=-1)
    return FrameBuffers(mask=coverage, face_index=face_index, **images)


def _first_covered(image: Tensor, mask: Tensor, factor: int) -> Tensor:  # [H, W, C], [H, W, 1]
    """The value of each pixel's first covered sample, row by row."""
    height, width = image.shape[0] // factor, image.shape[1] // factor

    def samples(values: Tensor) -> Tensor:  # [h, w, factor^2, C]
        blocks = values.view(height, factor, width, factor, -1).permute(0, 2, 1, 3, 4)
        return blocks.reshape(height, width, factor * factor, -1)

    first = (samples(mask) > 0).float().argmax(2, keepdim=True)
    return samples(image).gather(2, first.expand(-1, -1, -1, image.shape[-1]))[:, :, 0]
