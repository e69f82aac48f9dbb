"""Three sliders for every joint, of one limb at a time."""

import dearpygui.dearpygui as dpg

from app.model import edits
from app.model.avatar_row import BodyState
from app.model.fields import range_of
from app.model.joints import LIMITS, reset_joints, set_limit, turn_joint
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.theme import MUTED, SELECTED_THEME
from app.panels.widgets import declared

LIMBS: tuple[tuple[str, tuple[tuple[int, str], ...]], ...] = (
    ("Torso", (
        (0, "whole body"), (3, "spine low"), (6, "spine mid"), (9, "chest"), (12, "neck"), (15, "head"),
    )),
    ("L arm", ((13, "collar"), (16, "shoulder"), (18, "elbow"), (20, "wrist"), (22, "hand"))),
    ("R arm", ((14, "collar"), (17, "shoulder"), (19, "elbow"), (21, "wrist"), (23, "hand"))),
    ("L leg", ((1, "hip"), (4, "knee"), (7, "ankle"), (10, "foot"))),
    ("R leg", ((2, "hip"), (5, "knee"), (8, "ankle"), (11, "foot"))),
)  # fmt: skip
FIRST_LIMB, BUTTON_PX = 1, 54
HINT = (
    "Degrees about x (left-right), y (up) and z (back-front) of the T-pose, on top of the clip. "
    "Ctrl+click a number to type it."
)


class PosePanel:
    """Joint edits on top of the clip."""

    title = "Joints"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._shown, self._held = FIRST_LIMB, -1  # index in LIMBS; joint that was held when it was chosen

    def build(self) -> None:
        """A button for each limb, the limits, the sliders of one limb's joints."""
        with dpg.group(horizontal=True):
            for number, (limb, _) in enumerate(LIMBS):
                dpg.add_button(
                    label=limb, tag=f"pose.limb{number}", width=BUTTON_PX, user_data=number,
                    callback=lambda _, __, which: self.show_limb(which),
                )  # fmt: skip
                tooltip(f"pose.limb{number}", "A joint that is held in the picture shows its limb here.")
        with dpg.group(horizontal=True):
            dpg.add_text("limits", color=MUTED)
            for group in LIMITS:
                dpg.add_checkbox(
                    label=group, tag=f"pose.limit.{group}", user_data=group,
                    callback=lambda _, value, which: self._context.post(
                        lambda s: set_limit(s, which, value), f"limit {which}"
                    ),
                )  # fmt: skip
                tooltip(f"pose.limit.{group}", "Turns by hand stop where a body's joints do; off: they turn freely.")
        for number, (_, joints) in enumerate(LIMBS):
            with dpg.group(tag=f"pose.joints{number}"):
                for joint, name in joints:
                    self._add_joint(joint, name)
        with dpg.group(horizontal=True):
            dpg.add_button(label="Reset all", tag="pose.reset", callback=lambda: self._reset("all", None))
            dpg.add_checkbox(
                label="mirror", tag="pose.mirror",
                callback=lambda _, value: self._context.post(
                    lambda s: edits.edit_tool(s, mirrors_joints=value), "mirror"
                ),
            )  # fmt: skip
            dpg.add_text("x, y, z in degrees", color=MUTED)
        tooltip("pose.reset", "Back to what the clip says, for every joint.")
        tooltip("pose.mirror", "Left and right limbs turn together ({body.mirror} in the picture).")

    def show_limb(self, number: int) -> None:
        """Show the joints of a limb of LIMBS."""
        self._shown = number

    def sync(self, snapshot: Snapshot) -> None:
        """Show the angles of one limb's joints; the reset button of a joint without edits is hidden."""
        held = snapshot.state.tool.selected_joint
        if held != self._held:
            self._held = held
            self._shown = next((at for at, (_, joints) in enumerate(LIMBS) if held in dict(joints)), self._shown)
        for number in range(len(LIMBS)):
            show_options(f"pose.joints{number}", show=number == self._shown)
            dpg.bind_item_theme(f"pose.limb{number}", SELECTED_THEME if number == self._shown else 0)
        show_value("pose.mirror", snapshot.state.tool.mirrors_joints)
        for group in LIMITS:
            show_value(f"pose.limit.{group}", group not in snapshot.state.body.unlimited)
        for joint, angles in enumerate(snapshot.state.body.joint_angles_deg):
            show_value(f"joint{joint}", angles)
            show_options(f"joint{joint}.reset", show=any(angles))

    def _add_joint(self, joint: int, name: str) -> None:
        with dpg.group(horizontal=True):
            dpg.add_slider_floatx(
                label=name, tag=f"joint{joint}", size=3, width=-112, user_data=joint,
                **declared(range_of(BodyState, "joint_angles_deg")),
                callback=lambda _, values, which: self._context.post(
                    lambda s: turn_joint(s, which, (values[0], values[1], values[2])), f"joint{which}"
                ),
            )  # fmt: skip
            dpg.add_button(
                label="×", tag=f"joint{joint}.reset", small=True, show=False, user_data=(joint,),
                callback=lambda _, __, which: self._reset("joint", which),
            )  # fmt: skip
        tooltip(f"joint{joint}", HINT)

    def _reset(self, what: str, which: tuple[int, ...] | None) -> None:
        self._context.end_gesture()
        edit = reset_joints if which is None else lambda s: reset_joints(s, which)
        self._context.post(edit, f"reset {what}")
