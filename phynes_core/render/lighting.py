"""All the light of a scene: one environment (or none), any number of distant lamps, and lamps near the body."""

from dataclasses import dataclass, replace

import torch

from phynes_core.conventions import PROBE_COLUMNS, PROBE_ROWS
from phynes_core.render.area_lamps import AreaLamp
from phynes_core.render.bright_sources import split_bright_sources
from phynes_core.render.lamps import Lamp
from phynes_core.render.probes import Environment, Probes, environment_to_probes, probes_from_image


@dataclass(frozen=True)
class Lighting:
    """What shines. The environment may be a 16 x 32 image, as the light learned in training is."""

    environment: Environment | None = None
    lamps: tuple[Lamp, ...] = ()
    sources: tuple[Lamp, ...] = ()  # what `split` took out of the environment
    area_lamps: tuple[AreaLamp, ...] = ()

    def split(self, most: int) -> "Lighting":
        """The same light with at most so many small bright sources of the environment as lamps of their own."""
        if self.environment is None:
            return self
        rest, found = split_bright_sources(self.environment, most)
        return replace(self, environment=rest, sources=self.sources + found) if found else self

    def probes(self) -> Probes:
        """The environment on the fixed 16 x 32 grid; all black when there is none."""
        if self.environment is None:
            return probes_from_image(torch.zeros(PROBE_ROWS, PROBE_COLUMNS, 3))
        return environment_to_probes(self.environment)
