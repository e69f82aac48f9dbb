"""The avatar's picture composed with its surroundings: floor, environment or checkerboard, and light-probe balls."""

import torch
from torch import Tensor

from app.model.lights import Surroundings
from app.rendering.lighting import BuiltLight, ShownEnvironment
from app.rendering.tiles import Tile, whole_tile
from phynes_core.conventions import rotation_about_y
from phynes_core.render.camera import Camera
from phynes_core.render.ground import Ground, over
from phynes_core.render.light_picture import film_set_balls, picture_of_light, sample_latlong

BALL_SHARE = 0.13  # of the picture's height
BALL_MARGIN = 0.02
MIRROR_ROWS = 128  # of the lat-long image that the chrome ball reflects
CHECKER_SQUARES = 24  # over the picture's height
CHECKER_SHADE = 0.3  # share of the background that every other square hides
GROUND_RADIUS_M = 2.4  # of the floor, beyond the outer bodies of a row


def ground_of(
    surroundings: Surroundings, floor_m: float, target: Tensor, width_m: float
) -> Ground | None:  # target [3] world
    """The floor under a row of bodies `width_m` wide; None without a floor."""
    if not surroundings.has_ground:
        return None
    radius = GROUND_RADIUS_M + 0.5 * width_m
    center = (float(target[0]), float(target[2]))
    return Ground(floor_m, center, radius, surroundings.ground_shadow, surroundings.ground_reflection)


def over_backdrop(
    picture: Tensor,  # [H, W, 4] linear, premultiplied; share of the background that is hidden
    surroundings: Surroundings,
    light: BuiltLight,
    camera: Camera,
    pelvis: Tensor,  # [3] world, where the balls' light is taken
    tile: Tile | None = None,  # the rows of the whole picture that `picture` and `camera` show; None: all
) -> Tensor:  # [H, W, 4] likewise
    """The picture over the environment or the checkerboard, with the balls; a color is added when it is displayed."""
    tile = tile or whole_tile((picture.shape[1], picture.shape[0]))
    if surroundings.backdrop in ("environment", "blurred") and light.environment is not None:
        behind = environment_behind(light.environment, surroundings.backdrop == "blurred", camera)
        picture = over(picture, torch.cat([behind, torch.ones_like(behind[..., :1])], -1))
    elif surroundings.backdrop == "checker":
        picture = over(picture, checker(picture.shape[1], tile))
    if surroundings.has_balls:
        picture = _with_balls(picture, light, camera, pelvis, tile)
    return picture


def _with_balls(picture: Tensor, light: BuiltLight, camera: Camera, pelvis: Tensor, tile: Tile) -> Tensor:
    side = min(tile.width, tile.height)
    size, margin = max(8, round(BALL_SHARE * side)), round(BALL_MARGIN * side)
    top = tile.height - margin - size
    first, last = max(top, tile.top), min(top + size, tile.bottom)
    if first < last:
        mirrored = picture_of_light(light.lighting, pelvis, MIRROR_ROWS, 2 * MIRROR_ROWS)
        balls = film_set_balls(light.lighting, mirrored, camera, pelvis, size)
        picture = picture.clone()
        corner = picture[first - tile.top : last - tile.top, margin : margin + 2 * size]
        corner[:] = over(balls[first - top : last - top, : corner.shape[1]], corner)
    return picture


def environment_behind(environment: ShownEnvironment, is_blurred: bool, camera: Camera) -> Tensor:  # [H, W, 3] linear
    """The environment in the camera's viewing directions."""
    image = torch.from_numpy(environment.blurred if is_blurred else environment.sharp).float()
    _, directions = camera.pixel_rays()
    # a yaw of 90 degrees moves light from +Z to +X: turn the directions back by it
    turned = directions @ rotation_about_y(-environment.yaw_deg).T
    return sample_latlong(image, turned) * torch.tensor(environment.scale)


def checker(width: int, tile: Tile) -> Tensor:  # [H, W, 4]
    """Black with alpha CHECKER_SHADE in every other square, which darkens the background."""
    square = max(1, min(tile.width, tile.height) // CHECKER_SQUARES)
    rows, columns = torch.arange(tile.top, tile.bottom) // square, torch.arange(width) // square
    is_dark = ((rows[:, None] + columns[None]) % 2).float()
    return torch.cat([torch.zeros(tile.rows, width, 3), CHECKER_SHADE * is_dark[..., None]], -1)
