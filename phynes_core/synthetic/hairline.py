"""Where hair begins."""

import numpy as np

from phynes_core.synthetic.landmarks import Landmarks
from phynes_core.synthetic.noise import Noise
from phynes_core.synthetic.subdivision import Array

# hairline height above the head joint (metres) against azimuth from the face (degrees): forehead, temple, sideburn,
# over the ear, behind it, nape
_HAIRLINE_DEG = np.array([0.0, 22, 40, 55, 68, 78, 88, 104, 118, 135, 180])
_HAIRLINE_M = np.array([0.108, 0.110, 0.104, 0.078, 0.040, 0.022, 0.052, 0.056, 0.022, -0.012, -0.022])


def hair_field(points: Array, marks: Landmarks, noise: Noise) -> Array:
    """Short hair: a hairline by azimuth with an irregular edge; ears stay free."""
    h = points - marks["head"]
    azimuth = np.degrees(np.arctan2(np.abs(h[:, 0]), h[:, 2] - 0.012))
    line = np.interp(azimuth, _HAIRLINE_DEG, _HAIRLINE_M)
    strands = noise(h * [1.0, 0.25, 1.0], 700.0) * 0.004 + noise(h, 160.0) * 0.003
    ear = (np.abs(h[:, 0]) > 0.0735) & (h[:, 1] < 0.052) & (h[:, 2] > -0.075)
    return np.where(ear | (points[:, 1] < marks["neck"][1] + 0.03), -1.0, h[:, 1] - line + strands)
