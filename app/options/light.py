"""The options for light and surroundings, and the states made from them."""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from app.files.light_rigs import load_rig
from app.model.fields import Rgb
from app.model.lamps import MAX_LAMPS, LampState
from app.model.lights import LightState, Surroundings
from app.options.arguments import UsageError, check_field, parse_numbers
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
    pelvis in world axes, irradiance on a surface that faces it from 1 m, radius in metres (0.1). A color
    temperature of 1000 to 40000 K may follow: 60,30,3.14@3200. Repeatable."""
    rig: str = ""
    """A light rig saved in the viewer (.json), or three-point, rim, top, candle."""
    ground: bool = False
    """A floor that catches the avatar's shadow and a faint reflection; it is part of the picture's alpha."""
    balls: bool = False
    """The chrome and the gray ball of a film set in the corner: what light there is, at one glance."""
    background_color: str = ""
    """sRGB as RRGGBB, for --background color."""


SUN_NAMES = ("az", "el", "intensity", "radius")
AREA_NAMES = ("x", "y", "z", "intensity", "radius")
LAMP_NUMBERS = (
    "azimuth_deg", "elevation_deg", "intensity", "angular_radius_deg", "distance_m", "radius_m", "temperature_k",
)  # fmt: skip


def light_from_options(options: LightOptions) -> LightState:
    """The light of --probe, --rig and --lamp; raises PhynesError."""
    check_field("--bright-sources", options.bright_sources, LightState, "bright_sources")
    lamps, surrounding = load_rig(options.rig) if options.rig else ((), None)
    light = light_of_probe(options.probe) if options.probe or surrounding is None else surrounding
    lamps += tuple(parse_lamp(text) for text in options.lamp)
    if len(lamps) > MAX_LAMPS:
        raise UsageError(f"--lamp: expected at most {MAX_LAMPS} lamps with those of --rig, got {len(lamps)}")
    yaw_deg, intensity = light.yaw_deg + options.probe_yaw, light.intensity * options.probe_intensity
    factors = parse_numbers("--probe-tint", options.probe_tint or "1,1,1", ("r", "g", "b"))
    red, green, blue = (factor * channel for factor, channel in zip(factors, light.tint, strict=True))
    check_field("--probe-yaw", yaw_deg, LightState, "yaw_deg")
    check_field("--probe-intensity", intensity, LightState, "intensity")
    for channel in (red, green, blue):
        check_field("--probe-tint", channel, LightState, "tint")
    return replace(
        light, yaw_deg=yaw_deg, intensity=intensity, tint=(red, green, blue), bright_sources=options.bright_sources,
        lamps=lamps,
    )  # fmt: skip


def surroundings_from_options(options: LightOptions, background: str) -> Surroundings:  # of BACKDROPS
    """The backdrop, the floor and the balls."""
    return Surroundings(background, has_ground=options.ground, has_balls=options.balls)


def background_color(text: str, default: Rgb) -> Rgb:  # sRGB in [0, 1]
    """The color of --background-color RRGGBB; raises UsageError."""
    if not text:
        return default
    if not re.fullmatch(r"#?[0-9a-fA-F]{6}", text):
        raise UsageError(f"--background-color: expected RRGGBB as in 1f2024, got {text!r}")
    red, green, blue = (int(text.lstrip("#")[start : start + 2], 16) / 255.0 for start in (0, 2, 4))
    return red, green, blue


def light_of_probe(probe: str) -> LightState:
    """The surrounding light of --probe: an environment's bare name or path, "captured" or "none"; raises ImageError."""
    if probe in ("", "captured"):
        return LightState()
    if probe == "none":
        return LightState(mode="none")
    return LightState(mode="environment", environment=str(probe_file(probe).resolve()))


def parse_lamp(text: str) -> LampState:
    """The lamp of --lamp; raises UsageError."""
    where, _, kelvin = text.partition("@")
    temperature_k = parse_numbers("--lamp", kelvin, ("kelvin",))[0] if kelvin else 0.0
    white = LampState(color=(1.0, 1.0, 1.0), temperature_k=temperature_k)
    if where.startswith("area:"):
        x, y, z, intensity, *radius = parse_numbers("--lamp", where[5:], AREA_NAMES, num_required=4)
        distance = math.sqrt(x * x + y * y + z * z)
        azimuth = math.degrees(math.atan2(x, z))
        elevation = math.degrees(math.asin(y / distance)) if distance else 0.0
        lamp = replace(
            white, azimuth_deg=azimuth, elevation_deg=elevation, intensity=intensity, kind="area", distance_m=distance,
            radius_m=radius[0] if radius else white.radius_m,
        )  # fmt: skip
        if radius and not lamp.radius_m < distance:
            raise UsageError(f"--lamp: expected a radius in metres below the distance from the pelvis, got {text!r}")
    else:
        azimuth, elevation, intensity, *radius = parse_numbers("--lamp", where, SUN_NAMES, num_required=3)
        lamp = replace(
            white, azimuth_deg=azimuth, elevation_deg=elevation, intensity=intensity,
            angular_radius_deg=radius[0] if radius else white.angular_radius_deg,
        )  # fmt: skip
    for name in LAMP_NUMBERS:
        check_field(f"--lamp: {name}", getattr(lamp, name), LampState, name)
    return lamp


def probe_file(name: str, option: str = "--probe") -> Path:
    """The file of a bare name in assets/probes or of a path; raises ImageError."""
    names = sorted(path.stem for path in (ASSETS / "probes").glob("*.exr"))
    if name in names:
        return ASSETS / "probes" / f"{name}.exr"
    path = shipped_path(name)
    if not path.is_file():
        raise ImageError(f"{option} {name}: no such file; in assets/probes: {', '.join(names)}; also captured and none")
    return path
