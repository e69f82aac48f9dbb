"""The two kinds of misfit between a posed surface and a picture, and their gradients by positions of the surface.

Photometric: color of the picture at a point's pixel minus what the texture and the light say, sRGB, with its slow part
left out (shadows, interreflections: the light is distant and casts none). Outline: distance in pixels from the border
of the rasterized surface to the edge of the mask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, displaced, pose_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.registration.appearance import LightFit, TexturedLight, harmonics
from phynes_core.registration.config import RegistrationConfig
from phynes_core.registration.pictures import BlurredPicture, PersonPicture, encoded
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize

FACING = 0.25  # cosine to the eye below which a pixel is not compared: it is stretched, and next to an outline
INSIDE_PX = 1.5  # distance from the mask's edge from which on colors are compared
SLOW_PX = 8.0  # standard deviation of what counts as slow in a residual picture
COARSE_PX = 4  # side of the cells in which residuals are summed before they are blurred
CLIPPED = 4.0  # robust standard deviations beyond which a residual is clipped before its slow part is taken
SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))  # rows, columns from a pixel to its neighbors


@dataclass(frozen=True)
class PosedSurface:
    """A displaced body in the world."""

    vertices: Tensor  # [V, 3] metres
    normals: np.ndarray  # [V, 3] unit, of these
    directions: np.ndarray  # [V, 3] unit, along which registered offsets move the vertices: normals of the bare body
    faces: Tensor  # [F, 3]
    corner_uv: np.ndarray  # [F, 3, 2]


@dataclass(frozen=True)
class Rows:
    """Linearized misfits at points of the surface: residual + gradient . (how the point moves)."""

    points: np.ndarray  # [R, 3] world
    corners: np.ndarray  # [R, 3] vertex ids of the face
    barycentric: np.ndarray  # [R, 3]
    gradients: np.ndarray  # [R, 3] per metre, world; multiplied by the square root of the weight
    residuals: np.ndarray  # [R], likewise
    pixels: np.ndarray  # [R, 2] x, y in the picture that they belong to
    pixel_gradients: np.ndarray  # [R, 2] per pixel, likewise weighted


@dataclass(frozen=True)
class SeenSurface:
    """What a picture's camera sees of the surface."""

    picture: PersonPicture
    blurred: BlurredPicture
    row: np.ndarray  # [P] of the pixels that are compared
    column: np.ndarray
    face: np.ndarray  # [P]
    barycentric: np.ndarray  # [P, 3]
    points: np.ndarray  # [P, 3] world
    facing: np.ndarray  # [P] cosine to the eye
    normals: np.ndarray  # [P, 3] unit
    uv: np.ndarray  # [P, 2]
    outline: np.ndarray  # [S, 4] row, column of covered pixels beside background, and of the middle of the border there
    face_index: np.ndarray  # [H, W]
    all_barycentric: np.ndarray  # [H, W, 3]

    @property
    def color(self) -> np.ndarray:  # [P, 3] linear
        """Of the picture."""
        return self.blurred.linear[self.row, self.column]


@torch.no_grad()
def posed_surface(body: BodyModel, pose: Pose, offsets: np.ndarray, corner_uv: np.ndarray) -> PosedSurface:
    """The body in a pose, displaced by `offsets` [V] or [V, 3], metres; `corner_uv` [F, 3, 2]."""
    posed = pose_body(body, pose)
    directions = vertex_normals(posed.vertices, body.faces)
    moved = displaced(posed, body.faces, torch.from_numpy(offsets).float())
    return PosedSurface(moved, vertex_normals(moved, body.faces).numpy(), directions.numpy(), body.faces, corner_uv)


def see(surface: PosedSurface, picture: PersonPicture, sigma_px: float, is_kept: bool) -> SeenSurface:
    """Rasterize the surface into the picture, and find what is compared."""
    vertices, faces = surface.vertices, surface.faces
    fragments = rasterize(vertices, faces, picture.camera)
    face_index, barycentric = fragments.face_index.numpy(), fragments.barycentric.numpy()
    reach = max(INSIDE_PX, 0.7 * sigma_px)
    row, column = np.nonzero((face_index >= 0) & (picture.distance < -reach))
    face, weights = face_index[row, column], barycentric[row, column]
    corners = faces.numpy()[face]
    points = (vertices.numpy()[corners] * weights[..., None]).sum(1)
    normal = _unit((surface.normals[corners] * weights[..., None]).sum(1))
    facing = (normal * _unit(picture.camera.center.numpy() - points)).sum(1)
    kept = facing > FACING
    row, column, face, weights = row[kept], column[kept], face[kept], weights[kept]
    uv = (surface.corner_uv[face] * weights[..., None]).sum(1)
    return SeenSurface(
        picture, picture.blurred(sigma_px, is_kept), row, column, face, weights, points[kept], facing[kept],
        normal[kept], uv, _outline((face_index >= 0) & picture.has_edge, picture.is_open), face_index, barycentric,
    )  # fmt: skip


def color_residuals(seen: SeenSurface, appearance: TexturedLight) -> np.ndarray:  # [P, 3] sRGB
    """The picture minus texture * E."""
    expected = appearance.texture_at(seen.uv) * (harmonics(seen.normals) @ appearance.light)
    return seen.blurred.srgb[seen.row, seen.column] - encoded(expected)


def renew_appearance(appearance: TexturedLight, seen: Sequence[SeenSurface]) -> None:
    """The texture under the present light, then the light for that texture."""
    for view in seen:
        appearance.add(view.uv, view.normals, view.color, view.facing**2)
    appearance.finish_texture()
    fit = LightFit()
    for view in seen:
        fit.add(appearance.texture_at(view.uv), view.normals, view.color, view.facing**2)
    light = fit.solve()
    appearance.light = appearance.light if light is None else light


def expected_picture(surface: PosedSurface, appearance: TexturedLight, camera: Camera) -> Tensor:  # [H, W, 3] sRGB
    """The surface with its texture under its light, in front of black."""
    fragments = rasterize(surface.vertices, surface.faces, camera)
    image = np.zeros((camera.height, camera.width, 3), np.float32)
    covered = fragments.face_index.numpy() >= 0
    face, weights = fragments.face_index.numpy()[covered], fragments.barycentric.numpy()[covered][..., None]
    normal = _unit((surface.normals[surface.faces.numpy()[face]] * weights).sum(1))
    shown = appearance.without_gaps()
    color = shown.texture_at((surface.corner_uv[face] * weights).sum(1))
    image[covered] = encoded(color * (harmonics(normal) @ shown.light)).clip(0.0, 1.0)
    return torch.from_numpy(image)


def without_slow_part(seen: SeenSurface, residuals: np.ndarray, scale: float) -> np.ndarray:  # [P, 3] -> [P, 3]
    """The residuals minus their blurred picture."""
    clipped = np.clip(residuals, -CLIPPED * scale, CLIPPED * scale)
    weighted = np.concatenate([clipped, np.ones((len(clipped), 1))], 1) * seen.facing[:, None]
    height, width = (-(-side // COARSE_PX) for side in seen.face_index.shape)
    cell = (seen.row // COARSE_PX) * width + seen.column // COARSE_PX
    sums = [np.bincount(cell, values, height * width).reshape(height, width) for values in weighted.T]
    sums = [gaussian_filter(image, SLOW_PX / COARSE_PX) / COARSE_PX**2 for image in sums]
    places = (np.stack([seen.row, seen.column]) + 0.5) / COARSE_PX - 0.5
    *slow, weight = (map_coordinates(image, places, order=1, mode="nearest") for image in sums)
    return residuals - (np.stack(slow, 1) / (weight[:, None] + 1e-3)).astype(np.float32)


def photometric_rows(
    seen: SeenSurface,
    faces: np.ndarray,
    residuals: np.ndarray,  # [P, 3]
    scale: float,  # robust standard deviation of residuals
    count: int,  # points to take, by chance
    weight: float,  # of a point, besides its own
    generator: np.random.Generator,
) -> Rows:
    """Three rows, one a channel, for each of `count` points."""
    chosen = np.sort(generator.choice(len(seen.row), min(count, len(seen.row)), replace=False))
    row, column = seen.row[chosen], seen.column[chosen]
    residual = residuals[chosen]
    own = weight * len(seen.row) / max(len(chosen), 1) * seen.facing[chosen, None] ** 2
    root = np.sqrt(own * robust_weight(residual / scale)) / scale  # [N, 3]
    slope = seen.blurred.slope[row, column]  # [N, 3, 2]
    along = slope @ _projection(seen.picture.camera, seen.points[chosen])  # [N, 3, 3]
    repeated = np.repeat(chosen, 3)
    return Rows(
        seen.points[repeated], faces[seen.face[repeated]], seen.barycentric[repeated],
        (along * root[..., None]).reshape(-1, 3), (residual * root).reshape(-1),
        np.stack([column, row], -1).repeat(3, 0) + np.float32(0.5), (slope * root[..., None]).reshape(-1, 2),
    )  # fmt: skip


def view_rows(
    seen: SeenSurface,
    surface: PosedSurface,
    misfits: tuple[np.ndarray, np.ndarray],  # color residuals [P, 3], outline distances [S]
    scales: tuple[float, float],  # robust standard deviations of both, over all pictures
    config: RegistrationConfig,
    scale_px: float,  # of a person, in those that `config` speaks of
    generator: np.random.Generator,
) -> tuple[Rows, Rows]:
    """Both kinds of misfit of one picture, as weighed by `config`."""
    faces = surface.faces.numpy()
    even = without_slow_part(seen, misfits[0], scales[0])
    weight = config.color_weight / scale_px**2
    colors = photometric_rows(seen, faces, even, scales[0], config.points, weight, generator)
    vertices = surface.vertices.numpy()
    return colors, outline_rows(seen, vertices, faces, misfits[1], scales[1], config.outline_weight)


def outline_distances(seen: SeenSurface) -> np.ndarray:  # [S] pixels, negative: the border lies inside the mask
    """From the surface's border to the mask's edge."""
    return map_coordinates(seen.picture.distance, seen.outline[:, 2:].T, order=1)


def outline_rows(
    seen: SeenSurface, vertices: np.ndarray, faces: np.ndarray, distances: np.ndarray, scale: float, weight: float
) -> Rows:
    """A row for each pixel side between the surface and the background."""
    row, column = seen.outline[:, 0].astype(np.int64), seen.outline[:, 1].astype(np.int64)
    weights = seen.all_barycentric[row, column]
    corners = faces[seen.face_index[row, column]]
    points = (vertices[corners] * weights[..., None]).sum(1)
    middle = seen.outline[:, 2:].T
    slope = np.stack([map_coordinates(seen.picture.distance_slope[..., k], middle, order=1) for k in range(2)], -1)
    root = (np.sqrt(weight * robust_weight(distances / scale)) / scale).astype(np.float32)
    along = (slope[:, None] @ _projection(seen.picture.camera, points))[:, 0]
    return Rows(
        points, corners, weights, along * root[:, None], distances * root,
        middle[::-1].T.astype(np.float32) + np.float32(0.5), slope * root[:, None],
    )  # fmt: skip


def robust_scale(values: np.ndarray) -> float:
    """The standard deviation that normal noise of this median size would have."""
    return 1.4826 * float(np.median(np.abs(values))) if values.size else 0.0


def sample(residuals: Mapping[int, Sequence[np.ndarray]]) -> np.ndarray:
    """Some of all residuals, flat: enough to estimate their size."""
    parts = [part.reshape(-1)[::7] for views in residuals.values() for part in views]
    found = np.concatenate([np.zeros(0), *parts])
    return found if found.size else np.zeros(1)


def robust_weight(normalized: np.ndarray) -> np.ndarray:
    """Weights of Geman and McClure's estimator, whose influence falls beyond 2.5 standard deviations."""
    return 1.0 / (1.0 + (normalized / 2.5) ** 2) ** 2


def _outline(covered: np.ndarray, is_open: np.ndarray) -> np.ndarray:  # [H, W] bool -> [S, 4]
    """Without the picture's own border, and without what reaches into open pixels: nothing tells whether it may."""
    sides = []
    inner = np.zeros_like(covered)
    inner[1:-1, 1:-1] = covered[1:-1, 1:-1]
    for down, right in SIDES:
        beyond = np.roll(covered, (-down, -right), (0, 1))
        row, column = np.nonzero(inner & ~beyond & ~is_open)
        sides.append(np.stack([row, column, row + 0.5 * down, column + 0.5 * right], 1))
    return np.concatenate(sides)


def _projection(camera: Camera, points: np.ndarray) -> np.ndarray:  # [N, 3] -> [N, 2, 3] pixels per metre
    """d (x, y) / d point."""
    rotation = camera.T_cam_world[:3, :3].numpy()
    x, y, z = (points @ rotation.T + camera.T_cam_world[:3, 3].numpy()).T
    jacobian = np.zeros((len(points), 2, 3), np.float32)
    jacobian[:, 0, 0], jacobian[:, 1, 1] = 1.0 / z, 1.0 / z
    jacobian[:, 0, 2], jacobian[:, 1, 2] = -x / z**2, -y / z**2
    return camera.intrinsics[:2, :2].numpy() @ jacobian @ rotation


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)
