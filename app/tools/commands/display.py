"""Commands of the display: buffers, overlays, the pixel inspector, comparison in a split picture."""

from app.model import comparison, display_settings, tools
from app.model.display_settings import BUFFERS
from app.tools.commands.command import Command, edit_command
from app.tools.commands.context import CommandContext

NOT_SPLIT = "The picture is not split: {compare.split} splits it"
MAGNIFY_LINE = "the loupe magnifies less or more; so does Alt and the wheel"


def _buffer(number: int, name: str) -> Command:
    return edit_command(
        f"display.{name}", f"Show {name.replace('_', ' ')}", (str(number),),
        lambda s: display_settings.show_buffer(s, name), ", ".join(BUFFERS),
    )  # fmt: skip


def _compared_buffer(number: int, name: str) -> Command:
    return edit_command(
        f"compare.{name}", f"Compare with {name.replace('_', ' ')}", (f"Shift+{number}",),
        lambda s: comparison.compare_buffer(s, name), "the same buffers right of the split",
    )  # fmt: skip


def _compared_environment(id: str, title: str, key: str, steps: int) -> Command:
    def run(context: CommandContext) -> None:
        offered = context.environments
        context.store.post(lambda s: comparison.step_compared_environment(s, offered, steps), id)

    return Command(id, title, (key,), run, help="another environment right of the split")


def _compare_avatar(context: CommandContext) -> None:
    offered = context.avatars
    context.store.post(lambda s: comparison.step_compared_avatar(s, offered), "compare.avatar")


PICTURE_COMMANDS = (
    *(_buffer(number, name) for number, name in enumerate(BUFFERS[:9], 1)),
    edit_command(
        "display.false_color", "Show numbers as colors", ("H",), display_settings.toggle_false_color,
        "numbers as colors",
    ),
    edit_command("compare.split", "Split the picture", ("C",), comparison.toggle_compare),
    edit_command(
        "compare.swap", "Swap the sides of the split picture", ("Shift+C",), comparison.swap_sides,
        "swap the sides of a split picture", NOT_SPLIT,
    ),
)  # fmt: skip
CLOSE_UP_COMMANDS = (
    *(_compared_buffer(number, name) for number, name in enumerate(BUFFERS[:9], 1)),
    Command(
        "compare.avatar", "Compare with another avatar", ("Alt+N",), _compare_avatar,
        help="another avatar right of the split, in the same pose",
    ),
    _compared_environment("compare.previous_environment", "Compare with the environment before", "Alt+LEFT", -1),
    _compared_environment("compare.next_environment", "Compare with the next environment", "Alt+RIGHT", 1),
    edit_command(
        "compare.keep_light", "Keep this light right of the split", ("Alt+L",), comparison.keep_light,
        "the light of now stays right of the split, or is as on the left again",
    ),
    edit_command(
        "display.readout", "Values of the pixel under the pointer", ("T",), tools.toggle_readout,
        "tell the values of the pixel under the pointer",
    ),
    edit_command(
        "display.guides", "Frame of the next picture; of the next video", (), tools.step_guides,
        "show the window's picture in the shape of the next picture or video, with its safe areas",
    ),
    edit_command(
        "display.names", "Names over the picture", ("Shift+T",), tools.toggle_names, "names over the picture",
        is_undoable=False,
    ),
    edit_command("display.loupe", "Loupe", ("U",), tools.toggle_loupe, "a loupe beside the pointer"),
    edit_command(
        "display.magnify_less", "Loupe: magnify less", ("Alt+U",), lambda s: tools.magnify(s, -1), MAGNIFY_LINE,
        "The loupe magnifies no less",
    ),
    edit_command(
        "display.magnify_more", "Loupe: magnify more", ("Shift+U",), lambda s: tools.magnify(s, 1), MAGNIFY_LINE,
        "The loupe magnifies no more",
    ),
    edit_command(
        "display.joints", "Show the skeleton", ("J",), display_settings.toggle_joints, "the skeleton over the picture"
    ),
    edit_command(
        "display.edges", "Show the mesh's edges", ("Shift+J",), display_settings.toggle_wireframe,
        "the mesh's edges over the picture",
    ),
)  # fmt: skip
