"""Choice of avatar and motion; body shape."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model import avatar_row, edits
from app.model.avatar_row import NUM_SHAPES, BodyState
from app.model.fields import range_of
from app.model.playback import load_motion_file
from app.panels.panel import PanelContext, Snapshot, labels_to_keys, show_options, show_value, tooltip
from app.panels.widgets import slider

HELD_POSE = "held pose"  # in the list of motions while one is held without a clip


class AvatarPanel:
    """Avatar and motion."""

    title = "Avatar and motion"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._avatars: dict[str, str] = {}  # label -> key
        self._motions: dict[str, str] = {}

    def build(self) -> None:
        """Two combos."""
        dpg.add_combo(
            (), label="avatar", tag="avatar.name", width=-70, callback=lambda _, label: self._choose_avatar(label)
        )
        tooltip("avatar.name", "Checkpoints found in checkpoints/, and the one that was opened.")
        dpg.add_combo(
            (), label="motion", tag="avatar.motion", width=-70, callback=lambda _, label: self._choose_motion(label)
        )
        tooltip("avatar.motion", "Clips in assets/motions. The panel Joints turns joints on top of the clip.")

    def sync(self, snapshot: Snapshot) -> None:
        """Show the body's state."""
        body, choices = snapshot.state.body, snapshot.choices
        self._avatars = labels_to_keys((choice.key, choice.label) for choice in choices.avatars)
        clips = [(choice.key, choice.label) for choice in choices.motions]
        present = body.motion
        if body.held_pose and not body.motion:
            present = HELD_POSE
            clips.append((present, present))
        if all(key != present for key, _ in clips):  # a file that was opened or dropped
            clips.append((body.motion, Path(body.motion).name))
        self._motions = labels_to_keys(clips)
        for tag, keys, chosen in (
            ("avatar.name", self._avatars, body.avatar), ("avatar.motion", self._motions, present),
        ):  # fmt: skip
            show_options(tag, items=list(keys))
            show_value(tag, next((label for label, key in keys.items() if key == chosen), ""))

    def _choose_avatar(self, label: str) -> None:
        if label in self._avatars:
            key = self._avatars[label]
            self._context.post(lambda s: avatar_row.choose_avatar(s, key), "avatar")

    def _choose_motion(self, label: str) -> None:
        key = self._motions.get(label, HELD_POSE)
        if key != HELD_POSE:
            self._context.post(lambda s: load_motion_file(s, key, plays=s.body.playing), "motion")


class ShapePanel:
    """Body shape."""

    title = "Shape"

    def __init__(self, context: PanelContext) -> None:
        self._context = context

    def build(self) -> None:
        """Two columns of sliders."""
        with dpg.table(header_row=False, policy=dpg.mvTable_SizingStretchSame):
            dpg.add_table_column()
            dpg.add_table_column()
            for row in range(NUM_SHAPES // 2):
                with dpg.table_row():
                    self._add_slider(row)
                    self._add_slider(row + NUM_SHAPES // 2)
        tooltip("avatar.shape0", "Added to the avatar's own shape, in standard deviations. Ctrl+click to type.")
        dpg.add_button(label="Reset shape", tag="avatar.reset_shape", callback=self._reset)

    def sync(self, snapshot: Snapshot) -> None:
        """Show the coefficients."""
        for index, value in enumerate(snapshot.state.body.shape):
            show_value(f"avatar.shape{index}", float(value))

    def _add_slider(self, index: int) -> None:
        def edit(value: float) -> None:
            self._context.post(lambda s: avatar_row.set_shape(s, index, value), f"shape{index}")

        slider(f"avatar.shape{index}", range_of(BodyState, "shape"), edit, label=str(index + 1), width=-24)

    def _reset(self) -> None:
        self._context.end_gesture()
        self._context.post(lambda s: edits.edit_body(s, shape=(0.0,) * NUM_SHAPES), "reset shape")
