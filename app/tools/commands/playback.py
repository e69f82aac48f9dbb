"""Commands of the clip: play, step, its range, speed and loop."""

from collections.abc import Callable

from app.model import playback
from app.model.view_state import ViewState
from app.tools.commands.command import Command, edit_command
from app.tools.commands.context import LOAD_MOTION, CommandContext

NO_CLIP = "There is no clip: choose a motion in the panel Avatar and motion"
STEP_LINE = "a frame of the clip back or on"
ENDS_LINE = "to the start or the end of the range"
RANGE_LINE = "begin or end the range here"
SPEED_LINE = "play slower or faster"


def _in_clip(id: str, title: str, key: str, edit: Callable[[ViewState, float, float], ViewState], help: str) -> Command:
    """An edit that needs the clip's length in seconds and its frames a second."""

    def run(context: CommandContext) -> None:
        length_s, fps = context.clock.clip()
        context.store.post(lambda s: edit(s, length_s, fps), "time")

    return Command(id, title, (key,), run, lambda context: None if context.clock.clip()[0] > 0 else NO_CLIP, help)


PLAY_COMMAND = edit_command(
    "clip.play",
    "Play or pause the clip",
    ("SPACE",),
    playback.toggle_playing,
    otherwise=NO_CLIP,
    is_undoable=False,
)
CLIP_COMMANDS = (
    _in_clip(
        "clip.frame_back", "A frame of the clip back", "COMMA",
        lambda s, length, fps: playback.step_frames(s, -1, fps, length), STEP_LINE,
    ),
    _in_clip(
        "clip.frame_on", "A frame of the clip on", "PERIOD",
        lambda s, length, fps: playback.step_frames(s, 1, fps, length), STEP_LINE,
    ),
    _in_clip(
        "clip.to_start", "To the start of the range", "HOME",
        lambda s, length, fps: playback.to_range(s, 0, length), ENDS_LINE,
    ),
    _in_clip(
        "clip.to_end", "To the end of the range", "END",
        lambda s, length, fps: playback.to_range(s, 1, length), ENDS_LINE,
    ),
    _in_clip(
        "clip.start_here", "Begin the range here", "I",
        lambda s, length, fps: playback.start_here(s, length), RANGE_LINE,
    ),
    _in_clip(
        "clip.end_here", "End the range here", "O",
        lambda s, length, fps: playback.end_here(s, length), RANGE_LINE,
    ),
    edit_command(
        "clip.loop", "Loop the clip", ("Ctrl+L",), playback.toggle_loop, "loop the clip or stop at its end"
    ),
    edit_command(
        "clip.slower", "Play slower", ("LEFT_BRACKET",), lambda s: playback.change_speed(s, -1), SPEED_LINE
    ),
    edit_command(
        "clip.faster", "Play faster", ("RIGHT_BRACKET",), lambda s: playback.change_speed(s, 1), SPEED_LINE
    ),
    Command("clip.load", "Load a motion...", (), lambda context: context.windows.show_dialog(LOAD_MOTION)),
)  # fmt: skip
