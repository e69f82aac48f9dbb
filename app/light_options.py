"""The options that say what shines and what stands around the avatar; opening_light.py makes the state."""

from dataclasses import dataclass
from typing import Annotated

import tyro


@dataclass(frozen=True, kw_only=True)
class LightOptions:
    """Light and stage."""

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
