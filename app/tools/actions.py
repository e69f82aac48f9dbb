"""What a person can ask for that is no edit of the ViewState; the loop fills it in."""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    pass


def _no_kind_and_path(kind: str, path: str) -> None:
    pass


def _no_names() -> tuple[str, ...]:
    return ()


def _no_clip() -> tuple[float, float]:
    return 0.0, 0.0


def _ignored(text: str) -> None:
    pass


def _ignored_step(steps: int) -> None:
    pass


@dataclass(frozen=True)
class Actions:
    """Asked for by keys in the picture and by buttons in the panels."""

    say: Callable[[str], None] = _ignored  # a message
    record: Callable[[], None] = _nothing
    photograph: Callable[[], None] = _nothing
    copy_picture_command: Callable[[], None] = _nothing
    copy_video_command: Callable[[], None] = _nothing
    cancel_recording: Callable[[], None] = _nothing
    undo: Callable[[], None] = _nothing
    redo: Callable[[], None] = _nothing
    reset_camera: Callable[[], None] = _nothing
    close: Callable[[], None] = _nothing
    reset_layout: Callable[[], None] = _nothing  # the panels where they stood at first
    save_session: Callable[[], None] = _nothing
    save_session_as: Callable[[str], None] = _ignored
    open_session: Callable[[str], None] = _ignored
    restore_session: Callable[[], None] = _nothing  # that of a viewer that ended unexpectedly
    open_recent: Callable[[str, str], None] = _no_kind_and_path  # of session_status.RECENT_KINDS
    ask_where_to_save: Callable[[], None] = _nothing  # the session, by a dialog
    ask_what_to_open: Callable[[], None] = _nothing
    next_theme: Callable[[], None] = _nothing
    step_scale: Callable[[int], None] = _ignored_step  # larger or smaller controls; 0 as the screen has them
    save_materials: Callable[[str], None] = _ignored  # "": beside the active avatar's checkpoint
    load_materials: Callable[[str], None] = _ignored
    save_rig: Callable[[str], None] = _ignored  # all light as a JSON file
    load_rig: Callable[[str], None] = _ignored
    export_light: Callable[[str], None] = _ignored  # all light as an .hdr or .exr
    ask_where_to_export: Callable[[], None] = _nothing
    environments: Callable[[], tuple[str, ...]] = _no_names  # paths of those that ship
    avatars: Callable[[], tuple[str, ...]] = _no_names  # paths of those on offer
    clip: Callable[[], tuple[float, float]] = _no_clip  # length in seconds and frames a second of the active body's
    save_camera_path: Callable[[str], None] = _ignored  # as a JSON file
    load_camera_path: Callable[[str], None] = _ignored
    go_to_bookmark: Callable[[int], None] = _ignored_step  # by number
    keep_bookmark: Callable[[int], None] = _ignored_step  # this place, under a number
    save_bookmark: Callable[[str], None] = _ignored  # this place, under a name
    remove_bookmark: Callable[[str], None] = _ignored
    save_pose: Callable[[str], None] = _ignored  # under a name in the library, or to a .json path; "" finds a name
    load_pose: Callable[[str], None] = _ignored  # from a .json path
    step_pose: Callable[[int], None] = _ignored_step  # the library's next pose
