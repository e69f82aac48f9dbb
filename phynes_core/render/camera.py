"""Pinhole cameras in OpenCV axes, and the orbit that the viewer and the command line speak."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.conventions import orbit_direction

STEEP_DEG = 89.0
DEFAULT_FOV_DEG = 30.0  # vertical; long enough a lens that a face keeps its proportions


@dataclass(frozen=True)
class Camera:
    """A pinhole without distortion."""

    intrinsics: Tensor  # [3, 3] pixels, origin at the image's top left corner, pixel centers at + 0.5
    T_cam_world: Tensor  # [4, 4] p_cam = T_cam_world p_world, metres
    width: int
    height: int

    def __post_init__(self) -> None:
        check_tensor("intrinsics", self.intrinsics, [3, 3])
        check_tensor("T_cam_world", self.T_cam_world, [4, 4])
        if self.width < 1 or self.height < 1:
            raise ValueError(f"camera size: expected at least 1 x 1 pixels, got {self.width} x {self.height}")

    @property
    def center(self) -> Tensor:  # [3] world
        """The point that every ray leaves from."""
        rotation, translation = self.T_cam_world[:3, :3], self.T_cam_world[:3, 3]
        return -rotation.T @ translation

    def to_camera(self, points: Tensor) -> Tensor:  # [..., 3] world -> [..., 3] camera
        """World points in camera axes."""
        T_cam_world = self.T_cam_world.to(points.device)
        return points @ T_cam_world[:3, :3].T + T_cam_world[:3, 3]

    def project(self, points: Tensor) -> Tensor:  # [..., 3] world -> [..., 3] = x_px, y_px, z in metres
        """Image position and camera depth; meaningless for z <= 0, which the caller must clip."""
        image = self.to_camera(points) @ self.intrinsics.T.to(points.device)
        return torch.cat([image[..., :2] / image[..., 2:], image[..., 2:]], -1)

    def pixel_rays(self) -> tuple[Tensor, Tensor]:  # origins [H, W, 3], directions [H, W, 3] unit; world
        """The ray through each pixel's center."""
        rows, columns = (torch.arange(count, device=self.intrinsics.device) for count in (self.height, self.width))
        y, x = torch.meshgrid(rows + 0.5, columns + 0.5, indexing="ij")
        directions = self.ray_directions(torch.stack([x, y], -1))
        return self.center.expand_as(directions), directions

    def ray_directions(self, pixels: Tensor) -> Tensor:  # [..., 2] x_px, y_px -> [..., 3] unit, world
        """Unit direction from the camera's center through image positions."""
        homogeneous = torch.cat([pixels, torch.ones_like(pixels[..., :1])], -1)
        directions = homogeneous @ torch.linalg.inv(self.intrinsics).T @ self.T_cam_world[:3, :3]
        return torch.nn.functional.normalize(directions, dim=-1)

    def resized(self, width: int, height: int) -> "Camera":
        """The same view with another number of pixels."""
        scale = self.intrinsics.new_tensor([[width / self.width], [height / self.height], [1.0]])
        return Camera(self.intrinsics * scale, self.T_cam_world, width, height)

    def cropped(self, left: int, top: int, width: int, height: int) -> "Camera":
        """The rectangle of the picture that starts at pixel (left, top)."""
        intrinsics = self.intrinsics.clone()
        intrinsics[0] -= left * self.intrinsics[2]
        intrinsics[1] -= top * self.intrinsics[2]
        return Camera(intrinsics, self.T_cam_world, width, height)


def look_at(
    origin: Tensor,  # [3] world
    target: Tensor,  # [3] world
    width: int,
    height: int,
    fov_deg: float = DEFAULT_FOV_DEG,  # of the image's height
    up: Tensor | None = None,  # [3] world, roughly what is up in the image; +Y where left out
) -> Camera:
    """A camera at `origin` that has `target` in its middle and +Y upward."""
    forward = torch.nn.functional.normalize(target - origin, dim=0)
    if up is None:
        up = torch.tensor([0.0, 1.0, 0.0])
        if forward[1].abs() > 0.9999:  # straight up or down: any horizontal vector will do as the image's top
            up = torch.tensor([0.0, 0.0, -1.0]) * torch.sign(forward[1]) * -1.0
    right = torch.nn.functional.normalize(torch.linalg.cross(forward, up), dim=0)
    rotation = torch.stack([right, torch.linalg.cross(forward, right), forward])
    T_cam_world = torch.eye(4)
    T_cam_world[:3, :3] = rotation
    T_cam_world[:3, 3] = -rotation @ origin
    focal = 0.5 * height / math.tan(0.5 * math.radians(fov_deg))
    intrinsics = torch.tensor([[focal, 0.0, 0.5 * width], [0.0, focal, 0.5 * height], [0.0, 0.0, 1.0]])
    return Camera(intrinsics, T_cam_world, width, height)


def orbit_camera(
    target: Tensor,  # [3] world
    azimuth_deg: float,
    elevation_deg: float,
    distance_m: float,
    width: int,
    height: int,
    fov_deg: float = DEFAULT_FOV_DEG,  # of the image's height
) -> Camera:
    """A camera on a sphere around `target`: azimuth 0 looks at the face, 90 stands at +X, elevation 90 above."""
    origin = target + distance_m * orbit_direction(azimuth_deg, elevation_deg)
    # from nearly above or below, the azimuth says what is up in the image
    up = orbit_direction(azimuth_deg, elevation_deg + 90.0) if abs(elevation_deg) > STEEP_DEG else None
    return look_at(origin, target, width, height, fov_deg, up)


def framing_distance(body_height_m: float, fov_deg: float = DEFAULT_FOV_DEG, share: float = 0.85) -> float:
    """Orbit distance in metres at which a body this tall fills `share` of the image's height."""
    return 0.5 * body_height_m / (share * math.tan(0.5 * math.radians(fov_deg)))
