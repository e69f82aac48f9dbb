"""Commands of painting materials on the avatar."""

from app.model import materials
from app.tools.commands.command import Command, edit_command
from app.tools.commands.context import LOAD_MATERIALS, SAVE_MATERIALS

TOOL_LINE = "paint materials on the body; fill by color; take a color up"
SIZE_LINE = "a narrower or a wider brush"
FILE_LINE = "save the material edits beside the avatar, or load them"


def _tool(name: str, title: str, key: str) -> Command:
    return edit_command(
        f"materials.{name}", title, (key,), lambda s: materials.take_tool(s, name), TOOL_LINE, is_undoable=False
    )


MATERIAL_COMMANDS = (
    _tool("brush", "Paint materials on the body", "Shift+P"),
    _tool("fill", "Fill materials by color", "Shift+G"),
    _tool("pick", "Eyedropper for materials", "Shift+I"),
    edit_command(
        "materials.next_paint", "What the brush paints: the next one", ("Shift+K",), materials.next_paint,
        "paint color, tint, roughness, both, or erase", is_undoable=False,
    ),
    edit_command(
        "materials.narrower_brush", "Narrower brush for materials", ("Shift+LEFT_BRACKET",),
        lambda s: materials.resize_brush(s, -1), SIZE_LINE, "There is no narrower brush", is_undoable=False,
    ),
    edit_command(
        "materials.wider_brush", "Wider brush for materials", ("Shift+RIGHT_BRACKET",),
        lambda s: materials.resize_brush(s, 1), SIZE_LINE, "There is no wider brush", is_undoable=False,
    ),
    edit_command(
        "materials.mirror", "Paint both sides of the body at once", ("Shift+X",), materials.toggle_mirror,
        is_undoable=False,
    ),
    edit_command(
        "materials.show", "Show materials with or without the edits", ("Shift+H",), materials.toggle_shown,
        "materials with or without the edits",
    ),
    edit_command(
        "materials.compare", "Compare with the maps without edits", ("Alt+H",), materials.compare_plain,
        "the maps without edits right of the split",
    ),
    edit_command(
        "materials.clear", "Take all paint off the body", ("Shift+DELETE",), materials.clear_strokes,
        otherwise="There is no paint on this avatar",
    ),
    Command(
        "materials.save", "Save the material edits beside the avatar", ("Ctrl+U",),
        lambda context: context.materials.save(), help=FILE_LINE,
    ),
    Command(
        "materials.load", "Load the material edits beside the avatar", ("Ctrl+Shift+U",),
        lambda context: context.materials.load(), help=FILE_LINE,
    ),
    Command(
        "materials.save_as", "Save the material edits as a file...", (),
        lambda context: context.windows.show_dialog(SAVE_MATERIALS),
    ),
    Command(
        "materials.open", "Load material edits from a file...", (),
        lambda context: context.windows.show_dialog(LOAD_MATERIALS),
    ),
)  # fmt: skip
