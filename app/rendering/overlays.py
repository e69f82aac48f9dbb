"""Overlays: the geometry of wireframe and skeleton for the window's shaders, and their drawing on the CPU for files."""

import numpy as np

from app.model.display_settings import DisplaySettings
from app.model.fields import Rgb
from app.rendering.frames import Frame, ShownBody
from phynes_core.body.model import SMPL_PARENTS
from phynes_core.conventions import JOINT_NAMES

WIRE_INK: Rgb = (0.45, 0.93, 1.0)
WIRE_OPACITY = 0.85
HALO_OPACITY, HALO_PX = 0.45, 0.9  # a dark border, so that edges are visible on white
WIRE_SHARE, THINNEST_WIRE_PX = 1.0 / 900.0, 1.0  # width of an edge, as a share of the picture's height
FADE_WIDTHS, FAINTEST = 5.0, 0.12  # edges of faces less high than so many widths fade, so that these are not filled
MIDDLE_INK: Rgb = (0.96, 0.96, 0.98)
LEFT_INK: Rgb = (0.40, 0.66, 1.0)
RIGHT_INK: Rgb = (1.0, 0.60, 0.34)
JOINT_SHARE, BONE_SHARE, TIP_SHARE = 0.0062, 0.0046, 0.0018  # radii, as shares of the picture's height
LEAST_HEIGHT_PX = 320.0  # smaller pictures have bones as thick as one of this height
RIM_SHARE, RIM_OPACITY = 0.0022, 0.6  # a dark border, so that bones are visible on white
BONE_OPACITY, JOINT_OPACITY = 0.85, 1.0


def projected(
    projection: np.ndarray,  # [3, 4] image (px) from world (m)
    points: np.ndarray,  # [N, 3] world
) -> np.ndarray:  # [N, 3] x_px, y_px, depth in metres
    """Project points into the image; x and y are undefined where the depth is not positive."""
    image = points.astype(np.float32) @ projection[:, :3].T + projection[:, 3]
    depth = image[:, 2:]
    return np.concatenate([image[:, :2] / np.where(depth > 1e-6, depth, 1e-6), depth], 1)


def wire_width_px(height_px: float) -> float:
    """Width in pixels of an edge in a picture of this height."""
    return max(THINNEST_WIRE_PX, height_px * WIRE_SHARE)


def wire_corners(frame: Frame) -> np.ndarray | None:  # [F, 8] float32
    """Each face's corners in image pixels, its smallest height in pixels, and 0; None without a mesh.

    A face that reaches behind the camera has height 0.
    """
    if frame.mesh is None or frame.projection is None:
        return None
    corners = projected(frame.projection, frame.mesh.vertices)[frame.mesh.faces]  # [F, 3, 3]
    a, b, c = corners[:, 0, :2], corners[:, 1, :2], corners[:, 2, :2]
    doubled_area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    longest = np.sqrt(np.maximum(np.maximum(((b - a) ** 2).sum(1), ((c - b) ** 2).sum(1)), ((a - c) ** 2).sum(1)))
    height = doubled_area / np.maximum(longest, 1e-6)
    height[(corners[..., 2] <= 1e-3).any(1)] = 0.0
    rows = np.zeros((len(corners), 8), np.float32)
    rows[:, :6] = corners[..., :2].reshape(-1, 6)
    rows[:, 6] = height
    return rows


def bone_strips(
    frame: Frame,
    scale: float,  # drawn pixels per image pixel
    origin: tuple[float, float],  # of the picture, in drawn pixels
) -> np.ndarray:  # [N, 10] float32: both ends (px), both radii (px), sRGB and opacity
    """Bones and joints of all bodies as strips, the farthest first; a joint is a strip of length 0."""
    if frame.projection is None:
        return np.zeros((0, 10), np.float32)
    height = max(LEAST_HEIGHT_PX, frame.size[1] * scale)
    rows: list[tuple[tuple[float, bool, float], list[float]]] = []  # sorted: far bodies first, joints over bones
    for body in frame.bodies:
        joints_px = _joints_px(frame.projection, body, scale, origin)
        distance = float(joints_px[0][2])
        for joint, parent in enumerate(SMPL_PARENTS):
            x, y, depth = joints_px[joint]
            if depth <= 1e-3:
                continue
            ink, radius = joint_ink(joint), JOINT_SHARE * height
            rows.append(((-distance, True, -depth), [x, y, x, y, radius, radius, *ink, JOINT_OPACITY]))
            if parent >= 0 and joints_px[parent][2] > 1e-3:
                start = joints_px[parent]
                ends = [start[0], start[1], x, y, BONE_SHARE * height, TIP_SHARE * height]
                rows.append(((-distance, False, -depth - start[2]), [*ends, *ink, BONE_OPACITY]))
    rows.sort(key=lambda row: row[0])
    return np.array([row for _, row in rows], np.float32).reshape(-1, 10)


def rim_px(height_px: float) -> float:
    """Width in pixels of the dark border around bones in a picture of this height."""
    return max(1.0, RIM_SHARE * height_px)


def joint_ink(joint: int) -> Rgb:
    """The joint's sRGB color: blue on the body's left, orange on its right."""
    name = JOINT_NAMES[joint]
    return LEFT_INK if name.startswith("left_") else RIGHT_INK if name.startswith("right_") else MIDDLE_INK


def joint_at(frame: Frame, x_px: float, y_px: float, reach_px: float) -> tuple[int, int] | None:
    """(index of the body in the row, joint) nearest to an image position within `reach_px`; None without one."""
    if frame.projection is None:
        return None
    best: tuple[float, int, int] | None = None
    for index, body in enumerate(frame.bodies):
        joints_px = _joints_px(frame.projection, body, 1.0, (0.0, 0.0))
        apart = np.hypot(joints_px[:, 0] - x_px, joints_px[:, 1] - y_px)
        apart[joints_px[:, 2] <= 1e-3] = np.inf
        joint = int(apart.argmin())
        if apart[joint] <= reach_px and (best is None or apart[joint] < best[0]):
            best = float(apart[joint]), index, joint
    return None if best is None else best[1:]


def joint_label(joint: int) -> str:
    """The joint's name for a person: "left hand"."""
    return JOINT_NAMES[joint].replace("_", " ")


def _joints_px(
    projection: np.ndarray, body: ShownBody, scale: float, origin: tuple[float, float]
) -> np.ndarray:  # [24, 3] x, y, depth
    joints_px = projected(projection, body.joints)
    joints_px[:, :2] = joints_px[:, :2] * scale + origin
    return joints_px


ROWS_AT_ONCE = 1 << 18  # pixels drawn at a time, to save memory


def overlaid(pixels: np.ndarray, frame: Frame, display: DisplaySettings) -> np.ndarray:  # [H, W, 3] uint8 sRGB
    """The picture with the overlays that the display settings ask for."""
    if not (display.has_wireframe or display.has_joints):
        return pixels
    shown = pixels.astype(np.float32) / 255.0
    if display.has_wireframe:
        _draw_wires(shown, frame)
    if display.has_joints:
        for strip in bone_strips(frame, 1.0, (0.0, 0.0)):
            _draw_strip(shown, strip, rim_px(shown.shape[0]))
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
        centers = np.stack([column + 0.5, row + 0.5], 1).astype(np.float32)
        wire, halo = wire_opacity(centers, corners[faces[row, column]], width)
        kept = shown[row, column] * (1.0 - wire - halo)[:, None]
        shown[row, column] = kept + np.array(WIRE_INK, np.float32) * wire[:, None]


def wire_opacity(
    points: np.ndarray,  # [P, 2] px
    corners: np.ndarray,  # [P, 8] of the face that each shows, as wire_corners gives them
    width: float,  # px
) -> tuple[np.ndarray, np.ndarray]:  # [P] both
    """Opacity of the nearest edge of each pixel's own face, and of its halo; hidden faces have no pixels."""
    a, b, c = corners[:, 0:2], corners[:, 2:4], corners[:, 4:6]
    apart = np.minimum(np.minimum(_to_segment(points, a, b), _to_segment(points, b, c)), _to_segment(points, c, a))
    strength = np.clip(corners[:, 6] / (FADE_WIDTHS * width), FAINTEST, 1.0) * (corners[:, 6] > 0)
    wire = WIRE_OPACITY * strength * np.clip(0.5 * width + 0.5 - apart, 0.0, 1.0)
    return wire, HALO_OPACITY * strength * np.clip(0.5 * width + HALO_PX + 0.5 - apart, 0.0, 1.0) * (1.0 - wire)


def _to_segment(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:  # [P, 2] each -> [P]
    along, offset = end - start, points - start
    share = np.clip((offset * along).sum(1) / np.maximum((along * along).sum(1), 1e-12), 0.0, 1.0)
    return np.linalg.norm(offset - along * share[:, None], axis=1)


def _draw_strip(shown: np.ndarray, strip: np.ndarray, rim: float) -> None:  # [H, W, 3], changed in place; [10]
    ends, radii, ink, opacity = strip[:4].reshape(2, 2), strip[4:6], strip[6:9], strip[9]
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
