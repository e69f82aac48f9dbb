"""A frame that a GPU may still be computing: who asks for a part of it waits for that part alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from phynes_core.frame.buffers import FrameBuffers
from phynes_core.kernels.gpu.device import GpuDevice, GpuError, Readback, Snapshot

Answer = TypeVar("Answer")
WINDOW_IMAGES = ("half.over_floor", "half.radiance")
_CHANNELS = {"roughness": 1, "visibility": 1, "depth": 1, "ground": 4}


@dataclass(frozen=True, eq=False)
class Strip:
    """Rows of a frame: images on their way, and texel coordinates, faces and coverage, which stay on the GPU."""

    images: Readback
    texels: Snapshot  # [rows, W, 4] float32: u, v, face + 1, coverage
    rows: int


@dataclass(eq=False)
class GpuPicture:
    """What the passes make of a frame."""

    device: GpuDevice
    strips: list[Strip]
    width: int
    has_uv: bool
    timings: dict[str, float] = field(default_factory=dict)  # of the frame; waiting counts as the GPU's time

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return sum(strip.rows for strip in self.strips), self.width

    def window(self) -> Tensor | None:  # [H, W, 4] float16
        """Radiance over the floor, as windows blend it, and the share of the background that is hidden; waits.

        None where the passes were not asked for it.
        """
        return next((image for name, image in self._images.items() if name in WINDOW_IMAGES), None)

    def buffers(self) -> FrameBuffers:
        """Every image that was asked for; waits."""
        images = {name.partition(".")[2]: image for name, image in self._images.items()}
        parts = {name: image[..., : _CHANNELS.get(name, 3)].contiguous() for name, image in images.items()}
        texels = torch.from_numpy(self.texels)
        if self.has_uv:
            parts["uv"] = texels[..., :2].contiguous()
        return FrameBuffers(mask=texels[..., 3:].contiguous(), face_index=texels[..., 2].int() - 1, **parts)

    @cached_property
    def texels(self) -> np.ndarray:  # [H, W, 4] float32
        """Texel coordinates, face + 1 and coverage; waits, and any thread may ask. Raises GpuError."""
        return np.concatenate([self._image(strip.texels.read(), np.float32, strip.rows) for strip in self.strips])

    @cached_property
    def _images(self) -> dict[str, Tensor]:
        start = time.perf_counter()
        taken = [strip.images.take() for strip in self.strips]
        self.timings["gpu"] = self.timings.get("gpu", 0.0) + (time.perf_counter() - start) * 1e3
        found = {}
        for name in taken[0]:
            kind = np.float16 if name.startswith("half") else np.float32
            rows = [self._image(part[name], kind, strip.rows) for part, strip in zip(taken, self.strips, strict=True)]
            found[name] = torch.from_numpy(rows[0] if len(rows) == 1 else np.concatenate(rows))
        return found

    def _image(self, content: np.ndarray, kind: type, rows: int) -> np.ndarray:
        return content.view(kind).reshape(rows, self.width, 4)


class GpuImage:
    """Faces or texel coordinates that stay on the GPU until somebody asks for them; any thread may."""

    def __init__(self, picture: GpuPicture, of: Callable[[np.ndarray], np.ndarray], channels: tuple[int, ...]) -> None:
        """`of` takes the image from GpuPicture.texels."""
        self._picture, self._of = picture, of
        self.shape = (*picture.shape, *channels)
        self._host: np.ndarray | None = None

    @property
    def host(self) -> np.ndarray:
        """The array, copied to the host once; that of a picture without bodies where the GPU was lost."""
        if self._host is None:
            try:
                self._host = self._of(self._picture.texels)
            except GpuError as error:
                self._picture.device.give_up(error)
                self._host = self._of(np.zeros((*self._picture.shape, 4), np.float32))
        return self._host


class PendingFrame:
    """A frame of a renderer. Where a GPU gives up, the CPU makes it once more."""

    def __init__(
        self,
        made: FrameBuffers | GpuPicture,
        again: Callable[[], FrameBuffers],  # makes it without the GPU that gave up
        timings: dict[str, float],  # milliseconds of each node that ran
        is_refining: bool,  # rendering the same scene again would renew stale visibility
    ) -> None:
        self._picture = made if isinstance(made, GpuPicture) else None
        self._buffers = None if isinstance(made, GpuPicture) else made
        self._again = again
        self.timings, self.is_refining = timings, is_refining

    @property
    def is_pending(self) -> bool:
        """Whether asking for it may wait."""
        return self._picture is not None

    def window(self) -> Tensor | None:  # [H, W, 4] float16
        """As GpuPicture.window; None where a window's image is to be composed of the buffers."""
        return self._asked(GpuPicture.window)

    def buffers(self) -> FrameBuffers:
        """Every image that was asked for."""
        asked = self._asked(GpuPicture.buffers)
        self._buffers = self._buffers or asked
        assert self._buffers is not None  # _asked made it where the GPU did not
        return self._buffers

    def faces(self) -> Tensor | GpuImage:  # [H, W] int32
        """As FrameBuffers.face_index."""
        if self._picture is None:
            return self.buffers().face_index
        return GpuImage(self._picture, lambda texels: texels[..., 2].astype(np.int32) - 1, ())

    def texel_coordinates(self) -> Tensor | GpuImage:  # [H, W, 2]
        """As FrameBuffers.uv."""
        if self._picture is None:
            return self.buffers().image("uv")
        return GpuImage(self._picture, lambda texels: np.ascontiguousarray(texels[..., :2]), (2,))

    def _asked(self, ask: Callable[[GpuPicture], Answer]) -> Answer | None:
        """None where there is no GPU's picture, or no more."""
        if self._picture is None:
            return None
        try:
            return ask(self._picture)
        except GpuError as error:
            self._picture.device.give_up(error)
            self._picture, self._buffers = None, self._again()
            return None
