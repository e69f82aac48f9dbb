"""The options that say what shines and what stands around the avatar, and the light that they make."""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from app.files.light_rigs import load_rig
from app.model.fields import Rgb
from app.model.lights import MAX_LAMPS, LampState, LightState, Surroundings
from app.options.arguments import UsageError, check_number, parse_numbers
from phynes_core.errors import ImageError
from phynes_core.io.shipped_files import ASSETS, shipped_path


@dataclass(frozen=True, kw_only=True)
class LightOptions:
    """Light and surroundings."""

    probe: str = ""
    """The surrounding light: a lat-long .exr, .hdr or .png, a bare name in assets/probes, "captured" (the light
    learned in training) or "none" (lamps alone). When left out: the rig's, or as captured."""
    probe_yaw: float = 0.0
    """Turn the surrounding light about +Y, degrees: what stood at +Z stands at +X after 90."""
    probe_intensity: float = 1.0
    """Scale the surrounding light."""
    probe_tint: Annotated[str, tyro.conf.arg(metavar="R,G,B")] = ""
    """Color of the surrounding light, linear factors."""
    bright_sources: int = 8
    """Most small bright sources of the surrounding light (sun, windows, bulbs) that become lamps with shadow rays of
    their own; 0 leaves all to the probes."""
    lamp: tuple[str, ...] = ()
    """az,el,intensity[,radius]: a sun with shadow rays of its own that joins the other light; degrees, irradiance on a
    facing surface, angular radius in degrees (2). area:x,y,z,intensity[,radius]: a glowing sphere; metres from the
    pelvis in world axes, irradiance on a surface that faces it from 1 m, radius in metres (0.1). A color temperature in
    Kelvin may follow: 60,30,3.14@3200. Repeatable."""
    rig: str = ""
    """A light rig saved in the viewer (.json), or three-point, rim, top, candle."""
    ground: bool = False
    """A floor that catches the avatar's shadow and a faint reflection; it is part of the picture's alpha."""
    balls: bool = False
    """The chrome and the gray ball of a film set in the corner: what light there is, at one glance."""
    background_color: str = ""
    """sRGB as RRGGBB, for --background color."""


MAX_SOURCES = 64  # more would cost more rays than the probes
SUN_NAMES = ("az", "el", "intensity", "radius")
AREA_NAMES = ("x", "y", "z", "intensity", "radius")


def light_from_options(options: LightOptions) -> LightState:
    """The surrounding light, the rig's lamps and the single ones; raises PhynesError."""
    check_number("--probe-yaw", options.probe_yaw)
    check_number("--probe-intensity", options.probe_intensity, 0.0)
    check_number("--bright-sources", options.bright_sources, 0, MAX_SOURCES)
    lamps, sky = load_rig(options.rig) if options.rig else ((), None)
    light = sky_of(options.probe) if options.probe or sky is None else sky
    lamps += tuple(parse_lamp(text) for text in options.lamp)
    if len(lamps) > MAX_LAMPS:
        raise UsageError(f"--lamp: expected at most {MAX_LAMPS} lamps with those of --rig, got {len(lamps)}")
    red, green, blue = parse_numbers("--probe-tint", options.probe_tint or "1,1,1", ("r", "g", "b"))
    if min(red, green, blue) < 0:
        raise UsageError(f"--probe-tint: expected factors of at least 0, got {options.probe_tint!r}")
    return replace(
        light,
        yaw_deg=light.yaw_deg + options.probe_yaw,
        intensity=light.intensity * options.probe_intensity,
        tint=(light.tint[0] * red, light.tint[1] * green, light.tint[2] * blue),
        bright_sources=options.bright_sources,
        lamps=lamps,
    )


def surroundings_from_options(options: LightOptions, background: str) -> Surroundings:  # of light_state.BACKDROPS
    """What stands around the avatar."""
    return Surroundings(background, has_ground=options.ground, has_balls=options.balls)


def background_color(text: str, default: Rgb) -> Rgb:  # sRGB in [0, 1]
    """What --background-color RRGGBB means."""
    if not text:
        return default
    if not re.fullmatch(r"#?[0-9a-fA-F]{6}", text):
        raise UsageError(f"--background-color: expected RRGGBB as in 1f2024, got {text!r}")
    red, green, blue = (int(text.lstrip("#")[start : start + 2], 16) / 255.0 for start in (0, 2, 4))
    return red, green, blue


def sky_of(probe: str) -> LightState:
    """An environment by bare name or path, "captured", "none"."""
    if probe in ("", "captured"):
        return LightState()
    if probe == "none":
        return LightState(mode="none")
    return LightState(mode="environment", environment=str(probe_file(probe).resolve()))


def parse_lamp(text: str) -> LampState:
    """The lamp that --lamp means."""
    place, _, kelvin = text.partition("@")
    temperature_k = parse_numbers("--lamp", kelvin, ("kelvin",))[0] if kelvin else 0.0
    if kelvin:
        check_number("--lamp: temperature", temperature_k, 1000.0, 15000.0)
    white = LampState(color=(1.0, 1.0, 1.0), temperature_k=temperature_k)
    if place.startswith("area:"):
        x, y, z, intensity, *radius = parse_numbers("--lamp", place[5:], AREA_NAMES, num_required=4)
        distance = math.sqrt(x * x + y * y + z * z)
        if intensity < 0 or distance < 1e-3 or (radius and not 0 <= radius[0] < distance):
            raise UsageError(
                f"--lamp: expected an intensity of at least 0, a place beside the pelvis and a radius in metres below "
                f"the distance, got {text!r}"
            )
        azimuth, elevation = math.degrees(math.atan2(x, z)), math.degrees(math.asin(y / distance))
        lamp = replace(white, azimuth_deg=azimuth, elevation_deg=elevation, kind="area", distance_m=distance)
        return replace(lamp, intensity=intensity, radius_m=radius[0] if radius else lamp.radius_m)
    azimuth, elevation, intensity, *radius = parse_numbers("--lamp", place, SUN_NAMES, num_required=3)
    if intensity < 0 or (radius and not 0 <= radius[0] < 90):
        raise UsageError(f"--lamp: expected an intensity of at least 0 and a radius in [0, 90) degrees, got {text!r}")
    lamp = replace(white, azimuth_deg=azimuth, elevation_deg=elevation, intensity=intensity)
    return replace(lamp, angular_radius_deg=radius[0]) if radius else lamp


def probe_file(name: str) -> Path:
    """The environment that a bare name in assets/probes or a path means."""
    names = sorted(path.stem for path in (ASSETS / "probes").glob("*.exr"))
    if name in names:
        return ASSETS / "probes" / f"{name}.exr"
    path = shipped_path(name)
    if not path.is_file():
        raise ImageError(f"--probe {name}: no such file; in assets/probes: {', '.join(names)}; also captured and none")
    return path
