"""noa's materials: herringbone wool, ribbed knit, felt, boots. Metres of cloth throughout."""

import numpy as np

from phynes_core.synthetic.subjects.noa_garments import coat_hems
from phynes_core.synthetic.subjects.textures import TexelMap
from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import Noise, mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array

_OCHRE, _UMBER = (0.40, 0.20, 0.045), (0.20, 0.085, 0.022)
_CREAM, _PINE = (0.58, 0.53, 0.44), (0.022, 0.060, 0.048)
_FELT, _RIBBON = (0.060, 0.022, 0.030), (0.40, 0.20, 0.045)
_BONE_M, _STEP_M = 0.028, 0.011  # a herringbone's width, and between its lines
_BUTTON_M = 0.012

Painted = tuple[Array, Array]


def paint_coat(points: Array, shaped: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> Painted:
    """Herringbone wool with plain lapels and cuffs; points [N, 3] on the body, shaped [N, 3] on the coat at rest."""
    turn = np.arctan2(shaped[:, 0], shaped[:, 2] - 0.02)
    on_arm = (np.abs(points[:, 0]) > marks["left_shoulder"][0] + 0.02) & (
        points[:, 1] > marks["left_shoulder"][1] - 0.14
    )
    across = np.where(on_arm, 0.07 * np.arctan2(points[:, 1] - marks["left_shoulder"][1], points[:, 2]), 0.18 * turn)
    along = np.where(on_arm, np.abs(points[:, 0]), shaped[:, 1])
    bone = np.abs((across / _BONE_M) % 2.0 - 1.0) * _BONE_M
    line = smoothstep(-0.15, 0.35, np.cos(2 * np.pi * (along + bone) / _STEP_M))
    albedo = mix(np.tile(_OCHRE, (len(points), 1)), _UMBER, 0.75 * line)
    albedo = albedo * (1 + 0.08 * noises[0](shaped, 60.0))[:, None]
    collar, cuff, _, front = coat_hems(points, marks).T
    edge = np.minimum(collar, np.where(on_arm, 1.0, front))
    plain = np.maximum(smoothstep(0.055, 0.053, edge), smoothstep(0.062, 0.060, cuff))
    albedo = mix(albedo, np.asarray(_UMBER) * 0.8, plain)
    seam = np.exp(-(((edge - 0.0555) / 0.0014) ** 2)) + np.exp(-(((cuff - 0.0625) / 0.0014) ** 2))
    albedo = mix(albedo, np.asarray(_UMBER) * 0.3, np.clip(seam, 0, 1))
    gap = (shaped[:, 1] - marks["pelvis"][1] - 0.03) / 0.12
    height = (gap - np.round(gap)) * 0.12
    rows = smoothstep(0.5, 0.4, np.abs(np.round(gap) - 0.5))
    button = (
        smoothstep(_BUTTON_M + 0.0008, _BUTTON_M - 0.0004, np.hypot(edge - 0.028, height))
        * rows
        * (shaped[:, 2] > 0.05)
    )
    albedo = mix(albedo, (0.03, 0.018, 0.012), button)
    return albedo, 0.82 + 0.04 * noises[1](shaped, 70.0) - 0.5 * button


def paint_sweater(points: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> Painted:
    """Cream, ribbed up and down, across on the roll."""
    rise = points[:, 1] - marks["neck"][1]
    turn = np.arctan2(points[:, 0], points[:, 2] - 0.02)
    rib = smoothstep(-0.2, 0.6, np.cos(2 * np.pi * points[:, 0] / 0.011)) * (rise < 0) + (rise >= 0) * smoothstep(
        -0.2, 0.6, np.cos(60 * turn)
    )
    albedo = np.asarray(_CREAM) * (0.72 + 0.28 * rib + 0.05 * noises[2](points, 90.0))[:, None]
    return albedo, np.full(len(points), 0.85)


def paint_wide_trousers(points: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> Painted:
    """Pine green twill with a pressed crease and a belt."""
    y = points[:, 1]
    names = ("left_ankle", "left_knee", "left_hip")
    middle = np.interp(y, [marks[n][1] for n in names], [abs(marks[n][0]) for n in names])
    twill = 0.06 * np.sin(2 * np.pi * (y + 0.7 * points[:, 0]) / 0.006)
    albedo = np.asarray(_PINE) * (1 + twill + 0.12 * noises[3](points, 50.0))[:, None]
    crease = np.exp(-(((np.abs(points[:, 0]) - middle) / 0.0025) ** 2)) * (y < marks["left_hip"][1] - 0.05)
    albedo = mix(albedo, np.asarray(_PINE) * 2.2, 0.6 * crease)
    top = marks["pelvis"][1] + 0.085 - y
    belt = smoothstep(0.036, 0.034, top)
    buckle = belt * (np.abs(points[:, 0]) < 0.022) * (points[:, 2] > 0.04) * (np.abs(top - 0.018) > 0.009)
    albedo = mix(mix(albedo, (0.05, 0.02, 0.010), belt), (0.50, 0.38, 0.16), buckle)
    return albedo, 0.62 - 0.22 * belt + 0.04 * noises[1](points, 60.0)


def paint_leather_boots(worn: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> Painted:
    """Black leather, a toe cap."""
    ahead = worn[:, 2] - marks["left_ankle"][2]
    albedo = np.asarray([0.030, 0.022, 0.020]) * (1 + 0.2 * noises[0](worn, 70.0))[:, None]
    cap = np.exp(-(((ahead - 0.150) / 0.0016) ** 2))
    return mix(albedo, albedo * 0.4, cap), 0.30 + 0.04 * noises[1](worn, 60.0)


def paint_hat(texels: TexelMap, local: Array, band: tuple[float, float], noise: Noise) -> Painted:
    """Felt with a ribbon: local [V, 3] about the hat's middle."""
    points = texels.sample(local)
    outside = np.hypot(points[:, 0] / 0.088, points[:, 2] / 0.108) > 0.93
    ribbon = smoothstep(band[0] - 0.001, band[0], points[:, 1]) * smoothstep(band[1] + 0.001, band[1], points[:, 1])
    ribbon = ribbon * outside * (np.hypot(points[:, 0] / 0.088, points[:, 2] / 0.108) < 1.16)
    albedo = np.asarray(_FELT) * (1 + 0.25 * noise(points, 110.0))[:, None]
    return mix(albedo, _RIBBON, ribbon), 0.88 - 0.45 * ribbon
