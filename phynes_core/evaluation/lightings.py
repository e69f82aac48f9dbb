"""The ways in which an environment is shown to an avatar, whose difference the report tabulates."""

from torch import Tensor

from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

PROBES = "512_probes"


def lightings(image: Tensor) -> dict[str, Lighting]:  # [H, W, 3] linear
    """By name, the best one last."""
    return {PROBES: Lighting(Environment(image))}
