"""The part of the ViewState that says from where and how one looks: camera and display."""

from dataclasses import dataclass

Rgb = tuple[float, float, float]
Vector = tuple[float, float, float]

BUFFERS = ("radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth", "light_visibility")
OVERLAYS = ("wireframe", "joints")  # lines over the picture
TONE_CURVES = ("linear", "filmic", "reinhard", "aces", "agx")


@dataclass(frozen=True)
class CameraState:
    """An orbit around the pelvis: conventions.py says which way the angles go."""

    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    distance_m: float = 3.75  # the default body fills about 85 % of the height
    pan_m: Vector = (0.0, 0.0, 0.0)  # added to the orbited point, world
    fov_deg: float = 30.0  # vertical


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
    has_wireframe: bool = False  # the mesh's edges over the picture
    has_joints: bool = False  # the skeleton over the picture

    @property
    def rendered(self) -> tuple[str, str, bool]:
        """What the engine's frame depends on; it holds the mesh only where edges are drawn."""
        return self.buffer, self.shown_light, self.has_wireframe
