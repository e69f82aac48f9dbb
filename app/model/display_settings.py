"""How the picture is displayed, and its edits: buffers, overlays, single lights. As total as those of edits.py."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from app.model.fields import Choice, Color, Number, Share

if TYPE_CHECKING:
    from app.model.view_state import ViewState


BUFFERS = ("radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth", "light_visibility")
OVERLAYS = ("wireframe", "joints")  # lines over the picture
TONE_CURVES = ("linear", "filmic", "reinhard", "aces", "agx")


@dataclass(frozen=True)
class DisplaySettings:
    """How the rendered picture is displayed: only what `rendered` holds needs the engine."""

    buffer: Annotated[str, Choice(BUFFERS)] = "radiance"
    exposure_ev: Annotated[float, Number(-30.0, 30.0, "EV", soft=(-6.0, 6.0), format="%+.2f EV", label="exposure")] = (
        0.0
    )
    curve: Annotated[str, Choice(TONE_CURVES)] = "linear"
    background: Color = (0.075, 0.08, 0.095)  # sRGB
    has_false_color: bool = False  # numbers as colors with a legend, for buffers that hold one
    slider: Share = 0.5  # where the second picture begins, share of the width
    shown_light: str = ""  # of the buffer light_visibility: "lamp:0", "source:0", "probe:137"; "" picks one
    has_wireframe: bool = False  # the mesh's edges over the picture
    has_joints: bool = False  # the skeleton over the picture

    @property
    def rendered(self) -> tuple[str, str, bool]:
        """What the engine's frame depends on; it holds the mesh only where edges are drawn."""
        return self.buffer, self.shown_light, self.has_wireframe


def toggle_false_color(state: "ViewState") -> "ViewState":
    """Numbers as colors, or as they are."""
    return replace(state, display=replace(state.display, has_false_color=not state.display.has_false_color))


def toggle_joints(state: "ViewState") -> "ViewState":
    """The skeleton over the picture, or not."""
    return replace(state, display=replace(state.display, has_joints=not state.display.has_joints))


def toggle_wireframe(state: "ViewState") -> "ViewState":
    """The mesh's edges over the picture, or not."""
    return replace(state, display=replace(state.display, has_wireframe=not state.display.has_wireframe))


def show_buffer(state: "ViewState", name: str) -> "ViewState":
    """Show a buffer; light_visibility begins with the selected lamp and goes on to the next one each time."""
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
