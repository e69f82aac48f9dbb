"""The keys of the camera: views, lens, flying, the camera path."""

from app import camera_edits, path_edits
from app.bookmarks import NUMBERS
from app.shortcut import Deed, Shortcut, edits_by

KEY_STEP_S = 0.25
VIEWS_LINE = ", ".join(camera_edits.VIEWS)
LENS_LINE = "a shorter or longer lens: 18, 24, 35, 50, 85, 135, 200 mm"


def _view(number: int, name: str) -> Shortcut:
    return Shortcut(
        (f"Alt+{number}",), f"view {name}", VIEWS_LINE, edits_by(lambda s: camera_edits.view_from(s, name), "view")
    )


def _path(key: str, name: str, description: str, edit, is_undoable: bool = True) -> Shortcut:
    return Shortcut((key,), name, description, edits_by(edit, name, is_undoable))


def _bookmark(number: int, action: str) -> Deed:
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
    *(_view(number, name) for number, name in enumerate(camera_edits.VIEWS, 1)),
    *BOOKMARK_SHORTCUTS,
    Shortcut(
        ("Shift+F",), "fly", "fly with W A S D, Q E and a drag; Shift is faster, the wheel sets the speed",
        edits_by(camera_edits.toggle_fly, "fly mode", False),
    ),
    Shortcut(("Alt+MINUS",), "shorter lens", LENS_LINE, edits_by(lambda s: camera_edits.step_lens(s, -1), "lens")),
    Shortcut(("Alt+EQUAL",), "longer lens", LENS_LINE, edits_by(lambda s: camera_edits.step_lens(s, 1), "lens")),
    _path("Alt+D", "dolly", "another lens moves the camera, or leaves it", camera_edits.toggle_keeps_size),
    _path("Alt+K", "add camera key", "add a key of the camera path here", path_edits.add_key),
    _path("Ctrl+K", "replace camera key", "put the selected key of the path here", path_edits.replace_key),
    _path("Alt+DELETE", "remove camera key", "take the selected key off the path", path_edits.remove_key),
    _path(
        "Alt+COMMA", "previous camera key", "to the path's key before or after", lambda s: path_edits.step_key(s, -1)
    ),
    _path("Alt+PERIOD", "next camera key", "to the path's key before or after", lambda s: path_edits.step_key(s, 1)),
    _path(
        "Alt+PAGE_UP", "key earlier", "exchange the key with its neighbor", lambda s: path_edits.shift_key(s, -1)
    ),
    _path(
        "Alt+PAGE_DOWN", "key later", "exchange the key with its neighbor", lambda s: path_edits.shift_key(s, 1)
    ),
    _path(
        "Alt+LEFT_BRACKET", "sooner", "the key a quarter of a second sooner or later",
        lambda s: path_edits.move_key(s, -KEY_STEP_S),
    ),
    _path(
        "Alt+RIGHT_BRACKET", "later", "the key a quarter of a second sooner or later",
        lambda s: path_edits.move_key(s, KEY_STEP_S),
    ),
    _path("Shift+SPACE", "play path", "let the camera run along its path, or stop it", path_edits.toggle_path),
    _path("Alt+O", "close path", "close the camera path, or open it", path_edits.toggle_closed),
    _path("Alt+J", "show path", "the camera path over the picture", path_edits.toggle_shows_path, False),
)  # fmt: skip
