"""From a LightState to the engine's Lighting, the 16 x 32 probes of the panels, and the environment as a backdrop."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from app.model.blackbody import lamp_color
from app.model.fields import Rgb, wrap_deg
from app.model.lamps import LampState, shining
from app.model.lights import PROBE_COLUMNS, PROBE_ROWS, LightState
from app.model.view_state import ViewState
from app.rendering.frames import LARGEST_HALF
from phynes_core.conventions import direction_to_latlong, latlong_directions, orbit_direction
from phynes_core.render.lamps import AreaLamp, Lamp
from phynes_core.render.lighting import Lighting, one_light
from phynes_core.render.probes import Environment, environment_to_probes

BLUR_SHARPNESS = 40.0  # k of the blur kernel exp(k cos): half as bright at 11 degrees
BLUR_ROWS, BLUR_COLUMNS = 32, 64


@dataclass(frozen=True, eq=False)
class ShownEnvironment:
    """The environment as a backdrop. The images are the same objects as long as they do not change."""

    sharp: np.ndarray  # [h, w, 3] float16 linear, lat-long as in conventions.py, before the yaw
    blurred: np.ndarray  # [32, 64, 3] float16 linear
    yaw_deg: float
    scale: Rgb  # intensity times tint


@dataclass(frozen=True, eq=False)
class BuiltLight:
    """The light of a state in every form that the viewer needs."""

    lighting: Lighting
    probe_radiance: Tensor  # [16, 32, 3] linear: environment and painted probes, without lamps
    environment: ShownEnvironment | None  # None: there is no surrounding light


class LightingCache:
    """Builds lights and keeps the last one, so that an unchanged environment is the same object."""

    def __init__(self, read_image: Callable[[str], Tensor]) -> None:
        self._read_image = read_image
        self._last: tuple[tuple[object, ...], BuiltLight] | None = None
        self._images: dict[int, tuple[Tensor, np.ndarray, np.ndarray]] = {}  # id of an image -> it, sharp, blurred

    def build(
        self,
        captured: Tensor,  # [16, 32, 3] the light learned in training
        light: LightState,
        center: Tensor,  # [3] world, the point that area lamps are placed around
    ) -> BuiltLight:
        """The light of a state; raises PhynesError for a file that cannot be read."""
        if any(lamp.is_on and lamp.is_solo for lamp in light.lamps):
            light = replace(light, mode="none", probe_edits=())
        key = id(captured), replace(light, lamps=())
        if self._last is None or self._last[0] != key:
            self._last = (key, self._surroundings(captured, light))
        suns, near = engine_lamps(light.lamps, center)
        built = self._last[1]
        return replace(built, lighting=replace(built.lighting, lamps=suns, area_lamps=near))

    def _surroundings(self, captured: Tensor, light: LightState) -> BuiltLight:
        """All light but the lamps: painted cells replace probes and bright sources there; `turn_deg` turns all."""
        if light.mode == "environment" and light.environment:
            image = self._read_image(light.environment)
        elif light.mode == "none":
            image = torch.zeros(PROBE_ROWS, PROBE_COLUMNS, 3)
            if not light.probe_edits:
                return BuiltLight(Lighting(), image, None)  # lamps alone
        else:
            image = captured
        yaw_deg = light.yaw_deg if light.probe_edits else wrap_deg(light.yaw_deg + light.turn_deg)
        base = Lighting(Environment(image, yaw_deg, light.intensity, light.tint))
        if not light.probe_edits:
            red, green, blue = (light.intensity * channel for channel in light.tint)
            shown = base.probes().radiance.view(PROBE_ROWS, PROBE_COLUMNS, 3)
            return BuiltLight(base, shown, self._shown_environment(image, yaw_deg, (red, green, blue)))
        split = base.split(light.bright_sources)
        painted = dict(light.probe_edits)
        sources = tuple(
            replace(source, azimuth_deg=source.azimuth_deg + light.turn_deg)
            for source in split.sources
            if cell_of(source) not in painted
        )
        shown, rest = base.probes().radiance.clone(), split.probes().radiance.clone()  # rest: without bright sources
        for cell, radiance in painted.items():
            shown[cell] = rest[cell] = torch.tensor(radiance)
        shown, rest = (cells.view(PROBE_ROWS, PROBE_COLUMNS, 3) for cells in (shown, rest))
        environment = self._shown_environment(shown, light.turn_deg, (1.0, 1.0, 1.0))
        return BuiltLight(Lighting(Environment(rest, light.turn_deg), sources=sources), shown, environment)

    def _shown_environment(self, image: Tensor, yaw_deg: float, scale: Rgb) -> ShownEnvironment:
        if id(image) not in self._images:
            while len(self._images) >= 4:
                self._images.pop(next(iter(self._images)))
            sharp, soft = (_half(picture) for picture in (image, blurred(image)))
            self._images[id(image)] = (image, sharp, soft)
        _, sharp, soft = self._images[id(image)]
        return ShownEnvironment(sharp, soft, yaw_deg, scale)


def engine_lamps(
    lamps: tuple[LampState, ...],
    center: Tensor,  # [3] world, the point that area lamps are placed around
) -> tuple[tuple[Lamp, ...], tuple[AreaLamp, ...]]:
    """The engine's lamps of those that are on: suns, and area lamps around the center."""
    suns, near = [], []
    for lamp in shining(lamps):
        color = lamp_color(lamp)
        if lamp.kind == "area":
            x, y, z = (center + lamp.distance_m * orbit_direction(lamp.azimuth_deg, lamp.elevation_deg)).tolist()
            near.append(AreaLamp((x, y, z), lamp.intensity, color, lamp.radius_m))
        else:
            suns.append(Lamp(lamp.azimuth_deg, lamp.elevation_deg, lamp.intensity, color, lamp.angular_radius_deg))
    return tuple(suns), tuple(near)


def light_alone(
    state: ViewState,
    lighting: Lighting,
    center: Tensor,  # [3] world, the point that area lamps are placed around
) -> Lighting:
    """The one light that the buffer light_visibility shows; where it does not exist, the engine chooses one."""
    kind, _, number = state.display.shown_light.partition(":")
    lamps, most = state.light.lamps, state.light.bright_sources
    if kind == "lamp" and number.isdecimal() and int(number) < len(lamps):
        suns, near = engine_lamps((replace(lamps[int(number)], is_on=True),), center)
        return one_light(Lighting(lamps=suns, area_lamps=near), "lamp:0", most)
    try:
        return one_light(lighting, state.display.shown_light, most)
    except ValueError:
        return one_light(lighting, "", most)


def cell_of(lamp: Lamp) -> int:
    """Index of the probe cell that a lamp's direction lies in."""
    u, v = direction_to_latlong(lamp.direction).tolist()
    row, column = min(int(v * PROBE_ROWS), PROBE_ROWS - 1), int(u * PROBE_COLUMNS) % PROBE_COLUMNS
    return row * PROBE_COLUMNS + column


def blurred(image: Tensor) -> Tensor:  # [H, W, 3] -> [32, 64, 3]
    """A blurred environment, lat-long."""
    probes = environment_to_probes(Environment(image), BLUR_ROWS, BLUR_COLUMNS)
    directions = latlong_directions(BLUR_ROWS, BLUR_COLUMNS).reshape(-1, 3)
    weight = torch.exp(BLUR_SHARPNESS * (directions @ probes.directions.T - 1.0)) * probes.solid_angle
    return (weight @ probes.radiance / weight.sum(-1, keepdim=True)).view(BLUR_ROWS, BLUR_COLUMNS, 3)


def _half(image: Tensor) -> np.ndarray:
    return np.ascontiguousarray(image.clamp(max=LARGEST_HALF).to(torch.float16).numpy())
