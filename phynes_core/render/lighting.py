"""All the light of a scene: one environment (or none), any number of distant lamps, and lamps near the body."""

from dataclasses import dataclass, replace

import torch

from phynes_core.conventions import LUMINANCE, NUM_PROBES, PROBE_COLUMNS, PROBE_ROWS
from phynes_core.render.bright_sources import split_bright_sources
from phynes_core.render.lamps import AreaLamp, Lamp
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


KINDS = ("lamp", "source", "probe")


def one_light(
    lighting: Lighting,
    name: str,  # "lamp:0", "source:0", "probe:137", or "" for the first lamp, else the brightest source, else probe
    most_sources: int,  # bright sources of the environment that count as lamps, as in RenderOptions
) -> Lighting:
    """The named light, white and bright; ValueError names what there is."""
    split = lighting.split(most_sources)
    groups = {"lamp": (*split.lamps, *split.area_lamps), "source": split.sources}
    if not name:
        name = next((f"{kind}:0" for kind, lamps in groups.items() if lamps), f"probe:{_brightest_probe(split)}")
    kind, _, number = name.partition(":")
    counts = {kind: len(lamps) for kind, lamps in groups.items()} | {"probe": NUM_PROBES}
    if kind not in counts or not number.isdecimal() or int(number) >= counts[kind]:
        offered = ", ".join(f"{kind}:0 to {kind}:{count - 1}" for kind, count in counts.items() if count)
        raise ValueError(f"light: expected one of {offered}, got '{name}'")
    if kind == "probe":
        cells = torch.zeros(PROBE_ROWS * PROBE_COLUMNS, 3)
        cells[int(number)] = 1.0
        return Lighting(Environment(cells.view(PROBE_ROWS, PROBE_COLUMNS, 3)))
    lamp = replace(groups[kind][int(number)], intensity=1.0, color=(1.0, 1.0, 1.0))  # seen even when it is turned off
    return Lighting(area_lamps=(lamp,)) if isinstance(lamp, AreaLamp) else Lighting(lamps=(lamp,))


def _brightest_probe(lighting: Lighting) -> int:
    power = lighting.probes().power @ torch.tensor(LUMINANCE)
    return int(power.argmax())
