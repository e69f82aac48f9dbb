"""The state of the tools: selection, brushes, loupe, export settings; no part of a picture."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

from app.model.cameras import CameraTool
from app.model.edits import edit_tool
from app.model.exports import AvatarExportState, PictureSize, StillState, TurntableState, width_height
from app.model.fields import Choice, Color, Number
from app.model.joints import NO_JOINT, NUM_JOINTS
from app.model.lamps import AIMS, MAX_LAMPS
from app.model.lights import BRUSH_RADIANCE, BRUSH_RADIUS
from app.model.materials import BrushState

if TYPE_CHECKING:
    from app.model.view_state import ViewState


LOUPE_ZOOMS = (2, 4, 6, 8, 12, 16, 24, 32)
GUIDE_STEPS = 5  # of the guided start, which app/viewer/guide.py goes through
HELP_PAGES = 2  # of the table of keys
GUIDES = ("none", "picture", "video")
SAFE_SHARES = (0.9, 0.8)  # of width and height, in which action and titles are safe (SMPTE RP 218)


@dataclass(frozen=True)
class ToolState:
    """The selection and the settings of the tools; no part of a picture."""

    selected_lamp: Annotated[int, Number(0, MAX_LAMPS - 1)] = 0
    aims: Annotated[str, Choice(AIMS)] = ""  # what the next press on the body does with the selected lamp
    paints: bool = False  # a drag on the probe picture paints instead of moving the lamp
    brush_color: Color = (1.0, 1.0, 1.0)
    brush_intensity: Annotated[float, BRUSH_RADIANCE] = 4.0
    brush_radius: Annotated[int, BRUSH_RADIUS] = 0  # cells around the one under the pointer
    brush_mirrors: bool = False  # strokes are mirrored at the plane x = 0
    loaded_environments: tuple[str, ...] = ()  # paths that were opened or dropped, newest last
    selected_joint: Annotated[int, Number(NO_JOINT, NUM_JOINTS - 1)] = NO_JOINT  # of the active body
    joint_axis: Annotated[int, Number(0, 2)] = 0  # x, y or z, which the keys turn about
    mirrors_joints: bool = False  # an edit of a limb turns the opposite one too
    turntable: TurntableState = field(default_factory=TurntableState)
    has_readout: bool = False  # the values of the pixel under the pointer
    has_loupe: bool = False  # the pixels around the pointer, magnified
    loupe_zoom: Annotated[int, Number(LOUPE_ZOOMS[0], LOUPE_ZOOMS[-1])] = 8
    has_names: bool = True  # what is shown, over the picture
    still: StillState = field(default_factory=StillState)
    help_page: Annotated[int, Number(0, HELP_PAGES)] = 0  # of the table of keys, over the picture; 0: none
    guide_step: Annotated[int, Number(0, GUIDE_STEPS)] = 0  # of the guided start; 0: it is not shown
    camera: CameraTool = field(default_factory=CameraTool)
    brush: BrushState = field(default_factory=BrushState)  # for materials
    avatar_export: AvatarExportState = field(default_factory=AvatarExportState)
    guides: Annotated[str, Choice(GUIDES)] = "none"  # the window shows the frame of the next picture or video

    @property
    def guided_shape(self) -> PictureSize | None:
        """Width and height of what the guides frame; None without guides."""
        return {"picture": self.still.shape, "video": self.turntable.shape}.get(self.guides)

    def live_size(self, side: int) -> PictureSize:
        """Size of the window's picture: a square, or of the guided shape with as many pixels."""
        width, height = width_height(self.guided_shape or side)
        longer = math.sqrt(width / height)
        return side if width == height else (max(1, round(side * longer)), max(1, round(side / longer)))


def step_guides(state: "ViewState") -> "ViewState":
    """Frame the window's picture as the next picture, then as the next video, then not."""
    following = GUIDES[(GUIDES.index(state.tool.guides) + 1) % len(GUIDES)]
    return replace(state, tool=replace(state.tool, guides=following))


def toggle_help(state: "ViewState") -> "ViewState":
    """Show the next page of the table of keys; after the last one it is hidden."""
    return edit_tool(state, help_page=(state.tool.help_page + 1) % (HELP_PAGES + 1))


def toggle_readout(state: "ViewState") -> "ViewState":
    """Show or hide the values of the pixel under the pointer."""
    return replace(state, tool=replace(state.tool, has_readout=not state.tool.has_readout))


def toggle_names(state: "ViewState") -> "ViewState":
    """Show or hide the names over the picture."""
    return replace(state, tool=replace(state.tool, has_names=not state.tool.has_names))


def toggle_loupe(state: "ViewState") -> "ViewState":
    """Show or hide the loupe."""
    return replace(state, tool=replace(state.tool, has_loupe=not state.tool.has_loupe))


def magnify(state: "ViewState", steps: int) -> "ViewState":
    """Change the loupe's zoom by steps of LOUPE_ZOOMS; where the loupe is off, switch it on instead."""
    tool = state.tool
    if not tool.has_loupe:
        return toggle_loupe(state)
    nearest = min(range(len(LOUPE_ZOOMS)), key=lambda index: abs(LOUPE_ZOOMS[index] - tool.loupe_zoom))
    chosen = max(0, min(len(LOUPE_ZOOMS) - 1, nearest + steps))
    return replace(state, tool=replace(tool, loupe_zoom=LOUPE_ZOOMS[chosen]))
