"""From options to the light and the stage that a command starts with."""

import math
import re
from dataclasses import replace
from pathlib import Path

from app.arguments import check_number, parse_numbers
from app.cli import UsageError
from app.edits import MAX_LAMPS
from app.light_options import LightOptions
from app.light_rigs import load_rig
from app.light_state import LampState, LightState, Rgb, StageState
from app.shipped_files import shipped_path
from phynes_core.errors import ImageError
from phynes_core.io.shipped_files import ASSETS

MAX_SOURCES = 64  # more would cost more rays than the probes
SUN_NAMES = ("az", "el", "intensity", "radius")
AREA_NAMES = ("x", "y", "z", "intensity", "radius")


def opening_light(options: LightOptions) -> LightState:
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


def opening_stage(options: LightOptions, background: str) -> StageState:  # of light_state.BACKDROPS
    """What stands around the avatar."""
    return StageState(background, has_ground=options.ground, has_balls=options.balls)


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
