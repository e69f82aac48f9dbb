"""The keys of the camera: views, lens, flying, the camera path."""

from app.files.cameras import NUMBERS
from app.model import camera_paths, cameras
from app.model.cameras import MAX_KEYS, MAX_PATH_S
from app.model.store import Edit
from app.tools.shortcut import Handler, Shortcut, edits_by

KEY_STEP_S = 0.25
VIEWS_LINE = ", ".join(cameras.VIEWS)
NO_KEYS = "The camera path has no keys: Alt+K adds one"
NO_OTHER = "The camera path has no other key: Alt+K adds one"
SAME_VIEW = "The selected key has this view already, or there is none: Alt+K adds one"
FIRST_STAYS = "The path's first key stays at 0 s: Alt+. goes to the next one"
FULL = f"The camera path takes no more: {MAX_KEYS} keys in {MAX_PATH_S:.0f} s at most"
LENS_LINE = "a shorter or longer lens: 18, 24, 35, 50, 85, 135, 200 mm"


def _view(number: int, name: str) -> Shortcut:
    return Shortcut(
        (f"Alt+{number}",), f"view {name}", VIEWS_LINE, edits_by(lambda s: cameras.view_from(s, name), "view")
    )


def _path(
    key: str, name: str, description: str, edit: Edit, otherwise: str = "", is_undoable: bool = True
) -> Shortcut:  # fmt: skip
    return Shortcut((key,), name, description, edits_by(edit, name, is_undoable, otherwise))


def _bookmark(number: int, action: str) -> Handler:
    return lambda store, actions: getattr(actions, action)(number)


BOOKMARK_SHORTCUTS = (
    *(
        Shortcut((f"Ctrl+{number}",), f"to place {number}", "to a kept place", _bookmark(number, "go_to_bookmark"))
        for number in NUMBERS
    ),
    *(
        Shortcut(
            (f"Ctrl+Shift+{number}",), f"keep place {number}", "keep this place under a number",
            _bookmark(number, "keep_bookmark"),
        )
        for number in NUMBERS
    ),
)  # fmt: skip
CAMERA_SHORTCUTS = (
    *(_view(number, name) for number, name in enumerate(cameras.VIEWS, 1)),
    *BOOKMARK_SHORTCUTS,
    Shortcut(
        ("Shift+F",), "fly", "fly with W A S D, Q E and a drag; Shift is faster, the wheel sets the speed",
        edits_by(cameras.toggle_fly, "fly mode", False),
    ),
    Shortcut(
        ("Alt+MINUS",), "shorter lens", LENS_LINE,
        edits_by(lambda s: cameras.step_lens(s, -1), "lens", otherwise="There is no shorter lens"),
    ),
    Shortcut(
        ("Alt+EQUAL",), "longer lens", LENS_LINE,
        edits_by(lambda s: cameras.step_lens(s, 1), "lens", otherwise="There is no longer lens"),
    ),
    _path("Alt+D", "dolly", "another lens moves the camera, or leaves it", cameras.toggle_keeps_size),
    _path("Alt+K", "add camera key", "add a key of the camera path here", camera_paths.add_key, FULL),
    _path("Ctrl+K", "replace camera key", "put the selected key of the path here", camera_paths.replace_key, SAME_VIEW),
    _path("Alt+DELETE", "remove camera key", "take the selected key off the path", camera_paths.remove_key, NO_KEYS),
    _path(
        "Alt+COMMA", "previous camera key", "to the path's key before or after", lambda s: camera_paths.step_key(s, -1),
        NO_OTHER,
    ),
    _path(
        "Alt+PERIOD", "next camera key", "to the path's key before or after",
        lambda s: camera_paths.step_key(s, 1), NO_OTHER,
    ),
    _path(
        "Alt+PAGE_UP", "key earlier", "exchange the key with its neighbor", lambda s: camera_paths.shift_key(s, -1),
        "There is no key before this one",
    ),
    _path(
        "Alt+PAGE_DOWN", "key later", "exchange the key with its neighbor", lambda s: camera_paths.shift_key(s, 1),
        "There is no key after this one",
    ),
    _path(
        "Alt+LEFT_BRACKET", "sooner", "the key a quarter of a second sooner or later",
        lambda s: camera_paths.move_key(s, -KEY_STEP_S), FIRST_STAYS,
    ),
    _path(
        "Alt+RIGHT_BRACKET", "later", "the key a quarter of a second sooner or later",
        lambda s: camera_paths.move_key(s, KEY_STEP_S), FIRST_STAYS,
    ),
    _path(
        "Shift+SPACE", "play path", "let the camera run along its path, or stop it",
        camera_paths.toggle_path, NO_OTHER,
    ),
    _path("Alt+O", "close path", "close the camera path, or open it", camera_paths.toggle_closed),
    _path("Alt+J", "show path", "the camera path over the picture", camera_paths.toggle_shows_path, is_undoable=False),
)  # fmt: skip
