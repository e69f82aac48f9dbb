"""One light of many, alone: under it the visibility buffer tells where that light reaches."""

from dataclasses import replace

import torch

from phynes_core.conventions import NUM_PROBES, PROBE_COLUMNS, PROBE_ROWS
from phynes_core.render.area_lamps import AreaLamp
from phynes_core.render.bright_sources import LUMINANCE
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

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
    power = lighting.probes().power @ torch.tensor(LUMINANCE, dtype=torch.float32)
    return int(power.argmax())
