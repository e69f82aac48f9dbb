"""Commands of the windows: undo and redo, help, the palette, theme and size of the controls, closing."""

from app.model import edits, tools
from app.model.cameras import edit_camera_tool
from app.model.joints import NO_JOINT
from app.model.materials import take_tool
from app.tools.commands.command import Command, edit_command
from app.tools.commands.context import CommandContext

LET_GO = "window.let_go"  # keeps its key: dialogs close by it
SCALE_LINE = "larger or smaller controls; as the screen has them"
NO_UNDO = "There is nothing to undo"
NO_OWN_KEYS = "All keys are as at first"
NO_REDO = "There is nothing to redo"
NOTHING_HELD = "There is nothing to let go of: {window.close} closes the viewer"


def _undo(context: CommandContext) -> None:
    context.store.undo()


def _redo(context: CommandContext) -> None:
    context.store.redo()


def _let_go(context: CommandContext) -> None:
    """Close a popup, or leave help, aim, fly mode, brush, selected joint or guided start: the first that is on."""
    store = context.store
    tool = store.state.tool
    if context.windows.close_popup():
        return
    if tool.help_page:
        store.post(lambda s: edits.edit_tool(s, help_page=0), "help", is_undoable=False)
    elif tool.aims:
        store.post(lambda s: edits.edit_tool(s, aims=""), "aim", is_undoable=False)
    elif tool.camera.flies or tool.camera.plays:
        store.post(lambda s: edit_camera_tool(s, flies=False, plays=False), "fly mode", is_undoable=False)
    elif (name := tool.brush.tool) != "none":
        store.post(lambda s: take_tool(s, name), "brush", is_undoable=False)
    elif tool.selected_joint != NO_JOINT:
        store.post(lambda s: edits.edit_tool(s, selected_joint=NO_JOINT), "select joint", is_undoable=False)
    elif tool.guide_step:
        store.post(lambda s: edits.edit_tool(s, guide_step=0), "guide", is_undoable=False)
    else:
        context.say(NOTHING_HELD)


def _reset_keys(context: CommandContext) -> None:
    context.preferences.change(keys=())
    context.say("All keys are as at first")


WINDOW_COMMANDS = (
    Command(
        "edit.undo", "Undo", ("Ctrl+Z", "Z"), _undo, lambda context: None if context.store.can_undo else NO_UNDO
    ),
    Command(
        "edit.redo", "Redo", ("Ctrl+Y", "Ctrl+Shift+Z", "Y"), _redo,
        lambda context: None if context.store.can_redo else NO_REDO,
    ),
    edit_command(
        "window.help", "Keys", ("Shift+SLASH", "F1"), tools.toggle_help,
        "the next page of these keys; the last one hides them", is_undoable=False,
    ),
    edit_command(
        "window.guide", "Guided start", (), lambda s: edits.edit_tool(s, guide_step=1),
        "five steps to begin with", is_undoable=False,
    ),
    Command(
        "window.palette", "All commands...", ("Ctrl+Shift+P",), lambda context: context.windows.show_palette(),
        help="every command by name: type a part of it, Enter runs it",
    ),
    Command("window.choose_key", "Choose keys...", (), lambda context: context.windows.choose_key()),
    Command(
        "window.reset_keys", "All keys as at first", (), _reset_keys,
        lambda context: None if context.preferences.now.keys else NO_OWN_KEYS,
    ),
    Command(
        "window.theme", "Light or dark controls", ("Ctrl+T",), lambda context: context.windows.next_theme(),
        help="light or dark controls",
    ),
    Command(
        "window.larger", "Larger controls", ("Ctrl+EQUAL",),
        lambda context: context.windows.step_scale(1), help=SCALE_LINE
    ),
    Command(
        "window.smaller", "Smaller controls", ("Ctrl+MINUS",),
        lambda context: context.windows.step_scale(-1), help=SCALE_LINE
    ),
    Command(
        "window.natural_size", "Controls as large as the screen asks", ("Ctrl+0",),
        lambda context: context.windows.step_scale(0), help=SCALE_LINE,
    ),
    Command(
        "window.reset_layout", "Reset the arrangement of the panels", (),
        lambda context: context.windows.reset_layout(),
    ),
    Command("window.close", "Close the viewer", ("Ctrl+W",), lambda context: context.windows.close()),
    Command(
        LET_GO, "Close what is open, or let go", ("ESCAPE",), _let_go,
        help="close a dialog or the help; stop flying; let go of brush or limb",
    ),
)  # fmt: skip
