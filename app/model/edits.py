"""Edits are pure functions from a ViewState to the next one; here are those that replace fields of a part.

The edits of a subject stand in its file (lights.py, cameras.py, ...). An edit of a lamp, joint, key or body that does
not exist leaves the state as it is; a number outside its declared range is clamped.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.model.fields import changed

if TYPE_CHECKING:
    from app.model.view_state import ViewState


def edit_body(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the active body."""
    return replace(state, body=changed(state.body, **changes))


def edit_camera(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the camera."""
    return replace(state, camera=changed(state.camera, **changes))


def edit_light(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the light."""
    return replace(state, light=changed(state.light, **changes))


def edit_display(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the display."""
    return replace(state, display=changed(state.display, **changes))


def edit_tool(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the tools."""
    return replace(state, tool=changed(state.tool, **changes))
