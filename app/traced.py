"""What the trace says of a picture: the state in few numbers, and where in the window hands would take hold."""

from pathlib import Path

from pyglm import glm

from app.frames import Frame
from app.limb_hands import LimbHands
from app.orbit_camera import OrbitView
from app.picking import Letterbox, lamp_handle
from app.pointing import Pointed
from app.state import LightState, ViewState


def traced_rings(limbs: LimbHands, view: OrbitView | None, letterbox: Letterbox) -> list[list[list[float]]]:
    """Each ring's points in the window."""
    rings = limbs.rings(view) if view is not None else None
    if rings is None or view is None:
        return []
    places = [rings.projected(view, axis)[0].tolist() for axis in range(3)]
    return [[list(letterbox.to_window(*place)) for place in ring] for ring in places]


def traced_joints(frame: Frame, view: OrbitView, letterbox: Letterbox) -> list[list[list[float]]]:
    """Every body's joints in the window."""
    return [
        [list(letterbox.to_window(*view.project(glm.vec3(*joint))[:2])) for joint in body.joints.tolist()]
        for body in frame.bodies
    ]


def traced_picture(
    frame: Frame, view: OrbitView | None, letterbox: Letterbox, limbs: LimbHands, state: ViewState
) -> dict[str, object]:
    """A picture that was drawn; `state` is the newest one."""
    handles = [lamp_handle(view, lamp) for lamp in state.light.lamps] if view else []
    return {
        "render_ms": round(frame.render_ms, 1),
        "is_final": frame.is_final,
        "is_current": frame.state.rendered == state.rendered,
        "selected_joint": state.tool.selected_joint,
        "rings": traced_rings(limbs, view, letterbox),
        "joints_px": traced_joints(frame, view, letterbox) if view else [],
        "handles": [letterbox.to_window(handle.x_px, handle.y_px) for handle in handles],
        **traced_state(frame.state),
    }


def traced_pointed(pointed: Pointed | None) -> dict[str, object] | None:
    """What is shown beside the pointer."""
    if pointed is None:
        return None
    lines = [[line.label, list(line.numbers)] for line in pointed.lines]
    return {"column": pointed.column, "row": pointed.row, "zoom": pointed.zoom, "lines": lines}


def light_of(light: LightState | None) -> str | None:
    """The right side's light in a word."""
    return None if light is None else Path(light.environment).stem or light.mode


def traced_state(state: ViewState) -> dict[str, object]:
    """What tests and bug reports ask for."""
    camera, light, compare = state.camera, state.light, state.compare
    return {
        "buffer": state.look.buffer,
        "camera": [camera.azimuth_deg, camera.elevation_deg, camera.distance_m, *camera.pan_m],
        "fov_deg": round(camera.fov_deg, 3),
        "path": [round(key.time_s, 3) for key in state.path.keys],
        "flies": state.tool.camera.flies,
        "lamps": [[lamp.azimuth_deg, lamp.elevation_deg] for lamp in light.lamps],
        "light": [light.mode, light.environment, light.yaw_deg, len(light.probe_edits)],
        "stage": [state.stage.backdrop, state.stage.has_ground, state.stage.has_balls],
        "joints": {joint: angles for joint, angles in enumerate(state.body.joint_angles_deg) if any(angles)},
        "motion": Path(state.body.motion).stem,
        "clip_s": round(state.body.time_s, 3),
        "bodies": [Path(body.avatar).stem for body in state.bodies],
        "active": state.company.place,
        "held": [round(angle, 3) for angle in sum(state.body.held_pose, ())],
        "materials": [state.body.materials.is_plain, len(state.body.materials.strokes), state.tool.brush.tool],
        "exposure_ev": state.look.exposure_ev,
        "overlays": [state.look.has_wireframe, state.look.has_joints],
        "compare": [compare.is_on, compare.buffer, Path(compare.avatar).stem, light_of(compare.light)],
    }
