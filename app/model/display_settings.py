"""How the picture is displayed, and its edits: buffers, overlays, single lights."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from app.model.fields import Choice, Color, Number, Share

if TYPE_CHECKING:
    from app.model.view_state import ViewState


BufferName = Literal[
    "radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth", "light_visibility"
]
BUFFERS: tuple[str, ...] = get_args(BufferName)
OVERLAYS = ("wireframe", "joints")  # lines over the picture
ToneCurve = Literal["linear", "filmic", "reinhard", "aces", "agx"]
TONE_CURVES: tuple[str, ...] = get_args(ToneCurve)


@dataclass(frozen=True)
class DisplaySettings:
    """How the rendered picture is displayed; only changes of `rendered` need a new frame."""

    buffer: Annotated[str, Choice(BUFFERS)] = "radiance"
    exposure_ev: Annotated[float, Number(-30.0, 30.0, "EV", soft=(-6.0, 6.0), format="%+.2f EV", label="exposure")] = (
        0.0
    )
    curve: Annotated[str, Choice(TONE_CURVES)] = "linear"
    background: Color = (0.075, 0.08, 0.095)  # sRGB
    has_false_color: bool = False  # scalars as colors with a legend
    slider: Share = 0.5  # where the right picture begins, as a share of the width
    shown_light: str = ""  # of the buffer light_visibility: "lamp:0", "source:0", "probe:137"; "": the engine chooses
    has_wireframe: bool = False  # the mesh's edges over the picture
    has_joints: bool = False  # the skeleton over the picture

    @property
    def rendered(self) -> tuple[str, str, bool]:
        """What the engine's frame depends on; a frame holds the mesh only for the wireframe."""
        return self.buffer, self.shown_light, self.has_wireframe


def toggle_false_color(state: "ViewState") -> "ViewState":
    """Switch false color on or off."""
    return replace(state, display=replace(state.display, has_false_color=not state.display.has_false_color))


def toggle_joints(state: "ViewState") -> "ViewState":
    """Show or hide the skeleton over the picture."""
    return replace(state, display=replace(state.display, has_joints=not state.display.has_joints))


def toggle_wireframe(state: "ViewState") -> "ViewState":
    """Show or hide the mesh's edges over the picture."""
    return replace(state, display=replace(state.display, has_wireframe=not state.display.has_wireframe))


def show_buffer(state: "ViewState", name: str) -> "ViewState":
    """Show a buffer; light_visibility starts with the selected lamp, and goes to the next lamp each time."""
    if name not in BUFFERS:
        return state
    display, lamps = state.display, len(state.light.lamps)
    if name == "light_visibility" and lamps:
        kind, _, number = display.shown_light.partition(":")
        is_next = display.buffer == name and kind == "lamp" and number.isdecimal()
        lamp = (int(number) + 1) % lamps if is_next else min(max(state.tool.selected_lamp, 0), lamps - 1)
        display = replace(display, shown_light=f"lamp:{lamp}")
    elif name == "light_visibility" and display.shown_light.startswith("lamp:"):
        display = replace(display, shown_light="")
    return replace(state, display=replace(display, buffer=name))
