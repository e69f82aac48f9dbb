"""Commands of the light and the surroundings."""

from app.model import edits, lights
from app.model.lamps import (
    FACING,
    HIGHLIGHT,
    MAX_LAMPS,
    add_lamp,
    lamp_to_other_side,
    move_lamp_away,
    remove_lamp,
    select_next_lamp,
    toggle_aim,
    toggle_lamp,
    toggle_solo,
    turn_lamp,
)
from app.tools.commands.command import Command, edit_command
from app.tools.commands.context import BROWSE, EXPORT_LIGHT, LOAD_ENVIRONMENT, LOAD_RIG, SAVE_RIG, CommandContext

ENVIRONMENT_LINE = "the environment before or after, of those in the light panel"
AWAY_LINE = "move the selected near lamp away or closer"
TURN_LINE = "turn the surrounding light by 5°"
AIM_LINE = "the next drag on the body: the lamp shines straight there; has its highlight there"
AROUND_LINE = "turn the selected lamp by 5° around the avatar: left, right, up, down"
BRUSH_LINE = "a narrower or wider brush for probes"
AWAY_FACTOR = 1.1
TURN_DEG = 5.0
FULL = f"There are {MAX_LAMPS} lamps already: {{light.remove_lamp}} removes one"
NO_LAMP = "There is no lamp: {light.add_lamp} adds one"
NO_OTHER = "There is no other lamp: {light.add_lamp} adds one"
NOT_TURNED = "The lamp is as high or low as it goes, or there is none: {light.add_lamp} adds one"
NOT_NEAR = "The selected lamp is none that moves on: the panel Lamps makes it a near one"
NO_PAINT = "There is no paint on the probes that this changes"


def _step_environment(id: str, title: str, key: str, steps: int) -> Command:
    def run(context: CommandContext) -> None:
        offered = context.environments
        context.store.post(lambda s: lights.step_environment(s, offered, steps), id)

    return Command(id, title, (key,), run, help=ENVIRONMENT_LINE)


LIGHT_COMMANDS = (
    Command(
        "light.export", "Save all light as an environment...", ("Ctrl+E",),
        lambda context: context.windows.show_dialog(EXPORT_LIGHT), help="save all light as an environment",
    ),
    edit_command("light.add_lamp", "Add a lamp", ("L",), add_lamp, otherwise=FULL),
    edit_command(
        "light.remove_lamp", "Remove the selected lamp", ("DELETE", "BACKSPACE"),
        lambda s: remove_lamp(s, s.tool.selected_lamp), otherwise=NO_LAMP,
    ),
    edit_command(
        "light.lamp_away", "Move the near lamp away", ("Alt+UP",),
        lambda s: move_lamp_away(s, s.tool.selected_lamp, AWAY_FACTOR), AWAY_LINE, NOT_NEAR,
    ),
    edit_command(
        "light.lamp_closer", "Move the near lamp closer", ("Alt+DOWN",),
        lambda s: move_lamp_away(s, s.tool.selected_lamp, 1.0 / AWAY_FACTOR), AWAY_LINE, NOT_NEAR,
    ),
    edit_command(
        "light.lamp_left", "Lamp: to the left", ("Ctrl+LEFT",), lambda s: turn_lamp(s, -TURN_DEG, 0.0), AROUND_LINE,
        NO_LAMP,
    ),
    edit_command(
        "light.lamp_right", "Lamp: to the right", ("Ctrl+RIGHT",), lambda s: turn_lamp(s, TURN_DEG, 0.0), AROUND_LINE,
        NO_LAMP,
    ),
    edit_command(
        "light.lamp_up", "Lamp: up", ("Ctrl+UP",), lambda s: turn_lamp(s, 0.0, TURN_DEG), AROUND_LINE, NOT_TURNED
    ),
    edit_command(
        "light.lamp_down", "Lamp: down", ("Ctrl+DOWN",), lambda s: turn_lamp(s, 0.0, -TURN_DEG), AROUND_LINE,
        NOT_TURNED,
    ),
    edit_command(
        "light.lamp_behind", "Lamp: behind the avatar, or before it", ("Ctrl+B",), lamp_to_other_side,
        "bring the lamp behind the avatar, or before it again", NO_LAMP,
    ),
    edit_command(
        "light.aim", "Lamp: aim at a point of the body", ("Ctrl+A",), lambda s: toggle_aim(s, FACING), AIM_LINE,
        NO_LAMP, is_undoable=False,
    ),
    edit_command(
        "light.aim_highlight", "Lamp: put its highlight on a point of the body", ("Alt+A",),
        lambda s: toggle_aim(s, HIGHLIGHT), AIM_LINE, NO_LAMP, is_undoable=False,
    ),
    edit_command(
        "light.next_lamp", "Select the next lamp", ("Shift+N",), select_next_lamp, otherwise=NO_OTHER,
        is_undoable=False,
    ),
    edit_command(
        "light.mute", "Switch the lamp off or on", ("Ctrl+Shift+L",), toggle_lamp, otherwise=NO_LAMP
    ),
    edit_command(
        "light.solo", "Let the lamp light alone", ("Shift+L",), toggle_solo,
        "let the lamp light alone, or with all other light", NO_LAMP,
    ),
    _step_environment("light.previous_environment", "Previous environment", "LEFT", -1),
    _step_environment("light.next_environment", "Next environment", "RIGHT", 1),
    edit_command(
        "light.turn_back", "Turn the surrounding light back by 5°", ("Shift+LEFT",),
        lambda s: lights.turn_environment(s, -TURN_DEG), TURN_LINE,
    ),
    edit_command(
        "light.turn_on", "Turn the surrounding light by 5°", ("Shift+RIGHT",),
        lambda s: lights.turn_environment(s, TURN_DEG), TURN_LINE,
    ),
    edit_command(
        "light.backdrop", "Another backdrop", ("V",), lights.next_backdrop,
        "another backdrop: color, checkerboard, light",
    ),
    edit_command(
        "light.floor", "Show the floor", ("G",), lights.toggle_ground, "a floor that catches shadow and reflection"
    ),
    edit_command(
        "light.balls", "Show the chrome and the gray ball", ("K",), lights.toggle_balls, "the chrome and the gray ball"
    ),
    edit_command(
        "light.paint_probes", "Paint probes in the probe picture", ("Ctrl+P",),
        lambda s: edits.edit_tool(s, paints=not s.tool.paints),
        "paint probes or move lamps in the probe picture", is_undoable=False,
    ),
    edit_command(
        "light.narrower_brush", "Narrower brush for probes", ("Ctrl+LEFT_BRACKET",),
        lambda s: lights.resize_brush(s, -1), BRUSH_LINE, "There is no narrower brush", is_undoable=False,
    ),
    edit_command(
        "light.wider_brush", "Wider brush for probes", ("Ctrl+RIGHT_BRACKET",),
        lambda s: lights.resize_brush(s, 1), BRUSH_LINE, "There is no wider brush", is_undoable=False,
    ),
    edit_command(
        "light.mirror_paint", "Swap left and right of the painted probes", ("Ctrl+M",), lights.mirror_paint,
        otherwise=NO_PAINT,
    ),
    edit_command(
        "light.clear_paint", "Take the paint off the probes", ("Ctrl+DELETE",), lights.clear_paint, otherwise=NO_PAINT
    ),
    Command("light.browse", "Browse environments...", (), lambda context: context.windows.show_dialog(BROWSE)),
    Command(
        "light.load_environment", "Load an environment...", (),
        lambda context: context.windows.show_dialog(LOAD_ENVIRONMENT),
    ),
    Command("light.save_rig", "Save the light rig...", (), lambda context: context.windows.show_dialog(SAVE_RIG)),
    Command("light.load_rig", "Load a light rig...", (), lambda context: context.windows.show_dialog(LOAD_RIG)),
)  # fmt: skip
