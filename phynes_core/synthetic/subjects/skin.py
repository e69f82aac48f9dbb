"""Skin, lips, brows, eyes: colors by position relative to the head joint."""

from dataclasses import dataclass

import numpy as np

from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import Noise, mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array

EYE = np.array([0.0317, 0.0398])  # |x|, y of an eye's middle relative to the head joint, metres
MOUTH_Y = -0.0330
_SHADOW = (0.26, 0.175, 0.145)

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Complexion:
    """Colors of skin and face, linear."""

    skin: Color = (0.47, 0.285, 0.205)
    red: Color = (0.50, 0.20, 0.165)  # of cheeks, nose and elbows
    lip: Color = (0.40, 0.165, 0.145)
    brow: Color = (0.045, 0.030, 0.022)
    stubble: float = 0.32


def paint_skin(
    points: Array, marks: Landmarks, noises: tuple[Noise, ...], complexion: Complexion = Complexion()
) -> tuple[Array, Array]:
    """Albedo [N, 3] and roughness [N] of bare skin: points [N, 3] on the rest body."""
    h = points - marks["head"]
    side, up, forward = np.abs(h[:, 0]), h[:, 1], h[:, 2]
    tone = 1 + 0.05 * noises[0](points, 50.0) + 0.025 * noises[1](points, 210.0)
    albedo = np.asarray(complexion.skin) * tone[:, None]
    roughness = 0.46 + 0.04 * noises[2](points, 90.0)

    face = smoothstep(0.035, 0.06, forward) * smoothstep(-0.075, -0.05, up)
    cheek = np.exp(-((side - 0.045) ** 2 + (up - 0.008) ** 2) / 0.0008) * face
    nose = np.exp(-(h[:, 0] ** 2 / 0.0003 + (up - 0.012) ** 2 / 0.0005)) * smoothstep(0.09, 0.11, forward)
    elbow = np.exp(-((np.abs(points[:, 0]) - marks["left_elbow"][0]) ** 2) / 0.0012) * (points[:, 2] < 0.03)
    albedo = mix(albedo, complexion.red, np.clip(0.30 * cheek + 0.30 * nose + 0.2 * elbow, 0, 1))
    stubble = (
        smoothstep(0.012, -0.02, up - 0.55 * (side - 0.03))
        * smoothstep(-0.085, -0.055, up)
        * smoothstep(-0.02, 0.02, forward)
    )
    stubble *= 1 - 0.8 * np.exp(-((up + 0.02) ** 2) / 0.00006 - side**2 / 0.0006)
    albedo = mix(albedo, _SHADOW, np.clip(complexion.stubble * stubble * (1 + 0.3 * noises[1](points, 600.0)), 0, 1))
    roughness = roughness - 0.06 * nose + 0.05 * stubble

    lips = _lips(side, up) * smoothstep(0.085, 0.095, forward)
    albedo = mix(albedo, complexion.lip, 0.8 * lips)
    line = np.exp(-(((up - MOUTH_Y) / 0.0013) ** 2)) * (side < 0.024) * smoothstep(0.08, 0.09, forward)
    albedo = mix(albedo, (0.10, 0.05, 0.045), 0.75 * line)
    roughness = roughness - 0.10 * lips

    brow = brow_mask(h, noises[3])
    albedo, roughness = mix(albedo, complexion.brow, brow), roughness + 0.1 * brow
    return _paint_eyes(albedo, roughness, h)


def brow_mask(h: Array, noise: Noise) -> Array:  # [N, 3] -> [N]
    """Eyebrows with a feathered edge: thick by the nose, thin outside."""
    side, up = np.abs(h[:, 0]), h[:, 1]
    arch = (
        EYE[1]
        + 0.0185
        + 0.004 * np.sin(np.clip((side - 0.014) / 0.036, 0, 1) * 2.4)
        - 0.05 * np.maximum(side - 0.042, 0)
    )
    thickness = np.interp(side, [0.010, 0.018, 0.040, 0.054], [0.0018, 0.0034, 0.0026, 0.0007])
    feather = 0.25 * noise(np.stack([side * 1.0 + up * 0.8, up * 0.2, h[:, 2] * 0.2], 1), 1300.0)
    ends = smoothstep(0.0090, 0.0165, side) * smoothstep(0.055, 0.050, side) * (h[:, 2] > 0.05)
    return np.clip(np.exp(-(((up - arch) / thickness) ** 2)) * (1.15 + feather), 0, 1) * ends * 0.92


def _lips(side: Array, up: Array) -> Array:
    rise = up - MOUTH_Y
    round_off = np.sqrt(np.clip(1 - (side / 0.0255) ** 2, 0, 1))
    bow = 1 - 0.25 * np.exp(-((side / 0.004) ** 2)) + 0.08 * np.exp(-(((side - 0.007) / 0.004) ** 2))
    upper = smoothstep(1.15, 0.85, rise / np.maximum(0.0068 * round_off * bow, 1e-4)) * (rise >= 0)
    lower = smoothstep(1.15, 0.85, -rise / np.maximum(0.0090 * round_off, 1e-4)) * (rise < 0)
    return (upper + lower) * smoothstep(0.0255, 0.0235, side)


def _paint_eyes(albedo: Array, roughness: Array, h: Array) -> tuple[Array, Array]:
    across, up = np.abs(h[:, 0]) - EYE[0], h[:, 1] - EYE[1]
    front = h[:, 2] > 0.07
    # the outline of an eye: two arcs, the upper one higher
    height = np.where(up > 0, 0.0050, 0.0036) * np.sqrt(np.clip(1 - (across / 0.0118) ** 2, 0, 1))
    open_eye = smoothstep(1.06, 0.92, np.abs(up) / np.maximum(height, 3e-4)) * front * (np.abs(across) < 0.0117)
    radius = np.hypot(across, up)
    eye = mix(np.tile([0.60, 0.56, 0.53], (len(h), 1)), (0.045, 0.03, 0.02), smoothstep(0.0056, 0.0050, radius))
    eye = mix(eye, (0.14, 0.085, 0.04), smoothstep(0.0050, 0.0040, radius) * 0.9)
    eye = mix(eye, (0.008, 0.008, 0.008), smoothstep(0.0024, 0.0018, radius))
    eye = mix(eye, eye * 0.5, smoothstep(0.0014, 0.0044, up))  # the upper lid's shadow
    lash = np.exp(-(((up - height) / 0.0011) ** 2)) * (up > 0) + 0.4 * np.exp(-(((up + height) / 0.0009) ** 2)) * (
        up < 0
    )
    lash = np.clip(lash, 0, 1) * (np.abs(across) < 0.0125) * front
    crease = np.exp(-(((up - 0.0072 + 14 * across**2) / 0.0016) ** 2)) * (np.abs(across) < 0.013) * front
    albedo = mix(albedo, (0.22, 0.125, 0.10), 0.5 * crease)
    albedo, roughness = mix(albedo, eye, open_eye), roughness * (1 - open_eye) + 0.22 * open_eye
    return mix(albedo, (0.03, 0.02, 0.018), 0.85 * lash), roughness
