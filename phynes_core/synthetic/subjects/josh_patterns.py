"""josh's patterns in metres of cloth: tartan with a placket, denim with seams, shoes with laces."""

import numpy as np

from phynes_core.synthetic.subjects.josh_garments import shirt_hems
from phynes_core.synthetic.surface.landmarks import SLEEVE_M, Landmarks, TorsoSection, shirt_coordinates
from phynes_core.synthetic.surface.noise import Noise, mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array

_NAVY, _BLUE, _CREAM, _RED = (0.018, 0.032, 0.085), (0.035, 0.085, 0.215), (0.56, 0.53, 0.45), (0.42, 0.055, 0.045)
_PERIOD = SLEEVE_M / 4  # metres between repeats of the tartan
_DENIM, _THREAD = (0.055, 0.075, 0.13), (0.36, 0.20, 0.07)


def paint_shirt(
    points: Array, section: TorsoSection, marks: Landmarks, noises: tuple[Noise, ...]
) -> tuple[Array, Array]:
    """Albedo [N, 3] and roughness [N] of the shirt: points [N, 3] on the rest body."""
    along, around, seam = shirt_coordinates(points, section, marks)
    albedo = np.tile(np.asarray(_BLUE), (len(points), 1))
    for t, strength in ((along, 0.62), (around, 0.62)):
        albedo = mix(albedo, _NAVY, 0.75 * _stripe(t, 0.0, 0.018) * strength / 0.62)
        albedo = mix(albedo, _CREAM, strength * _stripe(t, 0.5, 0.0095))
        albedo = mix(albedo, _RED, 0.8 * _stripe(t, 0.25, 0.0055) + 0.8 * _stripe(t, 0.75, 0.0055))
    weave = 0.02 * np.sin(along * 2 * np.pi / 0.003) * np.sin(around * 2 * np.pi / 0.003)
    albedo *= (1 + weave + 0.03 * noises[0](points, 40.0))[:, None]

    collar, sleeve, waist = shirt_hems(points, marks).T
    stitch = _line(sleeve, 0.016, 0.0011) + _line(waist, 0.018, 0.0011) + _line(seam, 0.0, 0.0016)
    x = points[:, 0]
    front = points[:, 2] > 0.05
    placket = front * smoothstep(0.0182, 0.0172, np.abs(x)) * (collar > 0)
    edge = front * (_line(np.abs(x), 0.0175, 0.0012) + 0.6 * _line(np.abs(x), 0.0135, 0.0007))
    albedo = mix(albedo, albedo * 0.45, np.clip(stitch + edge, 0, 1) * 0.85)
    to_button = (points[:, 1] - marks["pelvis"][1] - 0.005) / 0.083
    gap = (to_button - np.round(to_button)) * 0.083
    radius = np.hypot(x, gap)
    button = placket * smoothstep(0.0066, 0.0056, radius) * (collar > 0.012) * (waist > 0.03)
    albedo = mix(albedo, (0.62, 0.60, 0.55), button)
    albedo = mix(albedo, (0.15, 0.14, 0.12), button * smoothstep(0.0018, 0.0012, radius) * 0.8)
    band = smoothstep(0.0205, 0.0195, collar)
    albedo = mix(albedo, _NAVY, band)
    albedo = mix(albedo, np.asarray(_NAVY) * 0.4, np.clip(_line(collar, 0.0205, 0.0012), 0, 1))
    light = albedo.mean(1)
    roughness = 0.80 + 0.05 * noises[1](points, 60.0) - 0.06 * smoothstep(0.2, 0.5, light) - 0.35 * button
    return np.clip(albedo, 0.012, 0.9), roughness


def paint_trousers(points: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> tuple[Array, Array]:
    """Denim: faded thighs and knees, seams, pockets, turned-up hem."""
    x, y, z = points.T
    hip_y, knee_y = marks["left_hip"][1], marks["left_knee"][1]
    leg_x = np.interp(
        y, [marks["left_ankle"][1], knee_y, hip_y], [marks[n][0] for n in ("left_ankle", "left_knee", "left_hip")]
    )
    leg_z = np.interp(
        y, [marks["left_ankle"][1], knee_y, hip_y], [marks[n][2] for n in ("left_ankle", "left_knee", "left_hip")]
    )
    grain = 0.10 * noises[0](points * [1, 0.35, 1], 170.0) + 0.03 * np.sin((1.7 * y + x + z) * 2 * np.pi / 0.004)
    albedo = np.asarray(_DENIM) * (1 + grain)[:, None]
    facing = smoothstep(0.0, 0.05, z - leg_z)
    behind = smoothstep(0.0, -0.05, z - leg_z)
    thigh = np.exp(-(((y - 0.5 * (hip_y + knee_y)) / 0.15) ** 2 + ((np.abs(x) - leg_x) / 0.045) ** 2)) * facing
    knee = np.exp(-(((y - knee_y) / 0.055) ** 2)) * facing
    seat = np.exp(-(((y - hip_y - 0.01) / 0.10) ** 2)) * behind
    fade = np.clip(0.75 * thigh + 0.55 * knee + 0.35 * seat, 0, 1) * (1 + 0.4 * noises[1](points, 45.0))
    albedo = mix(albedo, (0.20, 0.245, 0.33), np.clip(0.7 * fade, 0, 1))

    outer = np.where(np.abs(x) > leg_x, z - leg_z, 1.0)  # the side seam
    inner = np.where(np.abs(x) < leg_x, z - leg_z, 1.0) + 1.0 * (y > hip_y - 0.09)
    shadow = _line(outer, 0.0, 0.003) + _line(inner, 0.0, 0.003)
    thread = _line(outer, 0.006, 0.0010) + _line(y, marks["left_ankle"][1] - 0.004, 0.0011)
    pocket_x, pocket_y = (np.abs(x) - 0.085) / 0.055, (y - hip_y - 0.035) / 0.065
    pocket = np.maximum(np.abs(pocket_x), np.abs(pocket_y) + 0.25 * np.abs(pocket_x) * (pocket_y < 0))
    on_seat = behind > 0.5
    thread += on_seat * np.exp(-(((pocket - 1.0) / 0.025) ** 2)) + on_seat * 0.8 * np.exp(
        -(((pocket - 0.92) / 0.02) ** 2)
    )
    albedo = mix(albedo, albedo * 0.5, np.clip(shadow, 0, 1))
    albedo = mix(albedo, _THREAD, 0.75 * np.clip(thread, 0, 1))
    roughness = 0.70 + 0.06 * fade + 0.05 * noises[1](points, 80.0)
    return np.clip(albedo, 0.012, 0.9), roughness


def paint_shoes(worn: Array, normals: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> tuple[Array, Array]:
    """Leather trainers: worn [N, 3] positions and normals [N, 3] on the shoe itself, rest pose."""
    albedo = np.asarray([0.30, 0.115, 0.055]) * (1 + 0.10 * noises[0](worn, 60.0))[:, None]
    side = np.abs(worn[:, 0]) - np.abs(marks["left_foot"][0])
    ahead = worn[:, 2] - marks["left_ankle"][2]
    toe = _line(ahead + 0.6 * side**2 / 0.05, 0.178, 0.0016)
    tongue = smoothstep(0.024, 0.020, np.abs(side)) * smoothstep(0.045, 0.055, ahead) * smoothstep(0.162, 0.156, ahead)
    upward = smoothstep(0.25, 0.5, normals[:, 1])
    albedo = mix(albedo, albedo * 0.55, np.clip(toe * upward + 0.5 * tongue * upward, 0, 1))
    roughness = 0.36 + 0.05 * noises[1](worn, 80.0)
    return np.clip(albedo, 0.012, 0.9), roughness


def paint_socks(points: Array) -> tuple[Array, Array]:
    """Dark ribbed wool."""
    rib = np.sin(np.arctan2(points[:, 0], points[:, 2]) * 300)
    return np.asarray([0.035, 0.038, 0.05]) * (1 + 0.25 * rib)[:, None], np.full(len(points), 0.85)


def _stripe(t: Array, phase: float, half_width: float) -> Array:
    """Soft-edged stripes every period, centered at `phase` of it."""
    away = np.abs((t / _PERIOD - phase + 0.5) % 1.0 - 0.5) * _PERIOD
    return smoothstep(half_width + 0.001, half_width - 0.001, away)


def _line(distance: Array, at: float, half_width: float) -> Array:
    """A thin Gaussian line where `distance` equals `at`."""
    return np.exp(-(((distance - at) / half_width) ** 2))
