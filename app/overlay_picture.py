"""Edges and bones drawn over a picture on the CPU, for files: the twin of shaders/wire and bone."""

import numpy as np

from app.frames import Frame
from app.overlay_lines import (
    FADE_WIDTHS,
    FAINTEST,
    HALO_OPACITY,
    HALO_PX,
    RIM_OPACITY,
    WIRE_INK,
    WIRE_OPACITY,
    bone_bands,
    rim_px,
    wire_corners,
    wire_width_px,
)
from app.state import LookState

ROWS_AT_ONCE = 1 << 18  # pixels; more at a time would only cost memory


def overlaid(pixels: np.ndarray, frame: Frame, look: LookState) -> np.ndarray:  # [H, W, 3] uint8 sRGB
    """The picture with what the look asks for over it."""
    if not (look.has_wireframe or look.has_joints):
        return pixels
    shown = pixels.astype(np.float32) / 255.0
    if look.has_wireframe:
        _draw_wires(shown, frame)
    if look.has_joints:
        for band in bone_bands(frame, 1.0, (0.0, 0.0)):
            _draw_band(shown, band, rim_px(shown.shape[0]))
    return (shown * 255.0).round().astype(np.uint8)


def _draw_wires(shown: np.ndarray, frame: Frame) -> None:  # [H, W, 3], changed in place
    corners, faces = wire_corners(frame), frame.face_index
    if corners is None or faces is None:
        return
    rows, columns = np.nonzero(faces >= 0)
    width = wire_width_px(shown.shape[0])
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        row, column = rows[part], columns[part]
        places = np.stack([column + 0.5, row + 0.5], 1).astype(np.float32)
        wire, halo = wire_opacity(places, corners[faces[row, column]], width)
        kept = shown[row, column] * (1.0 - wire - halo)[:, None]
        shown[row, column] = kept + np.array(WIRE_INK, np.float32) * wire[:, None]


def wire_opacity(
    places: np.ndarray,  # [P, 2] px
    corners: np.ndarray,  # [P, 8] of the face that each shows, as wire_corners gives them
    width: float,  # px
) -> tuple[np.ndarray, np.ndarray]:  # [P] both
    """How much of each pixel the nearest edge of its own face covers, and its halo: what is hidden has no pixels."""
    a, b, c = corners[:, 0:2], corners[:, 2:4], corners[:, 4:6]
    apart = np.minimum(np.minimum(_to_segment(places, a, b), _to_segment(places, b, c)), _to_segment(places, c, a))
    strength = np.clip(corners[:, 6] / (FADE_WIDTHS * width), FAINTEST, 1.0) * (corners[:, 6] > 0)
    wire = WIRE_OPACITY * strength * np.clip(0.5 * width + 0.5 - apart, 0.0, 1.0)
    return wire, HALO_OPACITY * strength * np.clip(0.5 * width + HALO_PX + 0.5 - apart, 0.0, 1.0) * (1.0 - wire)


def _to_segment(places: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:  # [P, 2] each -> [P]
    along, offset = end - start, places - start
    share = np.clip((offset * along).sum(1) / np.maximum((along * along).sum(1), 1e-12), 0.0, 1.0)
    return np.linalg.norm(offset - along * share[:, None], axis=1)


def _draw_band(shown: np.ndarray, band: np.ndarray, rim: float) -> None:  # [H, W, 3], changed in place; [10]
    ends, radii, ink, opacity = band[:4].reshape(2, 2), band[4:6], band[6:9], band[9]
    reach = radii.max() + rim + 1.0
    low = np.maximum(np.floor(ends.min(0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(ends.max(0) + reach), shown.shape[1::-1]).astype(int)
    if (high <= low).any():
        return
    x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
    along = ends[1] - ends[0]
    share = ((x - ends[0, 0]) * along[0] + (y - ends[0, 1]) * along[1]) / max(float(along @ along), 1e-12)
    share = np.clip(share, 0.0, 1.0)
    apart = np.hypot(x - ends[0, 0] - along[0] * share, y - ends[0, 1] - along[1] * share)
    apart = apart - (radii[0] + (radii[1] - radii[0]) * share)
    fill = np.clip(0.5 - apart, 0.0, 1.0) * opacity
    dark = np.clip(0.5 + rim - apart, 0.0, 1.0) * RIM_OPACITY * (1.0 - fill)
    region = shown[low[1] : high[1], low[0] : high[0]]
    region[:] = region * (1.0 - fill - dark)[..., None] + ink * fill[..., None]
