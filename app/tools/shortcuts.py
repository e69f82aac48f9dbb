"""The one table of keys: the windows dispatch from it, the help overlay and README's table are made from it.

A chord is written as a person reads it: "Ctrl+Shift+Z", modifiers in this order, then the key as moderngl-window names
it (digits without NUMBER_).
"""

from collections.abc import Callable, Iterable

from app.model import comparison, display_settings, edits, playback, tools
from app.model.avatar_row import MAX_BODIES, add_body, choose_next_body, remove_body, toggle_shared_pose
from app.model.cameras import edit_camera_tool
from app.model.display_settings import BUFFERS
from app.model.joints import (
    KEY_STEP_DEG,
    NO_JOINT,
    choose_next_axis,
    mirror_pose,
    reset_selected,
    select_next_joint,
    toggle_mirror,
    turn_selected,
)
from app.model.materials import take_tool
from app.model.playback import change_speed, end_here, start_here, step_frames, to_range, toggle_loop
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.actions import Actions
from app.tools.camera_shortcuts import CAMERA_SHORTCUTS
from app.tools.display_shortcuts import LOOK_SHORTCUTS
from app.tools.fly import FLY_KEYS
from app.tools.light_shortcuts import FILE_SHORTCUTS, LIGHT_SHORTCUTS
from app.tools.material_shortcuts import MATERIAL_SHORTCUTS
from app.tools.shortcut import Handler, Shortcut
from app.tools.shortcut import acts_by as _act
from app.tools.shortcut import edits_by as _edit

FACES = {
    "SPACE": "Space", "DELETE": "Delete", "BACKSPACE": "Backspace", "ESCAPE": "Esc", "TAB": "Tab", "MINUS": "-",
    "EQUAL": "=", "COMMA": ",", "PERIOD": ".", "HOME": "Home", "PAGE_DOWN": "Page down", "PAGE_UP": "Page up",
    "END": "End", "LEFT": "←", "RIGHT": "→", "UP": "↑", "DOWN": "↓", "LEFT_BRACKET": "[", "RIGHT_BRACKET": "]",
    "Shift+SLASH": "?",
}  # fmt: skip

NOT_TURNED = "Nothing turns: Tab or a click takes hold of a joint, which may be at its limit"
NOT_RESET = "Nothing to put back: Tab or a click takes hold of a joint"
NOT_MIRRORED = "There are no edits of limbs to swap"
ROW_FULL = f"At most {MAX_BODIES} avatars stand side by side: Shift+B takes one away"
ALONE = "There is no other avatar: B adds one"
NOT_SPLIT = "The picture is not split: C splits it"
NO_CLIP = "There is no clip: choose a motion in the panel Avatar and motion"


def chord(key: str, has_control: bool = False, has_shift: bool = False, has_alt: bool = False) -> str:
    """The table's spelling of a key with the modifiers that are held."""
    return "Ctrl+" * has_control + "Shift+" * has_shift + "Alt+" * has_alt + key


def shortcut_of(pressed: str) -> Shortcut | None:
    """The entry of a chord."""
    return next((shortcut for shortcut in SHORTCUTS if pressed in shortcut.chords), None)


def key_names() -> list[str]:
    """Every key of the table and of fly mode, without modifiers."""
    chords = [pressed for shortcut in SHORTCUTS for pressed in shortcut.chords]
    return sorted({pressed.rsplit("+", 1)[-1] for pressed in chords} | set(FLY_KEYS))


def help_lines(shortcuts: Iterable[Shortcut] | None = None) -> list[tuple[str, str]]:
    """(keys, what they do) of all or some of the table, a line for each description."""
    keys: dict[str, list[str]] = {}
    for shortcut in SHORTCUTS if shortcuts is None else shortcuts:
        keys.setdefault(shortcut.description, []).extend(_face(pressed) for pressed in shortcut.chords)
    return [(_joined(faces), description) for description, faces in keys.items()]


def markdown_table() -> str:
    """README's table of keys."""
    rows = [" / ".join(f"`{key}`" for key in keys.split(" / ")) for keys, _ in help_lines()]
    rows = [row.replace(" ... ", "` ... `") for row in rows]
    lines = [f"| {row} | {description} |" for row, (_, description) in zip(rows, help_lines(), strict=True)]
    return "\n".join(["| key | does |", "|---|---|", *lines])


def _face(pressed: str) -> str:
    if pressed in FACES:
        return FACES[pressed]
    *modifiers, key = pressed.split("+")
    return "+".join([*modifiers, FACES.get(key, key)])


def _joined(faces: list[str]) -> str:
    is_run = len(faces) > 4
    return f"{faces[0]} ... {faces[-1]}" if is_run else " / ".join(faces)


def _let_go(store: Store, actions: Actions) -> None:
    if store.state.tool.help_page:
        store.post(lambda s: edits.edit_tool(s, help_page=0), "help", is_undoable=False)
        return
    camera = store.state.tool.camera
    if camera.flies or camera.plays:
        store.post(lambda s: edit_camera_tool(s, flies=False, plays=False), "fly mode", is_undoable=False)
    elif (tool := store.state.tool.brush.tool) != "none":
        store.post(lambda s: take_tool(s, tool), "brush", is_undoable=False)
    elif store.state.tool.selected_joint == NO_JOINT:
        actions.close()
    else:
        store.post(lambda s: edits.edit_tool(s, selected_joint=NO_JOINT), "select joint", is_undoable=False)


def _buffer(number: int, name: str) -> Shortcut:
    return Shortcut(
        (str(number),),
        f"buffer {name}",
        ", ".join(BUFFERS),
        _edit(lambda s: display_settings.show_buffer(s, name), "buffer"),
    )


def _in_clip(edit: Callable[[ViewState, float, float], ViewState]) -> Handler:
    """An edit that needs the clip's length in seconds and its frames a second."""

    def do(store: Store, actions: Actions) -> None:
        if actions.clip()[0] > 0:
            store.post(lambda s: edit(s, *actions.clip()), "time")
        else:
            actions.say(NO_CLIP)

    return do


def _turn(degrees: float) -> Handler:
    return _edit(lambda s: turn_selected(s, degrees), "turn joint", otherwise=NOT_TURNED)


LIMB_SHORTCUTS = (
    Shortcut(("TAB",), "next joint", "hold the next or the previous joint", _edit(select_next_joint, "joint", False)),
    Shortcut(
        ("Shift+TAB",), "previous joint", "hold the next or the previous joint",
        _edit(lambda s: select_next_joint(s, -1), "joint", False),
    ),
    Shortcut(("X",), "next axis", "choose the ring that the next keys turn by", _edit(choose_next_axis, "axis", False)),
    Shortcut(("MINUS",), "turn back", "turn the held joint by 5°", _turn(-KEY_STEP_DEG)),
    Shortcut(("EQUAL",), "turn on", "turn the held joint by 5°", _turn(KEY_STEP_DEG)),
    Shortcut(
        ("Alt+R",), "reset joint", "put the held joint back",
        _edit(reset_selected, "reset joint", otherwise=NOT_RESET),
    ),
    Shortcut(
        ("PAGE_DOWN",), "next pose", "hold the library's next or previous pose",
        lambda store, actions: actions.step_pose(1),
    ),
    Shortcut(
        ("PAGE_UP",), "previous pose", "hold the library's next or previous pose",
        lambda store, actions: actions.step_pose(-1),
    ),
    Shortcut(("Alt+S",), "save pose", "save the pose to the library", lambda store, actions: actions.save_pose("")),
    Shortcut(("M",), "mirror", "turn left and right limbs together", _edit(toggle_mirror, "mirror", False)),
    Shortcut(
        ("Shift+M",), "mirror pose", "swap the edits of left and right limbs",
        _edit(mirror_pose, "mirror pose", otherwise=NOT_MIRRORED),
    ),
    Shortcut(
        ("B",), "add avatar", "put another avatar beside this one",
        _edit(add_body, "add avatar", otherwise=ROW_FULL),
    ),
    Shortcut(
        ("Shift+B",), "remove avatar", "take the active avatar away",
        _edit(remove_body, "remove avatar", otherwise=ALONE),
    ),
    Shortcut(
        ("N",), "next avatar", "make the next avatar the active one",
        _edit(choose_next_body, "avatar", otherwise=ALONE),
    ),
    Shortcut(("P",), "same pose", "give all avatars one pose", _edit(toggle_shared_pose, "same pose")),
)  # fmt: skip


CLIP_SHORTCUTS = (
    Shortcut(
        ("COMMA",), "frame back", "a frame of the clip back or on",
        _in_clip(lambda s, length, fps: step_frames(s, -1, fps, length)),
    ),
    Shortcut(
        ("PERIOD",), "frame on", "a frame of the clip back or on",
        _in_clip(lambda s, length, fps: step_frames(s, 1, fps, length)),
    ),
    Shortcut(
        ("HOME",), "to the start", "to the start or the end of the range",
        _in_clip(lambda s, length, fps: to_range(s, 0, length)),
    ),
    Shortcut(
        ("END",), "to the end", "to the start or the end of the range",
        _in_clip(lambda s, length, fps: to_range(s, 1, length)),
    ),
    Shortcut(
        ("I",), "range from here", "begin or end the range here",
        _in_clip(lambda s, length, fps: start_here(s, length)),
    ),
    Shortcut(
        ("O",), "range to here", "begin or end the range here",
        _in_clip(lambda s, length, fps: end_here(s, length)),
    ),
    Shortcut(("Ctrl+L",), "loop", "loop the clip or stop at its end", _edit(toggle_loop, "loop")),
    Shortcut(("LEFT_BRACKET",), "slower", "play slower or faster", _edit(lambda s: change_speed(s, -1), "speed")),
    Shortcut(("RIGHT_BRACKET",), "faster", "play slower or faster", _edit(lambda s: change_speed(s, 1), "speed")),
)  # fmt: skip
PICTURE_SHORTCUTS = (
    *(_buffer(number, name) for number, name in enumerate(BUFFERS[:9], 1)),
    Shortcut(("H",), "numbers", "numbers as colors", _edit(display_settings.toggle_false_color, "false color")),
    Shortcut(("C",), "compare", "split the picture", _edit(comparison.toggle_compare, "compare")),
    Shortcut(
        ("Shift+C",), "swap", "swap the sides of a split picture",
        _edit(comparison.swap_sides, "swap sides", otherwise=NOT_SPLIT),
    ),
    Shortcut(("SPACE",), "play", "play or pause the clip", _edit(playback.toggle_playing, "play", is_undoable=False)),
    Shortcut(("F",), "frame", "frame the avatar", _act("reset_camera")),
    Shortcut(("R",), "record", "record a video", _act("record")),
    Shortcut(("Ctrl+Z", "Z"), "undo", "undo", _act("undo")),
    Shortcut(("Ctrl+Y", "Ctrl+Shift+Z", "Y"), "redo", "redo", _act("redo")),
    Shortcut(
        ("Shift+SLASH", "F1"), "help", "the next page of these keys; the last one hides them",
        _edit(tools.toggle_help, "help", is_undoable=False),
    ),
    Shortcut(("Ctrl+T",), "theme", "light or dark controls", _act("next_theme")),
    Shortcut(
        ("Ctrl+EQUAL",), "larger", "larger or smaller controls; as the screen has them",
        lambda store, actions: actions.step_scale(1),
    ),
    Shortcut(
        ("Ctrl+MINUS",), "smaller", "larger or smaller controls; as the screen has them",
        lambda store, actions: actions.step_scale(-1),
    ),
    Shortcut(
        ("Ctrl+0",), "natural size", "larger or smaller controls; as the screen has them",
        lambda store, actions: actions.step_scale(0),
    ),
    Shortcut(("Ctrl+W",), "close", "close the viewer", _act("close")),
    Shortcut(("ESCAPE",), "let go", "stop flying; let go of brush or limb; close the viewer", _let_go),
)  # fmt: skip
GROUPS: dict[str, tuple[Shortcut, ...]] = {
    "Picture": PICTURE_SHORTCUTS,
    "Looking closely": LOOK_SHORTCUTS,
    "Body": LIMB_SHORTCUTS,
    "Clip": CLIP_SHORTCUTS,
    "Light": LIGHT_SHORTCUTS,
    "Camera": CAMERA_SHORTCUTS,
    "Materials": MATERIAL_SHORTCUTS,
    "Files": FILE_SHORTCUTS,
}
SHORTCUTS: tuple[Shortcut, ...] = tuple(shortcut for group in GROUPS.values() for shortcut in group)
