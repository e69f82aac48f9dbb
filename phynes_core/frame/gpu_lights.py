"""The lights of a frame as the GPU's passes read them: those with bits at the vertices, then groups with bits a pixel.

Each begins at a multiple of 32 lights: probes and bright sources at the vertices, then sources, lamps and each lamp
near the bodies. A lamp near the bodies is one entry, its middle, radius and power, and as many rays as it is asked for.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from phynes_core.frame.gpu_arrays import padded_rows, vectors
from phynes_core.frame.kept import Kept, Result, version_of
from phynes_core.frame.lights import Rays
from phynes_core.render.bright_sources import source_rays
from phynes_core.render.ground import GroundGrids
from phynes_core.render.lamps import AreaLamp, lamp_rays
from phynes_core.render.lighting import Lighting

_WORD = 32  # lights
_MOST_GROUPS = 16
_NEAR = 1  # the kind of a group: a lamp near the bodies
Supplied = tuple[str, Hashable, Callable[[], np.ndarray]]  # name, version, content


@dataclass(frozen=True)
class GpuLights:
    """Values and arrays, by their names in frame.json."""

    values: dict[str, Any]
    arrays: tuple[Supplied, ...]

    @staticmethod
    def of(kept: Kept, options: Mapping[str, Any]) -> "GpuLights":
        """From the frame's nodes; without any light where none is wanted."""
        table = _Table()
        if options["wants_light"]:
            probes, sources, lamps = (kept.result(name) for name in ("probes", "source_rays", "lamp_rays"))
            has_vertex_sources = options["has_vertex_sources"]
            if probes.value is not None and not options["exact_visibility"]:
                table.at_vertices("probe", kept.result("probe_directions"), probes)
            if sources.value is not None and has_vertex_sources:
                table.at_vertices("source", kept.result("source_directions"), sources)
            if probes.value is not None and options["exact_visibility"]:
                table.at_pixels(kept.result("probe_directions"), probes)
            if sources.value is not None and not has_vertex_sources:
                table.at_pixels(kept.result("source_directions"), sources)
            if lamps.value is not None:
                table.at_pixels(kept.result("lamp_directions"), lamps)
            for lamp in options["area_lamps"]:
                table.near(lamp, options["lamp_samples"])
        return table.finished()


def floor_lights(lighting: Lighting, grids: GroundGrids) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Values and arrays of the floor's passes: the sky on a coarse grid, lamps and bright sources on a fine one."""
    sky, lamps = _Table(), _Table()
    if lighting.environment is not None:
        probes = lighting.probes()
        sky.plain(probes.directions, probes.power)
    if lighting.lamps:
        lamps.plain(*lamp_rays(lighting.lamps, grids.lamp_samples))
    if lighting.sources:
        lamps.plain(*source_rays(lighting.sources, grids.lamp_samples))
    for lamp in lighting.area_lamps:
        lamps.near(lamp, grids.lamp_samples)
    values, arrays = {}, {}
    for name, table in (("sky", sky), ("lamp", lamps)):
        made = table.finished()
        values |= {f"{name}_floor_{part}": made.values[part] for part in ("groups", "num_groups")}
        values[f"{name}_floor_rays"] = made.values["pixel_rays"]
        arrays[f"{name}_floor_lights"] = next(make for part, _, make in made.arrays if part == "lights")()
    return values, arrays


class _Table:
    def __init__(self) -> None:
        self._words = {"probe": 0, "source": 0}
        self._counts = {"probe": 0, "source": 0}
        self._directions: list[Supplied] = []
        self._rows: list[tuple[Hashable, Hashable, Callable[[], np.ndarray]]] = []  # [N, 2, 4] a light
        self._groups: list[list[int]] = []
        self._num_lights, self._pixel_words, self._num_rays = 0, 0, 0

    def at_vertices(self, name: str, directions: Any, lights: Any) -> None:
        """Lights with bits at the vertices."""
        count = len(directions.value)
        self._words[name], self._counts[name] = -(-count // _WORD), count
        self._directions.append((f"{name}_directions", directions.version, lambda: vectors(directions.value)))
        self._add(directions.version, lights, count)

    def at_pixels(self, directions: Any, lights: Any) -> None:
        """Lights with bits of each pixel."""
        count = len(directions.value)
        self._groups.append([0, self._num_lights, count, self._pixel_words])
        self._add(directions.version, lights, count)
        self._pixel_words += -(-count // _WORD)
        self._num_rays += count

    def plain(self, directions: torch.Tensor, power: torch.Tensor) -> None:
        """Lights without bits."""
        rays = Result(Rays(directions, power), None)
        self.at_pixels(Result(directions, None), rays)

    def near(self, lamp: AreaLamp, samples: int) -> None:
        """A lamp near the bodies."""
        self._groups.append([_NEAR, self._num_lights, samples, self._pixel_words])
        power = [channel * lamp.intensity for channel in lamp.color]
        row = np.array([[[*lamp.position, lamp.radius_m], [*power, 0.0]]], np.float32)
        self._rows.append(((lamp.position, lamp.radius_m), version_of(lamp), lambda: padded_rows(row, _WORD)))
        self._num_lights += _WORD
        self._pixel_words += -(-samples // _WORD)
        self._num_rays += samples

    def _add(self, made_of: Hashable, lights: Any, count: int) -> None:
        def rows() -> np.ndarray:
            pairs = torch.stack([lights.value.directions, lights.value.power], 1).reshape(-1, 3)
            return padded_rows(vectors(pairs).reshape(-1, 2, 4), _WORD)

        self._rows.append((made_of, lights.version, rows))
        self._num_lights += -(-count // _WORD) * _WORD

    def finished(self) -> GpuLights:
        """Every number and array that the passes ask for."""
        groups = np.zeros((_MOST_GROUPS, 4), np.uint32)
        groups[: len(self._groups)] = np.array(self._groups, np.uint32).reshape(-1, 4)
        rays, all_rows = tuple(row[0] for row in self._rows), [row[2] for row in self._rows]

        def joined() -> np.ndarray:
            return np.concatenate([np.zeros((0, 2, 4), np.float32), *(make() for make in all_rows)])

        values = {
            "groups": groups, "num_groups": len(self._groups), "pixel_words": self._pixel_words,
            "pixel_rays": self._num_rays,
        }  # fmt: skip
        for name in ("probe", "source"):
            values |= {f"{name}_words": self._words[name], f"{name}_count": self._counts[name]}
        arrays = [
            *self._directions,
            ("lights", tuple(row[1] for row in self._rows), joined),
            ("ray_lights", rays, joined),  # the powers in it are never read: dimming a lamp traces nothing
        ]
        return GpuLights(values, tuple(arrays))
