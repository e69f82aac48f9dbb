"""An invisible floor that shows the shadows and a faint mirror image of the bodies and is clear elsewhere.

Shadows are exact rays from a grid on the floor around the bodies, so they stay while only the camera moves. What is
returned is a layer [H, W, 4] of premultiplied linear light and the share of the background that it hides; under light
that nothing blocks it is empty.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from phynes_core.conventions import LUMINANCE
from phynes_core.render.bright_sources import source_rays
from phynes_core.render.camera import Camera
from phynes_core.render.lamps import lamp_rays, shade_area_lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.shade import Surface
from phynes_core.render.visibility import Occluder, unpack_bits

MOST_REFLECTION = 0.5
SCREEN_GAMMA = 2.2
REFLECTION_DEPTH_M = 0.7  # height at which the mirror image has faded to 1 / e
_ROWS = 4096  # points whose visibility is unpacked at once


@dataclass(frozen=True)
class Ground:
    """A horizontal plane that fades away around a point."""

    height_m: float  # world y
    center: tuple[float, float] = (0.0, 0.0)  # world x, z
    radius_m: float = 2.4
    shadow: float = 1.0  # share of the shadow that is shown
    reflection: float = 0.15  # of light that comes from straight above; more at grazing angles


@dataclass(frozen=True)
class GroundGrids:
    """Resolution of the shadows."""

    sky_cells: int = 72  # a side; a sky's shadows are soft
    lamp_cells: int = 224  # a side
    lamp_samples: int = 16  # rays a cell and lamp


def grid_points(ground: Ground, cells: int) -> Tensor:  # [cells * cells, 3] world
    """Middles of the cells, row by row: z grows with the row, x with the column."""
    steps = ((torch.arange(cells) + 0.5) / cells * 2.0 - 1.0) * ground.radius_m
    z, x = torch.meshgrid(steps + ground.center[1], steps + ground.center[0], indexing="ij")
    return torch.stack([x, torch.full_like(x, ground.height_m), z], -1).view(-1, 3)


def open_share(
    ground: Ground,
    occluder: Occluder,
    lighting: Lighting,  # split: bright sources among `sources`
    grids: GroundGrids,
) -> Tensor:  # [cells, cells, 3] irradiance with shadows over irradiance without
    """What is left of the light on the floor, color by color; 1 where no light comes from above."""
    cells = grids.lamp_cells
    arriving, possible = torch.zeros(cells, cells, 3), torch.zeros(cells, cells, 3)
    if lighting.environment is not None:
        probes = lighting.probes()
        received, whole = _distant(grid_points(ground, grids.sky_cells), occluder, probes.directions, probes.power)
        arriving += spread(received.view(grids.sky_cells, grids.sky_cells, 3), cells)
        possible += whole
    points = grid_points(ground, cells)
    rays = [lamp_rays(lighting.lamps, grids.lamp_samples)] if lighting.lamps else []
    rays += [source_rays(lighting.sources, grids.lamp_samples)] if lighting.sources else []
    for directions, power in rays:
        received, whole = _distant(points, occluder, directions, power)
        arriving += received.view(cells, cells, 3)
        possible += whole
    up = torch.tensor([0.0, 1.0, 0.0]).expand(len(points), 3)
    floor = Surface(up, up, torch.ones(len(points), 3), torch.ones(len(points)), 0.0)
    for lamp in lighting.area_lamps:
        lit = shade_area_lamp(floor, points, up, lamp, occluder, grids.lamp_samples)
        arriving += lit.irradiance.view(cells, cells, 3)
        possible += lit.irradiance_open.view(cells, cells, 3)
    return share_of(arriving, possible)


def spread(soft: Tensor, cells: int) -> Tensor:  # [C, C, 3] -> [cells, cells, 3]
    """A coarse grid's values on a finer one."""
    return interpolate(soft.permute(2, 0, 1)[None], (cells, cells), mode="bilinear")[0].permute(1, 2, 0)


def share_of(arriving: Tensor, possible: Tensor) -> Tensor:  # [..., 3] irradiance with shadows, without -> [..., 3]
    """What is left of the light; 1 where none comes."""
    return torch.where(possible > 1e-9, arriving / possible.clamp(min=1e-9), 1.0).clamp(0.0, 1.0)


def _distant(points: Tensor, occluder: Occluder, directions: Tensor, power: Tensor) -> tuple[Tensor, Tensor]:
    """Irradiance [N, 3] on points that face up, and [3] without shadows."""
    is_above = directions[:, 1] > 0
    directions, power = directions[is_above].contiguous(), power[is_above] * directions[is_above, 1:2]
    if not len(directions):
        return torch.zeros(len(points), 3), torch.zeros(3)
    up = torch.tensor([0.0, 1.0, 0.0]).expand(len(points), 3).contiguous()
    bits = occluder.point_bits(points, up, directions)
    received = [unpack_bits(rows, len(directions)).float() @ power for rows in bits.split(_ROWS)]
    return torch.cat(received), power.sum(0)


def mirrored_camera(camera: Camera, ground: Ground) -> Camera:
    """The camera that sees in every pixel what the floor mirrors there: the eye under the floor, looking up."""
    mirror = torch.eye(4)
    mirror[1, 1], mirror[1, 3] = -1.0, 2.0 * ground.height_m
    return Camera(camera.intrinsics, camera.T_cam_world @ mirror, camera.width, camera.height)


def ground_layer(
    ground: Ground,
    camera: Camera,
    share: Tensor,  # [cells, cells, 3] of open_share
    mirrored: Tensor | None = None,  # [H, W, 4] radiance, premultiplied; coverage: seen by mirrored_camera
    mirrored_height: Tensor | None = None,  # [H, W, 1] metres above the floor of what is mirrored
) -> Tensor:  # [H, W, 4] linear, premultiplied
    """Shadow and mirror image on the pixels that see the floor from above."""
    layer = torch.zeros(camera.height * camera.width, 4)
    pixel, position, fall = _seen_floor(ground, camera)
    if not len(pixel):
        return layer.view(camera.height, camera.width, 4)
    fade = _smooth(1.0 - position.norm(dim=-1))
    sampled = grid_sample(
        share.permute(2, 0, 1)[None], position[None, None], mode="bilinear", padding_mode="border", align_corners=False
    )[0, :, 0]
    kept = torch.tensor(LUMINANCE) @ sampled
    layer[pixel, 3] = (1.0 - kept) * ground.shadow * fade
    if mirrored is not None and mirrored_height is not None and ground.reflection > 0:
        grazing = (1.0 - fall.clamp(0.0, 1.0)) ** 5
        strength = (ground.reflection + (1.0 - ground.reflection) * grazing).clamp(max=MOST_REFLECTION) * fade
        depth = mirrored_height.reshape(-1)[pixel]
        strength = strength * torch.exp(-depth.clamp(min=0.0) / REFLECTION_DEPTH_M) * (depth > 0)
        image = mirrored.reshape(-1, 4)[pixel] * strength[:, None]
        layer[pixel] = image + layer[pixel] * (1.0 - image[:, 3:])
    return layer.view(camera.height, camera.width, 4)


def over_ground(
    picture: Tensor,  # [H, W, 4] the radiance, premultiplied; coverage
    ground: Tensor | None,  # [H, W, 4] of ground_layer; None: there is no floor
    is_screen: bool = True,  # alpha for blending in sRGB; False: for blending in linear light
) -> Tensor:  # [H, W, 4] linear, premultiplied; share of the background that is hidden
    """The bodies over the floor's shadow and reflection."""
    if ground is None:
        return picture
    if is_screen:  # backgrounds are blended as sRGB there, in which a share of light is a smaller share of the code
        alpha = 1.0 - (1.0 - ground[..., 3:]).clamp(0.0, 1.0) ** (1.0 / SCREEN_GAMMA)
        ground = torch.cat([ground[..., :3], alpha], -1)
    return over(picture, ground)


def over(above: Tensor, below: Tensor) -> Tensor:  # [..., 4] premultiplied
    """One layer in front of another."""
    return above + below * (1.0 - above[..., 3:])


def _seen_floor(ground: Ground, camera: Camera) -> tuple[Tensor, Tensor, Tensor]:
    """Pixels [P] that see the floor within its radius, where on the grid [P, 2] in [-1, 1], how steeply [P]."""
    above = float(camera.center[1]) - ground.height_m
    # directions through pixel centers are linear in x and y: no need to normalize those that miss
    step_x, step_y, start = (torch.linalg.inv(camera.intrinsics).T @ camera.T_cam_world[:3, :3]).unbind(0)
    y, x = torch.meshgrid(torch.arange(camera.height) + 0.5, torch.arange(camera.width) + 0.5, indexing="ij")
    fall = -(x * step_x[1] + y * step_y[1] + start[1]).reshape(-1)
    candidate = torch.nonzero(fall > 1e-4).squeeze(1) if above > 0 else torch.zeros(0, dtype=torch.int64)
    column, row = x.reshape(-1)[candidate, None], y.reshape(-1)[candidate, None]
    direction = column * step_x + row * step_y + start
    reach = above / fall[candidate]
    position = camera.center[[0, 2]] + reach[:, None] * direction[:, [0, 2]]
    position = (position - torch.tensor(ground.center)) / ground.radius_m
    is_near = position.square().sum(-1) < 1.0
    steepness = fall[candidate] / direction.norm(dim=-1)
    return candidate[is_near], position[is_near], steepness[is_near]


def _smooth(distance: Tensor) -> Tensor:
    """0 at and beyond the edge, 1 from a third of the way in."""
    share = (distance * 3.0).clamp(0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)
