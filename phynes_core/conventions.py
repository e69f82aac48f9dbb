"""The one page of frames, axes, units, color and lat-long mapping. Borders convert; the inside never asks.

World   right-handed, +Y up, metres. The rest body faces +Z and its left is +X.
Camera  OpenCV axes: +X right, +Y down, +Z forward. p_cam = T_cam_world p_world. Intrinsics in pixels, origin at the
        top left corner of the image, pixel centers at (x + 0.5, y + 0.5).
Orbit   degrees. azimuth 0 looks at the face from +Z, azimuth 90 stands at +X, elevation 90 stands above.
Image   [H, W, C], row 0 on top, float32. Light is linear RGB; sRGB only in files and on the screen.
UV      in [0, 1], v up.
Sky     an environment image is lat-long: v = acos(d.y) / pi from the top, u = 0.5 + atan2(d.z, d.x) / (2 pi).
Probes  16 x 32 lat-long cells in world axes: fixed, so visibility never depends on the light.

Worked vectors (tests/test_conventions.py checks them):
  orbit_direction(0, 0) = +Z; orbit_direction(90, 0) = +X; orbit_direction(0, 90) = +Y
  rotation_about_y(90) @ +Z = +X
  latlong_directions(16, 32)[0, :] point almost straight up; the image's center column looks along +X, u = 0.75 along +Z
"""

import math

import torch
from torch import Tensor

PROBE_ROWS = 16
PROBE_COLUMNS = 32
NUM_PROBES = PROBE_ROWS * PROBE_COLUMNS
PROBE_PATCH = 16  # neighboring probes that lie together in a half word of visibility bits; shading skips closed ones
NUM_JOINTS = 24  # SMPL's skeleton, in SMPL's order
POSE_DIM = 72  # what the maps see: 24 axis-angle rotations, the root's zeroed
MIN_ROUGHNESS = 0.05  # below it the highlight is narrower than a float32 GGX lobe can hold
MIN_COSINE = 1e-3  # n.l and n.v are clamped to it inside the specular lobe
SKIN_SHARE = 0.01  # of the way from a point to where its shadow rays start; above it the point's own faces are not met
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear sRGB (Rec. 709)
DEFAULT_F0 = 0.04  # Schlick reflectance at normal incidence of skin and cloth

JOINT_NAMES = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip


def orbit_direction(azimuth_deg: float, elevation_deg: float) -> Tensor:  # [3] unit
    """Direction from the orbited point to the camera or lamp."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    across = math.cos(elevation)
    return torch.tensor([math.sin(azimuth) * across, math.sin(elevation), math.cos(azimuth) * across])


def orbit_angles(direction: Tensor) -> tuple[float, float]:  # direction [3], any length
    """Azimuth and elevation in degrees of a direction: the inverse of `orbit_direction`."""
    x, y, z = (direction / direction.norm()).tolist()
    return math.degrees(math.atan2(x, z)), math.degrees(math.asin(max(-1.0, min(1.0, y))))


def rotation_about_y(angle_deg: float) -> Tensor:  # [3, 3]
    """Right-handed turn about +Y: +Z goes to +X after 90 degrees."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return torch.tensor([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def direction_to_latlong(direction: Tensor) -> Tensor:  # [..., 3] unit -> [..., 2]
    """(u, v) in [0, 1] of a direction in an environment image, v from the top."""
    u = 0.5 + torch.atan2(direction[..., 2], direction[..., 0]) / (2 * math.pi)
    v = torch.acos(direction[..., 1].clamp(-1.0, 1.0)) / math.pi
    return torch.stack([u, v], -1)


def latlong_to_direction(uv: Tensor) -> Tensor:  # [..., 2] -> [..., 3] unit
    """The inverse of `direction_to_latlong`."""
    phi, theta = (uv[..., 0] - 0.5) * (2 * math.pi), uv[..., 1] * math.pi
    ring = torch.sin(theta)
    return torch.stack([ring * torch.cos(phi), torch.cos(theta), ring * torch.sin(phi)], -1)


def latlong_directions(rows: int, columns: int) -> Tensor:  # [rows, columns, 3] unit
    """World direction of each cell's center."""
    v = (torch.arange(rows, dtype=torch.float64) + 0.5) / rows
    u = (torch.arange(columns, dtype=torch.float64) + 0.5) / columns
    grid_v, grid_u = torch.meshgrid(v, u, indexing="ij")
    return latlong_to_direction(torch.stack([grid_u, grid_v], -1)).float()


def latlong_solid_angles(rows: int, columns: int) -> Tensor:  # [rows, columns] steradian
    """Exact solid angle of each cell; they sum to 4 pi."""
    edges = torch.cos(torch.arange(rows + 1, dtype=torch.float64) * (math.pi / rows))
    bands = (edges[:-1] - edges[1:]) * (2 * math.pi / columns)
    return bands[:, None].expand(rows, columns).float().contiguous()


def linear_to_srgb(linear: Tensor) -> Tensor:
    """IEC 61966-2-1 encoding. Negative values stay on the linear piece; differentiable, no clipping."""
    curve = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, curve)


def srgb_to_linear(srgb: Tensor) -> Tensor:
    """IEC 61966-2-1 decoding, the inverse of `linear_to_srgb`."""
    curve = ((srgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(srgb <= 0.04045, srgb / 12.92, curve)
