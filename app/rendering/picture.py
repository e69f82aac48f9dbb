"""From the engine's buffers to display images, and from these to bytes as the window shows them."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from app.model.comparison import side_by_side
from app.model.display_settings import BUFFERS, DisplaySettings
from app.rendering.false_color import (
    FARTHEST,
    NEAREST,
    NONE,
    legend_corner,
    legend_picture,
    legends_of,
    mode_of,
    number_share,
)
from app.rendering.frames import LARGEST_HALF, LIGHT, PLAIN, REFLECTANCE, Frame
from app.rendering.overlays import overlaid
from phynes_core.conventions import linear_to_srgb
from phynes_core.frame.buffers import FrameBuffers
from phynes_core.render.tonemap import colored, tonemap

ROWS_AT_ONCE = 512  # rows converted at a time: a picture of 4096 x 4096 would need gigabytes of floats
KIND_OF_BUFFER = {"radiance": LIGHT, "shading": LIGHT, "albedo": REFLECTANCE}  # the rest is PLAIN
ENGINE_NAME = {"light_visibility": "visibility"}  # the engine's, of a scene lit by that light alone


def display_image(
    buffers: FrameBuffers,
    name: str,
    depth_m: tuple[float, float] | None = None,  # nearest and farthest; None: those of the buffers
) -> tuple[Tensor, str]:
    """The buffer as [H, W, 4] float16 (values premultiplied by coverage; coverage) on its own device, and its kind."""
    if name not in BUFFERS:
        raise ValueError(f"buffer: expected one of {', '.join(BUFFERS)}, got '{name}'")
    image, mask = buffers.image(ENGINE_NAME.get(name, name)), buffers.mask
    if name == "normal":
        values = image * 0.5 + 0.5
    elif name == "uv":
        values = torch.cat([image, torch.zeros_like(mask)], -1)
    elif name == "depth":
        values = _depth_gray(image, depth_m or depth_range(buffers))
    else:
        values = image
    values = values.expand(-1, -1, 3)
    if name != "radiance":  # the engine's radiance is premultiplied already
        values = values * mask
    return half_image(torch.cat([values, mask], -1)), KIND_OF_BUFFER.get(name, PLAIN)


def half_image(picture: Tensor) -> Tensor:  # [H, W, 4] -> float16
    """The image in half precision, clamped to its largest number."""
    return picture.clamp(max=LARGEST_HALF).to(torch.float16)


def depth_range(buffers: FrameBuffers) -> tuple[float, float] | None:  # metres
    """Depth of the nearest and the farthest covered pixel; None for an empty picture."""
    if buffers.depth is None:
        return None
    covered = buffers.depth[buffers.mask > 0]
    return (float(covered.min()), float(covered.max())) if covered.numel() else None


def display_bytes(frame: Frame, display: DisplaySettings) -> np.ndarray:  # [H, W, 3] uint8 sRGB
    """The frame over its background, with comparison, overlays and legends, as app/window/frame_display.py shows it."""
    pixels = _over_background(frame, display)
    if frame.other is not None:
        pixels = side_by_side(pixels, _over_background(frame.other, display), display.slider)
    for corner, legend in enumerate(legends_of(frame, display)):
        if legend is None:
            continue
        drawn = legend_picture(legend, pixels.shape[0])
        left, top = legend_corner(pixels.shape[1], pixels.shape[0], drawn.shape[1], is_left=corner == 0)
        region = pixels[top : top + drawn.shape[0], left : left + drawn.shape[1]]
        region[:] = over(region, drawn[: region.shape[0], : region.shape[1]])
    return pixels


def display_rgba(frame: Frame, display: DisplaySettings) -> np.ndarray:  # [H, W, 4] uint8 sRGB, straight alpha
    """The same without its background: alpha is 1 minus the difference between a white and a black background."""
    black = display_bytes(frame, replace(display, background=(0.0, 0.0, 0.0)))
    white = display_bytes(frame, replace(display, background=(1.0, 1.0, 1.0)))
    pixels = np.empty((*black.shape[:2], 4), np.uint8)
    for top in range(0, len(black), ROWS_AT_ONCE):
        rows = slice(top, top + ROWS_AT_ONCE)
        alpha = 255 - np.clip(white[rows].astype(np.int16) - black[rows], 0, 255).min(-1)
        color = black[rows] * (255.0 / np.maximum(alpha, 1))[..., None]
        pixels[rows, :, :3], pixels[rows, :, 3] = np.clip(color + 0.5, 0, 255).astype(np.uint8), alpha
    return pixels


def over(below: np.ndarray, above: np.ndarray) -> np.ndarray:  # [H, W, 3], [H, W, 4] premultiplied; uint8 sRGB
    """Blend in sRGB, as the window does."""
    open_share = 1.0 - above[..., 3:].astype(np.float32) / 255.0
    return (above[..., :3] + below * open_share).round().astype(np.uint8)


def _over_background(frame: Frame, display: DisplaySettings) -> np.ndarray:  # [H, W, 3] uint8 sRGB
    image = frame.pixels
    blended = np.empty((*image.shape[:2], 3), np.uint8)
    for top in range(0, len(image), ROWS_AT_ONCE):
        rows = slice(top, top + ROWS_AT_ONCE)
        shown, coverage = _shown(image[rows], frame, display)
        part = torch.tensor(display.background) * (1.0 - coverage) + shown * coverage
        blended[rows] = (part * 255.0).round().to(torch.uint8).numpy()
    return overlaid(blended, frame, display)


def _shown(
    rows: np.ndarray, frame: Frame, display: DisplaySettings
) -> tuple[Tensor, Tensor]:  # [h, W, 3] sRGB, coverage
    pixels = torch.from_numpy(rows).float()
    coverage = pixels[..., 3:]
    values = pixels[..., :3] / coverage.clamp(min=1e-4)
    mode = mode_of(frame, display)
    if mode != NONE:
        return colored(number_share(values, mode, display.exposure_ev)), coverage
    if frame.kind == LIGHT:
        return tonemap(values, display.exposure_ev, display.curve), coverage
    if frame.kind == REFLECTANCE:
        return linear_to_srgb(values.clamp(0.0, 1.0)), coverage
    return values.clamp(0.0, 1.0), coverage


def _depth_gray(depth: Tensor, depth_m: tuple[float, float] | None) -> Tensor:  # [H, W, 1] m -> gray, near is white
    if depth_m is None:
        return torch.zeros_like(depth)
    near, far = depth_m
    share = ((depth - near) / max(far - near, 1e-6)).clamp(0.0, 1.0)
    return NEAREST + (FARTHEST - NEAREST) * share


BRIGHTEST_SRGB, MIDDLE_SRGB = 0.87, 0.5  # that the brightest part and the middle of a body may reach
BRIGHTEST_SHARE = 0.97  # of a body's pixels are darker than its brightest part
EXPOSURES_EV = (-6.0, 6.0)
EXPOSURE_STEP_EV = 0.05


def fitting_exposure(frame: Frame, curve: str) -> float | None:
    """The exposure (EV) at which the bodies' middle is bright enough and their highlights do not clip.

    None where the frame shows no light or no body.
    """
    if frame.kind != LIGHT or frame.state.display.buffer != "radiance" or frame.face_index is None:
        return None
    pixels = frame.pixels[(frame.face_index >= 0) & (frame.pixels[..., 3] > 0.99)].astype(np.float32)
    if not len(pixels):
        return None
    brightest = float(np.quantile(pixels[:, :3].max(-1), BRIGHTEST_SHARE))
    middle = float(np.median(pixels[:, :3].mean(-1)))
    if brightest <= 0.0 or middle <= 0.0:
        return None
    wanted_ev = min(_exposure_for(brightest, BRIGHTEST_SRGB, curve), _exposure_for(middle, MIDDLE_SRGB, curve))
    return round(round(wanted_ev / EXPOSURE_STEP_EV) * EXPOSURE_STEP_EV, 2)


def _exposure_for(light: float, srgb: float, curve: str) -> float:
    """The exposure at which a gray light becomes this gray on the screen."""
    exposures = torch.linspace(*EXPOSURES_EV, 1 + round((EXPOSURES_EV[1] - EXPOSURES_EV[0]) / EXPOSURE_STEP_EV))
    shown = tonemap(light * 2.0 ** exposures[:, None].expand(-1, 3), 0.0, curve)[:, 1].contiguous()
    index = int(torch.searchsorted(shown, srgb))
    return float(exposures[min(index, len(exposures) - 1)])


class DeviceImage:
    """A finished image on the GPU, whose memory is not written any more; implements frames.py's HeldImage."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor.contiguous()
        self._host: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width, and channels if there are several."""
        return tuple(self.tensor.shape)

    @property
    def host(self) -> np.ndarray:
        """The array on the host, copied once on a stream of its own, so that it does not wait for the next frame."""
        if self._host is None:
            with torch.cuda.stream(torch.cuda.Stream(self.tensor.device) if self.tensor.is_cuda else None):
                self._host = self.tensor.cpu().numpy()  # waits for this stream alone
        return self._host


def held_image(image: Tensor) -> np.ndarray | DeviceImage:
    """A tensor for a Frame: an array where it is on the CPU, else a DeviceImage."""
    return image.numpy() if image.device.type == "cpu" else DeviceImage(image)


def wait_until_finished(device: torch.device) -> None:
    """Wait for the work that this thread has queued on the device, and for no other thread's."""
    if device.type == "cuda":
        finished = torch.cuda.Event(blocking=True)  # sleeps while waiting, so that the windows have the core
        finished.record(torch.cuda.current_stream(device))
        finished.synchronize()
