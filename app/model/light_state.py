"""The part of the ViewState that says what shines, and what stands around the avatar."""

import math
from dataclasses import dataclass, replace

Rgb = tuple[float, float, float]

LIGHT_MODES = ("captured", "environment", "none")
LAMP_KINDS = ("sun", "area")
BACKDROPS = ("color", "checker", "blurred", "environment", "none")


@dataclass(frozen=True)
class LampState:
    """A light the user drags: far away like the sun, or a glowing sphere near the body."""

    azimuth_deg: float = 40.0
    elevation_deg: float = 35.0
    angular_radius_deg: float = 2.0  # of a sun
    color: Rgb = (1.0, 0.93, 0.8)  # linear; what shines while temperature_k is 0
    intensity: float = (
        2.0 * math.pi
    )  # irradiance on a surface that faces a sun, or an area lamp 1 m away; pi makes a white wall look white
    kind: str = "sun"  # of LAMP_KINDS
    distance_m: float = 1.5  # of an area lamp, from the pelvis
    radius_m: float = 0.1  # of an area lamp
    temperature_k: float = 0.0  # above 0: the color of a black body, whatever `color` is
    is_on: bool = True


@dataclass(frozen=True)
class LightState:
    """Everything that lights the avatar."""

    mode: str = "captured"  # of LIGHT_MODES
    environment: str = ""  # path of a lat-long image, used when mode is "environment"
    yaw_deg: float = 0.0
    intensity: float = 1.0
    tint: Rgb = (1.0, 1.0, 1.0)
    probe_edits: tuple[tuple[int, Rgb], ...] = ()  # (cell = row * 32 + column, radiance) painted over the light, sorted
    lamps: tuple[LampState, ...] = ()
    bright_sources: int = 8  # most suns, windows and bulbs of the environment that become lamps
    turn_deg: float = 0.0  # turns environment and painted probes together; only turntables use it


@dataclass(frozen=True)
class StageState:
    """What is seen behind, under and beside the avatar."""

    backdrop: str = "color"  # of BACKDROPS; "none" is transparent in files, the color in the window
    has_ground: bool = False
    ground_shadow: float = 1.0  # share of the shadow that is shown
    ground_reflection: float = 0.15  # of the body in the floor, seen from straight above
    has_balls: bool = False  # the chrome and the gray ball of a film set

    @property
    def rendered(self) -> "StageState":
        """What the engine's picture depends on: a backdrop that is a color does not."""
        return replace(self, backdrop="color" if self.backdrop == "none" else self.backdrop)
