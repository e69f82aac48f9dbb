"""The ways in which an environment is shown to an avatar, whose difference the report tabulates."""

from torch import Tensor

from phynes_core.data.ground_truth import GroundTruth
from phynes_core.frame.options import RenderOptions
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

PROBES, LAMPS = "probes_only", "probes_and_lamps"


class LightImages:
    """Pictures of lights, read once: their bright sources are remembered by the picture's identity."""

    def __init__(self, truth: GroundTruth) -> None:
        self._truth = truth
        self._images: dict[str, Tensor] = {}

    def lighting(self, light: str) -> Lighting:
        """The environment as it is. Raises CaptureError where the capture does not know it."""
        if light not in self._images:
            self._images[light] = self._truth.light_image(light)
        return Lighting(Environment(self._images[light]))

    def ways(self, light: str) -> dict[str, Lighting]:
        """512 probes alone, and with bright sources as lamps where the light has some."""
        whole = self.lighting(light)
        split = whole.split(RenderOptions().bright_sources)
        return {PROBES: whole} | ({LAMPS: split} if split.sources else {})
