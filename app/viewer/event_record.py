"""A record of what the windows did, one JSON object a line: for tests and for bug reports (PHYNES_TRACE=FILE)."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from pyglm import glm

from app.model.lights import LightState
from app.model.view_state import ViewState
from app.tools.lamps import lamp_handle
from app.tools.limbs import rings_shown
from app.tools.pixel_inspector import Inspection
from app.tools.viewport import Viewport

VARIABLE = "PHYNES_TRACE"


class EventRecord:
    """Appends events to a file; does nothing without one."""

    def __init__(self, path: Path | None) -> None:
        self._file = open(path, "a", buffering=1) if path else None
        self._last: dict[str, Any] = {}

    @staticmethod
    def from_environment() -> "EventRecord":
        """The record in the file that PHYNES_TRACE names."""
        path = os.environ.get(VARIABLE)
        return EventRecord(Path(path) if path else None)

    @property
    def is_on(self) -> bool:
        """Whether events are written; lets callers skip costly fields."""
        return self._file is not None

    def event(self, kind: str, **fields: Any) -> None:
        """Write one line."""
        if self._file is not None:
            self._file.write(json.dumps({"kind": kind, "time_s": time.monotonic(), **fields}) + "\n")

    def changed(self, kind: str, value: Any) -> None:
        """Write one line unless the last one of this kind had the same value."""
        if self._last.get(kind) != value:
            self._last[kind] = value
            self.event(kind, value=value)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def recorded_rings(state: ViewState, viewport: Viewport) -> list[list[list[float]]]:
    """Each ring's points in the window."""
    rings, letterbox = rings_shown(state, viewport), viewport.letterbox
    if rings is None:
        return []
    pixels = [rings.projected(viewport.view, axis)[0].tolist() for axis in range(3)]
    return [[list(letterbox.to_window(*pixel)) for pixel in ring] for ring in pixels]


def recorded_joints(viewport: Viewport) -> list[list[list[float]]]:
    """Every body's joints in the window."""
    view, letterbox = viewport.view, viewport.letterbox
    return [
        [list(letterbox.to_window(*view.project(glm.vec3(*joint))[:2])) for joint in body.joints.tolist()]
        for body in viewport.frame.bodies
    ]


def recorded_picture(viewport: Viewport, state: ViewState) -> dict[str, object]:
    """Fields of a picture that was drawn; `state` is the newest one, which may be newer than the picture's."""
    frame, letterbox = viewport.frame, viewport.letterbox
    handles = [lamp_handle(viewport.view, lamp) for lamp in state.light.lamps]
    return {
        "render_ms": round(frame.render_ms, 1),
        "is_final": frame.is_final,
        "is_current": frame.state.rendered == state.rendered,
        "selected_joint": state.tool.selected_joint,
        "rings": recorded_rings(state, viewport),
        "joints_px": recorded_joints(viewport),
        "handles": [letterbox.to_window(handle.x_px, handle.y_px) for handle in handles],
        **recorded_state(frame.state),
        "exposure_ev": state.display.exposure_ev,  # of the window, which renders nothing for it
    }


def recorded_inspection(inspection: Inspection | None) -> dict[str, object] | None:
    """Fields of what is shown beside the pointer."""
    if inspection is None:
        return None
    lines = [[line.label, list(line.numbers)] for line in inspection.lines]
    return {"column": inspection.column, "row": inspection.row, "zoom": inspection.zoom, "lines": lines}


def light_of(light: LightState | None) -> str | None:
    """Name of the right side's light: its environment or its mode; None where it has none of its own."""
    return None if light is None else Path(light.environment).stem or light.mode


def recorded_state(state: ViewState) -> dict[str, object]:
    """Fields of a state, for tests and bug reports."""
    camera, light, compare = state.camera, state.light, state.compare
    return {
        "buffer": state.display.buffer,
        "camera": [camera.azimuth_deg, camera.elevation_deg, camera.distance_m, *camera.pan_m],
        "fov_deg": round(camera.fov_deg, 3),
        "path": [round(key.time_s, 3) for key in state.path.keys],
        "flies": state.tool.camera.flies,
        "lamps": [[lamp.azimuth_deg, lamp.elevation_deg] for lamp in light.lamps],
        "light": [light.mode, light.environment, light.yaw_deg, len(light.probe_edits)],
        "surroundings": [state.surroundings.backdrop, state.surroundings.has_ground, state.surroundings.has_balls],
        "joints": {joint: angles for joint, angles in enumerate(state.body.joint_angles_deg) if any(angles)},
        "motion": Path(state.body.motion).stem,
        "clip_s": round(state.body.time_s, 3),
        "bodies": [Path(body.avatar).stem for body in state.bodies],
        "active": state.avatar_row.active,
        "held": [round(angle, 3) for angle in sum(state.body.held_pose, ())],
        "materials": [state.body.materials.is_plain, len(state.body.materials.strokes), state.tool.brush.tool],
        "exposure_ev": state.display.exposure_ev,
        "overlays": [state.display.has_wireframe, state.display.has_joints],
        "compare": [compare.is_on, compare.buffer, Path(compare.avatar).stem, light_of(compare.light)],
    }


def resident_mb(pid: int | str = "self") -> float | None:
    """Resident memory of a process in MiB, libraries included; None on systems other than Linux."""
    if sys.platform != "linux":
        return None
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
