"""Preferences: how the viewer behaves for a person, whatever is shown; kept between sessions, and no part of one."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from app.model.fields import Choice

Navigation = Literal["phynes", "blender", "maya"]
NAVIGATIONS: tuple[str, ...] = get_args(Navigation)
ORBIT, PAN, ZOOM, TURN_LIGHT = "orbit", "pan", "zoom", "light"  # what a drag may do that starts on no handle
LEFT, RIGHT, MIDDLE = 1, 2, 3  # buttons of the pointer
Press = tuple[int, str]  # a button, and the modifiers that are held: "", "Shift", "Ctrl", "Alt", "Ctrl+Shift", ...
DRAGS: dict[str, dict[Press, str]] = {  # a press of the left button that is not here orbits
    "phynes": {
        (LEFT, "Shift"): PAN, (RIGHT, ""): PAN, (MIDDLE, ""): PAN, (RIGHT, "Shift"): PAN, (MIDDLE, "Shift"): PAN,
        (LEFT, "Ctrl"): TURN_LIGHT, (LEFT, "Alt"): TURN_LIGHT, (LEFT, "Ctrl+Alt"): TURN_LIGHT,
        (LEFT, "Ctrl+Shift"): TURN_LIGHT, (LEFT, "Shift+Alt"): TURN_LIGHT,
        (RIGHT, "Ctrl"): ZOOM, (MIDDLE, "Ctrl"): ZOOM,
    },
    "blender": {
        (MIDDLE, ""): ORBIT, (MIDDLE, "Shift"): PAN, (MIDDLE, "Ctrl"): ZOOM, (LEFT, "Shift"): PAN,
        (RIGHT, ""): PAN, (LEFT, "Ctrl"): TURN_LIGHT, (LEFT, "Alt"): TURN_LIGHT,
    },
    "maya": {
        (LEFT, "Alt"): ORBIT, (MIDDLE, "Alt"): PAN, (RIGHT, "Alt"): ZOOM, (MIDDLE, ""): PAN, (RIGHT, ""): PAN,
        (LEFT, "Shift"): PAN, (LEFT, "Ctrl"): TURN_LIGHT,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Preferences:
    """What a person prefers."""

    fits_exposure: bool = True  # once when the light or the avatar changes
    undoes_camera: bool = False  # undo and redo also move the camera back
    navigation: Annotated[str, Choice(NAVIGATIONS)] = "phynes"  # what drags in the picture do
    output_folder: str = ""  # of pictures, videos and sessions; "": where the viewer was started


def drag_of(navigation: str, button: int, modifiers: str) -> str:
    """What a drag on no handle does."""
    return DRAGS[navigation].get((button, modifiers), ORBIT if button == LEFT else PAN)
