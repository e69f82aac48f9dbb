"""ada's prints: dotted satin, a flowered skirt with a belt, ribbed tights, patent boots. Metres of cloth throughout."""

import numpy as np

from phynes_core.synthetic.subjects.ada_garments import blouse_hems
from phynes_core.synthetic.subjects.hair import bun_coordinates, hair_strands
from phynes_core.synthetic.surface.landmarks import SLEEVE_M, Landmarks, TorsoSection, shirt_coordinates
from phynes_core.synthetic.surface.noise import Noise, mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array

_SATIN, _IVORY = (0.012, 0.105, 0.115), (0.62, 0.58, 0.48)
_DOTS_PER_SLEEVE = 8
_CREAM, _NAVY, _LEAF = (0.60, 0.55, 0.44), (0.022, 0.03, 0.10), (0.07, 0.16, 0.06)
_PETALS = ((0.58, 0.10, 0.07), (0.60, 0.33, 0.04), (0.10, 0.13, 0.38))
_FLOWERS_AROUND, _FLOWER_M = 8, 0.052
_LEATHER, _BRASS = (0.10, 0.035, 0.018), (0.55, 0.40, 0.14)
BELT_M = 0.034
ADA_HAIR = (0.115, 0.042, 0.016)


def paint_blouse(
    points: Array, section: TorsoSection, marks: Landmarks, noises: tuple[Noise, ...]
) -> tuple[Array, Array]:
    """Glossy petrol satin with ivory dots; plain cuffs and collar."""
    along, around, _ = shirt_coordinates(points, section, marks)
    pitch = SLEEVE_M / _DOTS_PER_SLEEVE
    row = np.round(along / (0.5 * pitch))
    column = around / pitch + 0.5 * (row % 2)
    distance = np.hypot(along - row * 0.5 * pitch, (column - np.round(column)) * pitch)
    hems = blouse_hems(points, marks)
    plain = np.maximum(smoothstep(0.017, 0.015, hems[:, 0]), smoothstep(0.036, 0.034, hems[:, 1]))
    dot = smoothstep(0.0078, 0.0066, distance) * (1 - plain)
    albedo = np.asarray(_SATIN) * (1 + 0.10 * noises[0](points, 40.0))[:, None]
    albedo = mix(mix(albedo, _IVORY, dot), np.asarray(_SATIN) * 0.45, 0.8 * plain)
    front = (points[:, 2] > 0.04) & (np.abs(points[:, 0]) < 0.05)
    gap = (points[:, 1] / 0.062 - np.round(points[:, 1] / 0.062)) * 0.062
    button = front.astype(np.float64) * smoothstep(0.0062, 0.0052, np.hypot(points[:, 0], gap)) * (hems[:, 0] > 0.02)
    placket = np.exp(-(((np.abs(points[:, 0]) - 0.014) / 0.0012) ** 2)) * front * (hems[:, 0] > 0)
    albedo = mix(mix(albedo, albedo * 0.5, np.clip(0.7 * placket, 0, 1)), _IVORY, button)
    roughness = 0.25 + 0.03 * noises[1](points, 45.0) + 0.05 * dot - 0.03 * button
    return np.clip(albedo, 0.01, 0.9), roughness


def paint_skirt(down: Array, around: Array, girth: float, noises: tuple[Noise, ...]) -> tuple[Array, Array]:
    """Large flowers on cream cotton and a leather belt, by metres below the top and metres round from the back."""
    pitch = girth / _FLOWERS_AROUND
    rise = 0.80 * pitch
    albedo = np.tile(np.asarray(_CREAM), (len(down), 1))
    spot = np.stack([down, around, np.zeros_like(down)], 1)
    sprig = smoothstep(0.50, 0.60, noises[2](spot, 150.0))
    albedo = mix(albedo, _LEAF, 0.85 * sprig)
    row0 = np.floor((down - 0.5 * rise) / rise)
    for row in (row0, row0 + 1):
        shifted = around / pitch + 0.5 * (row % 2)
        column = np.round(shifted)
        number = column % _FLOWERS_AROUND
        wobble = np.sin(12.9898 * row + 78.233 * number)
        x = (shifted - column) * pitch + 0.006 * wobble
        y = down - (row + 0.5) * rise - 0.006 * np.cos(5 * wobble)
        away, bearing = np.hypot(x, y), np.arctan2(y, x) + wobble
        edge = _FLOWER_M * (0.92 + 0.08 * wobble) * (0.70 + 0.30 * np.abs(np.cos(2.5 * bearing)))
        petal = smoothstep(0.0, -0.0025, away - edge)
        kind = (row + 2 * number) % len(_PETALS)
        for k, color in enumerate(_PETALS):
            shade = 0.75 + 0.35 * away / _FLOWER_M
            albedo = mix(albedo, np.asarray(color) * shade[:, None], petal * (kind == k))
        vein = petal * np.exp(-(((np.abs(np.sin(2.5 * bearing)) * away) / 0.0020) ** 2)) * (away > 0.012)
        albedo = mix(albedo, albedo * 0.55, 0.8 * vein)
        albedo = mix(albedo, _NAVY, smoothstep(0.0115, 0.0100, away))
        albedo = mix(albedo, _PETALS[1], smoothstep(0.0055, 0.0045, away))
    roughness = 0.74 + 0.05 * noises[3](spot, 60.0)
    weave = 0.03 * np.sin(down * 2 * np.pi / 0.004) * np.sin(around * 2 * np.pi / 0.004)
    albedo = albedo * (1 + weave)[:, None]
    belt = smoothstep(BELT_M + 0.001, BELT_M, down)
    leather = np.asarray(_LEATHER) * (1 + 0.2 * noises[4](spot, 120.0))[:, None]
    stitch = np.exp(-(((np.abs(down - 0.5 * BELT_M) - 0.5 * BELT_M + 0.004) / 0.0008) ** 2))
    leather = mix(leather, _BRASS, 0.5 * stitch)
    off, off_y = np.abs(around - 0.5 * girth), np.abs(down - 0.5 * BELT_M)
    frame = (np.maximum(off / 0.027, off_y / 0.0165) < 1) & (np.maximum(off / 0.019, off_y / 0.0095) > 1)
    leather = mix(leather, _BRASS, frame.astype(np.float64))
    albedo = mix(albedo, leather, belt)
    roughness += belt * (0.32 - 0.08 * frame - roughness)
    return albedo, roughness


def paint_hem(albedo: Array, to_hem: Array) -> Array:
    """A navy border, two bands; metres above the hem."""
    band = smoothstep(0.026, 0.025, to_hem) + smoothstep(0.0345, 0.034, to_hem) * smoothstep(0.0305, 0.031, to_hem)
    return mix(albedo, _NAVY, np.clip(band, 0, 1))


def paint_tights(points: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> tuple[Array, Array]:
    """Plum, with fine rings; thinner, so paler, over the knees."""
    y = points[:, 1]
    ring = smoothstep(0.30, 0.55, np.cos(y * 2 * np.pi / 0.030))
    knee = np.exp(-(((y - marks["left_knee"][1]) / 0.05) ** 2)) * (points[:, 2] > marks["left_knee"][2])
    albedo = mix(np.tile([0.085, 0.018, 0.045], (len(points), 1)), (0.24, 0.075, 0.12), 0.8 * ring)
    albedo = mix(albedo, (0.30, 0.13, 0.12), 0.25 * knee)
    return albedo * (1 + 0.08 * noises[1](points, 90.0))[:, None], 0.55 + 0.04 * noises[2](points, 70.0)


def paint_boots(worn: Array, normals: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> tuple[Array, Array]:
    """Patent leather, elastic at the sides, a dark sole."""
    height = worn[:, 1] - marks.floor
    albedo = np.asarray([0.20, 0.022, 0.020]) * (1 + 0.12 * noises[0](worn, 60.0))[:, None]
    ahead = worn[:, 2] - marks["left_ankle"][2]
    elastic = smoothstep(0.020, 0.017, np.abs(ahead)) * smoothstep(0.055, 0.060, height)
    albedo = mix(albedo, np.asarray([0.02, 0.02, 0.022]), elastic)
    seam = np.exp(-(((ahead - 0.085) / 0.0012) ** 2)) * smoothstep(0.2, 0.5, normals[:, 1])
    albedo = mix(albedo, albedo * 0.4, np.clip(seam, 0, 1))
    roughness = 0.20 + 0.03 * noises[1](worn, 60.0) + 0.5 * elastic
    return np.clip(albedo, 0.01, 0.9), roughness


def paint_ada_hair(points: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> tuple[Array, Array]:
    """Auburn, glossy along the strands, a ribbon at the foot of the bun."""
    strands = hair_strands(points, marks)
    fine, clump = noises[5](strands, 900.0), noises[6](strands, 330.0)
    albedo = np.asarray(ADA_HAIR) * (1 + 0.35 * fine + 0.40 * clump)[:, None]
    at = bun_coordinates(points, marks)
    ribbon = smoothstep(0.40, 0.42, at.angle) * smoothstep(0.475, 0.455, at.angle)
    albedo = mix(np.clip(albedo, 0.012, 0.4), _IVORY, 0.9 * ribbon)
    return albedo, 0.36 + 0.08 * clump + 0.05 * fine + 0.3 * ribbon
