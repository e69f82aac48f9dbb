"""The part of the ViewState that says from where and how one looks: camera, shots, display, material edits."""

import math
from dataclasses import dataclass

Rgb = tuple[float, float, float]
Vector = tuple[float, float, float]

BUFFERS = ("radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth", "light_visibility")
TONE_CURVES = ("linear", "filmic", "reinhard", "aces", "agx")
SENSOR_HEIGHT_MM = 24.0  # of the 36 x 24 mm picture that focal lengths are told for


@dataclass(frozen=True)
class CameraState:
    """An orbit around the pelvis: conventions.py says which way the angles go."""

    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    distance_m: float = 3.75  # the default body fills about 85 % of the height
    pan_m: Vector = (0.0, 0.0, 0.0)  # added to the orbited point, world
    fov_deg: float = 30.0  # vertical


def focal_mm(fov_deg: float) -> float:  # vertical
    """Focal length of the lens on a 36 x 24 mm sensor."""
    return 0.5 * SENSOR_HEIGHT_MM / math.tan(0.5 * math.radians(fov_deg))


def fov_deg(focal_mm: float) -> float:
    """The inverse of `focal_mm`."""
    return math.degrees(2.0 * math.atan(0.5 * SENSOR_HEIGHT_MM / focal_mm))


@dataclass(frozen=True)
class CameraKey:
    """Where the camera is at a time of a take."""

    time_s: float
    camera: CameraState


@dataclass(frozen=True)
class Bookmark:
    """A view to come back to."""

    name: str
    camera: CameraState


@dataclass(frozen=True)
class ShotState:
    """The camera's path, how far it has played, and the bookmarks."""

    keys: tuple[CameraKey, ...] = ()  # by time, no two at one
    time_s: float = 0.0
    playing: bool = False
    bookmarks: tuple[Bookmark, ...] = ()

    @property
    def duration_s(self) -> float:
        """From the first key to the last."""
        return self.keys[-1].time_s - self.keys[0].time_s if self.keys else 0.0


@dataclass(frozen=True)
class LookState:
    """How the rendered picture is displayed: only what `rendered` holds needs the engine."""

    buffer: str = "radiance"  # of BUFFERS
    exposure_ev: float = 0.0
    curve: str = "linear"  # of TONE_CURVES
    background: Rgb = (0.075, 0.08, 0.095)  # sRGB
    has_false_color: bool = False  # numbers as colors with a legend, for buffers that hold one
    wipe: float = 0.5  # where the second picture begins, share of the width
    shown_light: str = ""  # of the buffer light_visibility: "lamp:0", "source:0", "probe:137"; "" picks one
    has_wireframe: bool = False
    has_joints: bool = False

    @property
    def rendered(self) -> tuple[str, str, bool, bool]:
        """What the engine's picture depends on."""
        return self.buffer, self.shown_light, self.has_wireframe, self.has_joints
