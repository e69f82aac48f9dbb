"""Keys for the light and the surroundings."""

from app.model import edits, lights
from app.tools.shortcut import Handler, Shortcut, acts_by
from app.tools.shortcut import edits_by as _edit

FULL = f"There are {lights.MAX_LAMPS} lamps already: Delete removes one"
NO_LAMP = "There is no lamp: L adds one"
NOT_NEAR = "The selected lamp is none that moves on: the panel Lamps makes it a near one"
NO_PAINT = "There is no paint on the probes that this changes"


def _next_environment(steps: int) -> Handler:
    return lambda store, actions: store.post(
        lambda s: lights.step_environment(s, actions.environments(), steps), "environment"
    )


def _lamp_away(factor: float) -> Handler:
    return _edit(
        lambda s: lights.move_lamp_away(s, s.tool.selected_lamp, factor), "lamp's distance", otherwise=NOT_NEAR
    )


LIGHT_SHORTCUTS = (
    Shortcut(("Ctrl+E",), "save light", "save all light as an environment", acts_by("ask_where_to_export")),
    Shortcut(("L",), "add lamp", "add a lamp", _edit(lights.add_lamp, "add lamp", otherwise=FULL)),
    Shortcut(
        ("DELETE", "BACKSPACE"), "remove lamp", "remove the selected lamp",
        _edit(lambda s: lights.remove_lamp(s, s.tool.selected_lamp), "remove lamp", otherwise=NO_LAMP),
    ),
    Shortcut(("Alt+UP",), "lamp away", "move the selected near lamp away or closer", _lamp_away(1.1)),
    Shortcut(("Alt+DOWN",), "lamp closer", "move the selected near lamp away or closer", _lamp_away(1.0 / 1.1)),
    Shortcut(
        ("LEFT",), "light before", "the environment before or after, of those in the light panel",
        _next_environment(-1),
    ),
    Shortcut(
        ("RIGHT",), "next light", "the environment before or after, of those in the light panel",
        _next_environment(1),
    ),
    Shortcut(
        ("Shift+LEFT",), "turn light back", "turn the surrounding light by 5°",
        _edit(lambda s: lights.turn_environment(s, -5.0), "turn light"),
    ),
    Shortcut(
        ("Shift+RIGHT",), "turn light", "turn the surrounding light by 5°",
        _edit(lambda s: lights.turn_environment(s, 5.0), "turn light"),
    ),
    Shortcut(
        ("V",), "backdrop", "another backdrop: color, checkerboard, light",
        _edit(lights.next_backdrop, "backdrop"),
    ),
    Shortcut(("G",), "floor", "a floor that catches shadow and reflection", _edit(lights.toggle_ground, "floor")),
    Shortcut(("K",), "balls", "the chrome and the gray ball", _edit(lights.toggle_balls, "balls")),
    Shortcut(
        ("Ctrl+P",), "paint probes", "paint probes or move lamps in the probe picture",
        _edit(lambda s: edits.edit_tool(s, paints=not s.tool.paints), "brush", False),
    ),
    Shortcut(
        ("Ctrl+LEFT_BRACKET",), "narrower brush", "a narrower or wider brush for probes",
        _edit(lambda s: lights.resize_brush(s, -1), "brush", False, "There is no narrower brush"),
    ),
    Shortcut(
        ("Ctrl+RIGHT_BRACKET",), "wider brush", "a narrower or wider brush for probes",
        _edit(lambda s: lights.resize_brush(s, 1), "brush", False, "There is no wider brush"),
    ),
    Shortcut(
        ("Ctrl+M",), "mirror paint", "swap left and right of the painted probes",
        _edit(lights.mirror_paint, "mirror paint", otherwise=NO_PAINT),
    ),
    Shortcut(
        ("Ctrl+DELETE",), "clear paint", "take the paint off the probes",
        _edit(lights.clear_paint, "clear paint", otherwise=NO_PAINT),
    ),
)  # fmt: skip


SESSIONS = "save the session; under another name; open one"

FILE_SHORTCUTS = (
    Shortcut(("Ctrl+S",), "save session", SESSIONS, acts_by("save_session")),
    Shortcut(("Ctrl+Shift+S",), "save session as", SESSIONS, acts_by("ask_where_to_save")),
    Shortcut(("Ctrl+O",), "open session", SESSIONS, acts_by("ask_what_to_open")),
    Shortcut(("F12",), "take picture", "take a picture", acts_by("photograph")),
    Shortcut(("Shift+R",), "cancel", "cancel the picture or the video that is being made", acts_by("cancel_recording")),
    Shortcut(
        ("Ctrl+C",), "copy picture command", "copy the command line that makes the picture; the video",
        acts_by("copy_picture_command"),
    ),
    Shortcut(
        ("Ctrl+Shift+C",), "copy video command", "copy the command line that makes the picture; the video",
        acts_by("copy_video_command"),
    ),
    Shortcut(
        ("Ctrl+Shift+O",), "restore session", "bring back what a viewer that ended unexpectedly showed",
        acts_by("restore_session"),
    ),
)  # fmt: skip
