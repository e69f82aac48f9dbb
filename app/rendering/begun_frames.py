"""A frame that the engine has begun, and what is left to do once its device has made it."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from app.model.lights import Surroundings
from app.model.view_state import ViewState
from app.rendering.frames import LIGHT, Frame, HeldImage, MaterialSquare, UnfinishedFrame
from app.rendering.picture import (
    ENGINE_NAME,
    depth_range,
    display_image,
    half_image,
    held_image,
    wait_until_finished,
)
from app.rendering.render_slot import BegunTile
from phynes_core.frame.options import LIGHT_BUFFERS
from phynes_core.kernels.gpu.device import GpuDevice

PLAIN_BACKDROPS = ("color", "none")  # which displays add


@dataclass(frozen=True, eq=False)
class BegunFrame:
    """Implements frames.py's UnfinishedFrame."""

    state: ViewState
    begun: BegunTile
    is_final: bool
    depth_m: tuple[float, float] | None  # depth range of the whole picture, of which this is a tile
    square: MaterialSquare | None
    device: torch.device | GpuDevice
    start_s: float  # time.perf_counter's

    @property
    def is_pending(self) -> bool:
        """Whether `finished` may wait for a device."""
        return self.begun.frame.is_pending

    def finished(self) -> Frame:
        """The frame with its image on the host or, of CUDA, in memory that is not written any more."""
        state, built, frame, name = self.state, self.begun.built, self.begun.frame, self.state.display.buffer
        image, kind, depth_m = self._image()
        held = held_image(image)
        faces, texel_coordinates = _held(frame.faces()), _held(frame.texel_coordinates())
        wait_until_finished(image.device)  # here, so that the windows' thread need not wait
        render_ms = (time.perf_counter() - self.start_s) * 1e3
        camera, avatar = built.scene.camera, built.avatar
        # buffers that do not depend on shadows need no refining
        has_environment = built.scene.lighting.environment is not None
        is_refining = frame.is_refining and ENGINE_NAME.get(name, name) in LIGHT_BUFFERS and has_environment
        x, y, z = built.target.tolist()
        return Frame(
            image=held,
            kind=kind,
            state=state,
            target=(x, y, z),
            probe_radiance=built.light.probe_radiance.numpy(),
            render_ms=render_ms,
            node_ms=dict(frame.timings),
            is_converged=not is_refining,
            is_final=self.is_final,
            has_detail=avatar.record.has_detail if state.body.detail == "auto" else state.body.detail == "on",
            materials_follow_pose=avatar.materials_follow_pose,
            bodies=built.row.shown,
            faces=faces,
            depth_m=depth_m,
            projection=(camera.intrinsics @ camera.T_cam_world[:3]).float().numpy(),
            mesh=self.begun.shown_mesh() if state.has_mesh else None,
            texel_coordinates=texel_coordinates,
            square=self.square,
            notice=self.device.failure if isinstance(self.device, GpuDevice) else "",
        )

    def _image(self) -> tuple[Tensor, str, tuple[float, float] | None]:  # [H, W, 4] float16, kind, depth range
        surroundings = self.state.surroundings
        window = self.begun.frame.window()
        if window is not None:
            if surroundings.backdrop not in PLAIN_BACKDROPS or surroundings.has_balls:  # composed on the host
                window = half_image(self.begun.over_backdrop(window.float()))
            return window, LIGHT, None
        rendered, name = self.begun.rendered(), self.state.display.buffer
        has_surroundings = name == "radiance" and surroundings.rendered != Surroundings()
        if has_surroundings:  # these are composed on the host
            rendered = rendered.cpu()
        image, kind = display_image(rendered.buffers, name, self.depth_m)
        if has_surroundings:
            image = half_image(rendered.over_surroundings(image.float(), is_screen=True))
        return image, kind, self.depth_m or depth_range(rendered.buffers)


@dataclass(frozen=True, eq=False)
class FinishedFrame:
    """A frame that nobody waits for; implements frames.py's UnfinishedFrame."""

    frame: Frame
    is_pending: bool = False

    def finished(self) -> Frame:
        """The frame."""
        return self.frame


@dataclass(frozen=True, eq=False)
class BegunPair:
    """A frame and the one right of the comparison slider; implements frames.py's UnfinishedFrame."""

    first: UnfinishedFrame
    other: UnfinishedFrame

    @property
    def is_pending(self) -> bool:
        """Whether `finished` may wait for a device."""
        return self.first.is_pending or self.other.is_pending

    def finished(self) -> Frame:
        """The second becomes the first one's `other`."""
        return paired(self.first.finished(), self.other.finished())


def paired(first: Frame, other: Frame) -> Frame:
    """One frame of two: the second becomes the first one's `other`."""
    return replace(
        first, other=other, render_ms=first.render_ms + other.render_ms,
        is_converged=first.is_converged and other.is_converged,
    )  # fmt: skip


def _held(image: Tensor | HeldImage) -> np.ndarray | HeldImage:
    return held_image(image) if isinstance(image, Tensor) else image
