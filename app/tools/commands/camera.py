"""Commands of the camera: views, lens, flying, bookmarks, the camera path."""

from app.files.cameras import NUMBERS
from app.model import camera_paths, cameras
from app.model.cameras import MAX_KEYS, MAX_PATH_S
from app.rendering.body_parts import PARTS
from app.tools.commands.command import Command, edit_command
from app.tools.commands.context import LOAD_PATH, SAVE_PATH, CommandContext

KEY_STEP_S = 0.25
VIEWS_LINE = ", ".join(cameras.VIEWS)
PARTS_LINE = "frame head, bust, hands (again: the other one), feet"
LENS_LINE = "a shorter or longer lens: 18, 24, 35, 50, 85, 135, 200 mm"
STEP_LINE = "to the path's key before or after"
SHIFT_LINE = "exchange the key with its neighbor"
MOVE_LINE = "the key a quarter of a second sooner or later"
NO_KEYS = "The camera path has no keys: {camera.add_key} adds one"
NO_OTHER = "The camera path has no other key: {camera.add_key} adds one"
SAME_VIEW = "The selected key has this view already, or there is none: {camera.add_key} adds one"
FIRST_STAYS = "The path's first key stays at 0 s: Alt+. goes to the next one"
FULL = f"The camera path takes no more: {MAX_KEYS} keys in {MAX_PATH_S:.0f} s at most"


def _view(number: int, name: str) -> Command:
    return edit_command(
        f"camera.view_{name}", f"View: {name}", (f"Alt+{number}",), lambda s: cameras.view_from(s, name), VIEWS_LINE
    )


def _part(key: str, name: str) -> Command:
    return Command(
        f"camera.frame_{name}", f"Frame: {name}", (f"Alt+{key}",), lambda context: context.cameras.frame_part(name),
        help=PARTS_LINE,
    )  # fmt: skip


def _go_to_place(number: int) -> Command:
    def needs(context: CommandContext) -> str | None:
        is_kept = any(bookmark.number == number for bookmark in context.cameras.bookmarks)
        return None if is_kept else f"No bookmark {number} yet: {{camera.keep_place_{number}}} keeps this place"

    return Command(
        f"camera.go_to_place_{number}", f"Go to kept place {number}", (f"Ctrl+{number}",),
        lambda context: context.cameras.go_to(number), needs, "to a kept place",
    )  # fmt: skip


def _keep_place(number: int) -> Command:
    return Command(
        f"camera.keep_place_{number}", f"Keep this place as {number}", (f"Ctrl+Shift+{number}",),
        lambda context: context.cameras.keep_here(number), help="keep this place under a number",
    )  # fmt: skip


FRAME_COMMAND = Command(
    "camera.frame", "Frame what is held, or the whole avatar", ("F",), lambda context: context.cameras.frame(),
    help="frame the held limb, or the whole avatar; the direction stays",
)  # fmt: skip
CAMERA_COMMANDS = (
    *(_view(number, name) for number, name in enumerate(cameras.VIEWS, 1)),
    *(_part(key, name) for key, name in zip("7890", PARTS, strict=True)),
    Command(
        "camera.home", "Whole avatar from the front", ("Ctrl+F",), lambda context: context.cameras.go_home(),
        help="the whole avatar from the front",
    ),
    *(_go_to_place(number) for number in NUMBERS),
    *(_keep_place(number) for number in NUMBERS),
    edit_command(
        "camera.fly", "Fly mode", ("Shift+F",), cameras.toggle_fly,
        "fly with W A S D, Q E and a drag; Shift is faster, the wheel sets the speed", is_undoable=False,
    ),
    edit_command(
        "camera.shorter_lens", "Shorter lens", ("Alt+MINUS",), lambda s: cameras.step_lens(s, -1), LENS_LINE,
        "There is no shorter lens",
    ),
    edit_command(
        "camera.longer_lens", "Longer lens", ("Alt+EQUAL",), lambda s: cameras.step_lens(s, 1), LENS_LINE,
        "There is no longer lens",
    ),
    edit_command(
        "camera.dolly", "Keep the avatar's size when the lens changes", ("Alt+D",), cameras.toggle_keeps_size,
        "another lens moves the camera, or leaves it",
    ),
    edit_command(
        "camera.add_key", "Add a camera key here", ("Alt+K",), camera_paths.add_key,
        "add a key of the camera path here", FULL,
    ),
    edit_command(
        "camera.replace_key", "Put the selected camera key here", ("Ctrl+K",), camera_paths.replace_key,
        "put the selected key of the path here", SAME_VIEW,
    ),
    edit_command(
        "camera.remove_key", "Remove the selected camera key", ("Alt+DELETE",), camera_paths.remove_key,
        "take the selected key off the path", NO_KEYS,
    ),
    edit_command(
        "camera.previous_key", "Previous camera key", ("Alt+COMMA",), lambda s: camera_paths.step_key(s, -1),
        STEP_LINE, NO_OTHER,
    ),
    edit_command(
        "camera.next_key", "Next camera key", ("Alt+PERIOD",), lambda s: camera_paths.step_key(s, 1),
        STEP_LINE, NO_OTHER,
    ),
    edit_command(
        "camera.key_before", "Exchange the camera key with the one before", ("Alt+PAGE_UP",),
        lambda s: camera_paths.shift_key(s, -1), SHIFT_LINE, "There is no key before this one",
    ),
    edit_command(
        "camera.key_after", "Exchange the camera key with the one after", ("Alt+PAGE_DOWN",),
        lambda s: camera_paths.shift_key(s, 1), SHIFT_LINE, "There is no key after this one",
    ),
    edit_command(
        "camera.key_sooner", "Camera key sooner", ("Alt+LEFT_BRACKET",),
        lambda s: camera_paths.move_key(s, -KEY_STEP_S), MOVE_LINE, FIRST_STAYS,
    ),
    edit_command(
        "camera.key_later", "Camera key later", ("Alt+RIGHT_BRACKET",),
        lambda s: camera_paths.move_key(s, KEY_STEP_S), MOVE_LINE, FIRST_STAYS,
    ),
    edit_command(
        "camera.play_path", "Play or stop the camera path", ("Shift+SPACE",), camera_paths.toggle_path,
        "let the camera run along its path, or stop it", NO_OTHER,
    ),
    edit_command(
        "camera.close_path", "Close or open the camera path", ("Alt+O",), camera_paths.toggle_closed,
        "close the camera path, or open it",
    ),
    edit_command(
        "camera.show_path", "Show the camera path over the picture", ("Alt+J",), camera_paths.toggle_shows_path,
        "the camera path over the picture", is_undoable=False,
    ),
    Command("camera.save_path", "Save the camera path...", (), lambda context: context.windows.show_dialog(SAVE_PATH)),
    Command("camera.load_path", "Load a camera path...", (), lambda context: context.windows.show_dialog(LOAD_PATH)),
)  # fmt: skip
