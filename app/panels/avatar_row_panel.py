"""The avatar row: its avatars, the active one, the spacing, and whether all share one pose."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model.avatar_row import (
    MAX_BODIES,
    AvatarRowState,
    add_body,
    choose_body,
    edit_avatar_row,
    framed,
    remove_body,
)
from app.model.fields import range_of
from app.panels.panel import PanelContext, Snapshot, labels_to_keys, show_options, show_value, tooltip
from app.panels.popups.file_dialog import FileDialog, add_dialog_button, add_file_dialog
from app.panels.theme import SELECTED_THEME
from app.panels.widgets import show_length, slider
from app.tools.commands.context import ADD_AVATAR

MOST_NAMES, LONGEST_NAME = 4, 8  # buttons that are labeled with more than a number, and their characters


class AvatarRowPanel:
    """The avatar row."""

    title = "Side by side"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._avatars: dict[str, str] = {}  # label -> key

    def build(self) -> None:
        """A combo and buttons to add and remove, a button for each body, pose and spacing."""
        with dpg.group(horizontal=True):
            dpg.add_combo((), tag="avatar_row.which", width=110)
            dpg.add_button(label="Add", tag="avatar_row.add", callback=self._add)
            add_dialog_button(self._context, "File...", "avatar_row.file", ADD_AVATAR)
            dpg.add_button(
                label="Remove", tag="avatar_row.remove", callback=lambda: self._post(remove_body, "remove avatar")
            )
        with dpg.group(horizontal=True):
            for index in range(MAX_BODIES):
                dpg.add_button(
                    label="", tag=f"avatar_row.{index}", show=False, user_data=index,
                    callback=lambda _, __, which: self._post(lambda s: choose_body(s, which), "avatar"),
                )  # fmt: skip
                with dpg.tooltip(f"avatar_row.{index}", delay=0.7):
                    dpg.add_text("", tag=f"avatar_row.{index}.name")
        with dpg.group(horizontal=True):
            dpg.add_checkbox(
                label="one pose", tag="avatar_row.shares_pose",
                callback=lambda _, on: self._context.post(lambda s: edit_avatar_row(s, shares_pose=on), "same pose"),
            )  # fmt: skip
            slider(
                "avatar_row.spacing", range_of(AvatarRowState, "spacing_m"), width=-1,
                on_change=lambda value: self._context.post(
                    lambda s: framed(edit_avatar_row(s, spacing_m=value)), "spacing"
                ),
            )  # fmt: skip
        tooltip("avatar_row.which", "The avatar that Add puts at the row's end, or drop a .ckpt on the picture.")
        tooltip(
            "avatar_row.add",
            "In the pose of the active avatar, without its paint. {body.add} in the picture asks whom.",
        )
        tooltip("avatar_row.file", "A checkpoint from elsewhere; dropping it on the picture does the same.")
        add_file_dialog(self._context, FileDialog(ADD_AVATAR, "Add an avatar", (".ckpt",), self._add_file))
        tooltip("avatar_row.remove", "Takes the active avatar away ({body.remove} in the picture).")
        tooltip(
            "avatar_row.shares_pose",
            "One clip, one time, one pose for everybody: the active one's ({body.same_pose} in the picture).",
        )
        tooltip("avatar_row.spacing", "Metres from one body's middle to the next.")

    def sync(self, snapshot: Snapshot) -> None:
        """Show the row."""
        state, row = snapshot.state, snapshot.state.avatar_row
        pairs = [(choice.key, choice.label) for choice in snapshot.choices.avatars]
        self._avatars = labels_to_keys(pairs)
        show_options("avatar_row.which", items=list(self._avatars))
        if dpg.get_value("avatar_row.which") not in self._avatars:
            dpg.set_value("avatar_row.which", next(iter(self._avatars), ""))
        for index in range(MAX_BODIES):
            has_body = index < len(state.bodies)
            name = f"{index + 1} {Path(state.bodies[index].avatar).stem}" if has_body else ""
            is_short = len(state.bodies) > MOST_NAMES or len(name) > LONGEST_NAME
            show_options(f"avatar_row.{index}", show=has_body, label=str(index + 1) if is_short else name)
            show_value(f"avatar_row.{index}.name", name)
            dpg.bind_item_theme(f"avatar_row.{index}", SELECTED_THEME if index == row.active else 0)
        show_options("avatar_row.remove", enabled=bool(row.others))
        show_options("avatar_row.add", enabled=len(state.bodies) < MAX_BODIES)
        show_value("avatar_row.shares_pose", row.shares_pose)
        units = self._context.commands.preferences.now.units
        show_length("avatar_row.spacing", range_of(AvatarRowState, "spacing_m"), row.spacing_m, units)

    def _add(self) -> None:
        avatar = self._avatars.get(dpg.get_value("avatar_row.which"), "")
        self._post(lambda s: add_body(s, avatar), "add avatar")

    def _add_file(self, path: str) -> None:
        self._post(lambda s: add_body(s, path), "add avatar")

    def _post(self, edit, label: str) -> None:
        self._context.end_gesture()
        self._context.post(edit, label)
