"""The keys of painting materials on the avatar."""

from app.model import materials
from app.tools.shortcut import Handler, Shortcut, edits_by

TOOL_LINE = "paint materials on the body; fill by color; take a color up"
SIZE_LINE = "a narrower or a wider brush"
FILE_LINE = "save the material edits beside the avatar, or load them"


def _exports(tool: str) -> Handler:
    return edits_by(lambda s: materials.take_tool(s, tool), "brush", False)


MATERIAL_SHORTCUTS = (
    Shortcut(("Shift+P",), "brush", TOOL_LINE, _exports("brush")),
    Shortcut(("Shift+G",), "fill", TOOL_LINE, _exports("fill")),
    Shortcut(("Shift+I",), "eyedropper", TOOL_LINE, _exports("pick")),
    Shortcut(
        ("Shift+K",), "next paint", "paint color, tint, roughness, both, or erase",
        edits_by(materials.next_paint, "brush", False),
    ),
    Shortcut(
        ("Shift+LEFT_BRACKET",), "narrower brush", SIZE_LINE,
        edits_by(lambda s: materials.resize_brush(s, -1), "brush", False, "There is no narrower brush"),
    ),
    Shortcut(
        ("Shift+RIGHT_BRACKET",), "wider brush", SIZE_LINE,
        edits_by(lambda s: materials.resize_brush(s, 1), "brush", False, "There is no wider brush"),
    ),
    Shortcut(
        ("Shift+X",), "mirror brush", "paint both sides of the body at once",
        edits_by(materials.toggle_mirror, "brush", False),
    ),
    Shortcut(
        ("Shift+H",), "show edits", "materials with or without the edits", edits_by(materials.toggle_shown, "materials")
    ),
    Shortcut(
        ("Alt+H",), "compare edits", "the maps without edits right of the split",
        edits_by(materials.compare_plain, "compare"),
    ),
    Shortcut(
        ("Shift+DELETE",), "clear strokes", "take all paint off the body",
        edits_by(materials.clear_strokes, "clear strokes", otherwise="There is no paint on this avatar"),
    ),
    Shortcut(("Ctrl+U",), "save materials", FILE_LINE, lambda store, actions: actions.save_materials("")),
    Shortcut(("Ctrl+Shift+U",), "load materials", FILE_LINE, lambda store, actions: actions.load_materials("")),
)  # fmt: skip
