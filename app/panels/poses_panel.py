"""The pose library: thumbnails to click, a slider between the clip's pose and the held one, save and load."""

import dearpygui.dearpygui as dpg

from app.model.avatar_row import BodyState
from app.model.fields import range_of
from app.model.joints import drop_pose, hold_pose, set_share
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.popups.file_dialog import JSON, FileDialog, add_dialog_button, add_file_dialog
from app.panels.theme import ACCENT, MUTED, drawing, scale_drawing
from app.panels.widgets import slider
from app.rendering.choices import PoseChoice
from app.tools.commands.context import LOAD_POSE, SAVE_POSE

GRID = "poses.grid"
COLUMNS, SIZE_PX, CAPTION_PX = 4, 66, 15
LABEL_PX, LARGE_LETTERS, MOST_LETTERS = 13, 9, 11  # of a name below a thumbnail; longer ones are smaller, then cut


class PosesPanel:
    """The pose library."""

    title = "Poses"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._poses: tuple[PoseChoice, ...] = ()
        self._held: object = None
        self._scale = 0.0

    def build(self) -> None:
        """Name and buttons, the slider, the thumbnails, two file dialogs."""
        with dpg.group(horizontal=True):
            dpg.add_input_text(tag="poses.name", hint="name", width=104, on_enter=True, callback=self._save)
            dpg.add_button(label="Save", tag="poses.save", callback=self._save)
            add_dialog_button(self._context, "Save as...", "poses.save_as", SAVE_POSE)
            add_dialog_button(self._context, "Load...", "poses.load", LOAD_POSE)
        with dpg.group(horizontal=True):
            slider(
                "poses.share", range_of(BodyState, "held_share"), width=212, clamped=True,
                on_change=lambda value: self._context.post(lambda s: set_share(s, value), "blend pose"),
            )  # fmt: skip
            dpg.add_button(label="Let go", tag="poses.drop", callback=lambda: self._context.post(drop_pose, "let go"))
        dpg.add_group(tag=GRID)
        tooltip("poses.save", "Keeps the pose as it is now in the library ({body.save_pose} in the picture).")
        tooltip("poses.save_as", "Writes the pose to a .json file: render and turntable take it as --pose.")
        tooltip("poses.load", "A pose from a .json file, or drop it on the picture.")
        tooltip("poses.share", "0: the clip's pose, 1: the held one; between them every joint on its shorter arc.")
        tooltip("poses.drop", "Back to the clip, or to the T-pose without one.")
        poses = self._context.commands.poses
        add_file_dialog(self._context, FileDialog(SAVE_POSE, "Save the pose", JSON, poses.save, "pose", saves=True))
        add_file_dialog(self._context, FileDialog(LOAD_POSE, "Load a pose", JSON, poses.load))
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Left, callback=self._pressed)

    def sync(self, snapshot: Snapshot) -> None:
        """Show the library and the share of the held pose."""
        body = snapshot.state.body
        show_value("poses.share", float(body.held_share))
        show_options("poses.share", enabled=bool(body.held_pose))
        show_options("poses.drop", enabled=bool(body.held_pose))
        drawn = snapshot.choices.poses, body.held_pose, snapshot.scale
        if drawn != (self._poses, self._held, self._scale):
            self._poses, self._held, self._scale = drawn
            self._draw()

    def choose(self, index: int) -> None:
        """Hold a pose of the library, as a click on its thumbnail does."""
        if 0 <= index < len(self._poses):
            rotations = self._poses[index].rotations
            self._context.end_gesture()
            self._context.post(lambda s: hold_pose(s, rotations), "pose")

    def _pressed(self) -> None:
        for index in range(len(self._poses)):
            if dpg.is_item_hovered(f"poses.{index}"):
                self.choose(index)

    def _save(self) -> None:
        self._context.commands.poses.save(dpg.get_value("poses.name"))

    def _draw(self) -> None:
        dpg.delete_item(GRID, children_only=True)
        for first in range(0, len(self._poses), COLUMNS):
            with dpg.group(horizontal=True, parent=GRID):
                for index in range(first, min(first + COLUMNS, len(self._poses))):
                    with drawing(f"poses.{index}"):
                        self._draw_figure(self._poses[index])
                    scale_drawing(f"poses.{index}", SIZE_PX, SIZE_PX + CAPTION_PX, self._scale)

    def _draw_figure(self, pose: PoseChoice) -> None:
        is_held = pose.rotations == self._held
        edge = (*ACCENT, 255) if is_held else (44, 48, 58, 255)
        dpg.draw_rectangle((0, 0), (SIZE_PX, SIZE_PX), color=edge, fill=(30, 33, 40, 255), rounding=5)
        for stroke in pose.figure:
            shade = round(170 + 150 * stroke.depth)
            color = (shade, shade, min(255, shade + 8), 255)
            start, end = (stroke.x0 * SIZE_PX, stroke.y0 * SIZE_PX), (stroke.x1 * SIZE_PX, stroke.y1 * SIZE_PX)
            radius = 0.5 * stroke.width * SIZE_PX * self._scale
            dpg.draw_line(start, end, color=color, thickness=2 * radius)
            for point in (start, end):
                dpg.draw_circle(point, radius, color=color, fill=color)
        label = pose.label if len(pose.label) <= MOST_LETTERS else pose.label[: MOST_LETTERS - 1] + "."
        size_px = LABEL_PX * min(1.0, LARGE_LETTERS / len(label))
        color = (*(ACCENT if is_held else MUTED), 255)
        dpg.draw_text((2, SIZE_PX + 1 + 0.5 * (LABEL_PX - size_px)), label, color=color, size=size_px * self._scale)
