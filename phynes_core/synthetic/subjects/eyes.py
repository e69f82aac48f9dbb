"""Eyes: balls behind the body's lids, with a cornea that bulges, an iris, a pupil, and a wet surface."""

from dataclasses import dataclass

import numpy as np

from phynes_core.synthetic.subjects.outfit import Rectangle, SolidPart, fixed_weights
from phynes_core.synthetic.subjects.skin import EYE, Color
from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.subjects.textures import TexelMap
from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import Noise, mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array
from phynes_core.synthetic.surface.sweep import Solid, revolve

_BALL_M, _CORNEA_M, _IRIS_M, _PUPIL_M = 0.0122, 0.0079, 0.0057, 0.0021  # radii
_BULGE_M = 0.0009  # of the cornea's top over the ball
_AHEAD_M = 0.0004  # of the ball before the body's closed socket
_COLUMNS, _ROWS = 48, 40
WET = 0.09  # roughness


@dataclass(frozen=True)
class EyeColors:
    """Linear."""

    iris: Color
    rim: Color  # of the iris
    white: Color = (0.60, 0.545, 0.51)


def make_eyes(person: Person, canonical: tuple[Array, Landmarks], colors: EyeColors, rectangle: Rectangle) -> SolidPart:
    """Both eyes; canonical is the mean body's rest surface, on which the sockets are known."""
    rest, marks = canonical
    place = rest - marks["head"]
    profile = _profile()
    eyes, centers = [], []
    for side in (1.0, -1.0):
        across, up = place[:, 0] * side - EYE[0], place[:, 1] - EYE[1]
        socket = (np.abs(across + 0.001) < 0.0070) & (np.abs(up) < 0.0024) & (place[:, 2] > 0.07)
        center = _fit_ball(person.rest[socket]) + [0.0, 0.0, _AHEAD_M]
        ball = revolve(profile, _COLUMNS)
        x, y, z = ball.vertices.T
        eyes.append(Solid(center + np.stack([x, -z, y], 1), ball.mesh))  # the axis looks ahead
        centers.append(center)
    both = Solid.union(eyes)
    count = len(eyes[0].vertices)
    local = both.vertices - np.repeat(np.stack(centers), count, axis=0)
    weights = fixed_weights(person, np.stack(centers), count)
    return SolidPart(both, weights, lambda texels: _paint(texels, local, person.noises[3], colors), rectangle)


def _profile() -> Array:  # [P, 2] (radius, along the axis)
    """From the cornea's top to the back of the ball."""
    angle = np.concatenate([np.linspace(0, 0.62, _ROWS // 2), np.linspace(0.65, np.pi, _ROWS // 2)])
    top = _BALL_M + _BULGE_M
    behind = top - _CORNEA_M  # of the cornea's ball, along the axis
    cornea = behind * np.cos(angle) + np.sqrt(np.maximum(_CORNEA_M**2 - (behind * np.sin(angle)) ** 2, 0))
    soft = 0.00012
    reach = _BALL_M + soft * np.logaddexp(0, (cornea - _BALL_M) / soft)
    reach[angle > 0.9] = _BALL_M
    return np.stack([reach * np.sin(angle), reach * np.cos(angle)], 1)


def _fit_ball(points: Array) -> Array:  # [N, 3] -> [3]
    """The center of the ball of known radius that lies best on the points, behind them."""
    center = points.mean(0) - [0, 0, _BALL_M]
    for _ in range(20):
        away = points - center
        length = np.linalg.norm(away, axis=1, keepdims=True)
        step = np.linalg.lstsq(away / length, length[:, 0] - _BALL_M, rcond=1e-2)[0]
        center = center + step
    return center


def _paint(texels: TexelMap, local: Array, noise: Noise, colors: EyeColors) -> tuple[Array, Array]:
    """By the distance from the axis of sight."""
    x, y, _ = texels.sample(local).T
    ahead = texels.sample(local)[:, 2] > 0
    radius, turn = np.where(ahead, np.hypot(x, y), 1.0), np.arctan2(y, x)
    ray = np.stack([np.cos(turn), np.sin(turn), 0.15 * radius / _IRIS_M], 1)
    fiber = noise(ray, 26.0)
    vein = smoothstep(0.45, 0.8, np.abs(noise(texels.sample(local), 900.0))) * smoothstep(0.008, 0.011, radius)
    albedo = mix(np.tile(colors.white, (len(x), 1)), (0.50, 0.22, 0.18), 0.35 * vein)
    albedo = mix(albedo, colors.rim, smoothstep(_IRIS_M + 0.0004, _IRIS_M - 0.0003, radius))
    inside = smoothstep(_IRIS_M - 0.0003, _IRIS_M - 0.0016, radius)
    albedo = mix(albedo, np.asarray(colors.iris) * (1 + 0.55 * fiber)[:, None], inside)
    collar = np.exp(-(((radius - 1.5 * _PUPIL_M) / 0.0006) ** 2))
    albedo = mix(albedo, albedo * 1.5, 0.6 * collar * inside)
    albedo = mix(albedo, (0.01, 0.01, 0.01), smoothstep(_PUPIL_M + 0.0003, _PUPIL_M - 0.0002, radius))
    shade = smoothstep(0.0012, 0.0052, y)  # of the upper lid's lashes
    return albedo * (1 - 0.45 * shade)[:, None], np.full(len(x), WET)
