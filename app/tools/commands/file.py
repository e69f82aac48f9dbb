"""Commands of files: sessions, pictures, videos and the command lines that make them."""

from app.tools.commands.command import Command
from app.tools.commands.context import EXPORT_AVATAR, OPEN_SESSION, SAVE_SESSION, CommandContext

SESSION_LINE = "save the session; under another name; open one"
COPY_LINE = "copy the command line that makes the picture; the video"
BUSY = "One thing at a time: {export.cancel} cancels what is being made"
IDLE = "Nothing is being made"
NONE_BEFORE = "No earlier viewer showed anything that can be brought back"


def _is_idle(context: CommandContext) -> str | None:
    return BUSY if context.exports.is_running else None


def _is_busy(context: CommandContext) -> str | None:
    return None if context.exports.is_running else IDLE


RECORD_COMMAND = Command("export.video", "Record a video", ("R",), lambda context: context.exports.record(), _is_idle)
FILE_COMMANDS = (
    Command(
        "session.save", "Save the session", ("Ctrl+S",), lambda context: context.sessions.save(), help=SESSION_LINE
    ),
    Command(
        "session.save_as", "Save the session as...", ("Ctrl+Shift+S",),
        lambda context: context.windows.show_dialog(SAVE_SESSION), help=SESSION_LINE,
    ),
    Command(
        "session.open", "Open a session...", ("Ctrl+O",), lambda context: context.windows.show_dialog(OPEN_SESSION),
        help=SESSION_LINE,
    ),
    Command("export.picture", "Take a picture", ("F12",), lambda context: context.exports.take_picture(), _is_idle),
    Command(
        "export.cancel", "Cancel the picture or video", ("Shift+R",),
        lambda context: context.exports.cancel(), _is_busy, "cancel the picture or the video that is being made",
    ),
    Command(
        "export.copy_picture", "Copy the picture's command line", ("Ctrl+C",),
        lambda context: context.exports.copy_picture_command(), help=COPY_LINE,
    ),
    Command(
        "export.copy_video", "Copy the video's command line", ("Ctrl+Shift+C",),
        lambda context: context.exports.copy_video_command(), help=COPY_LINE,
    ),
    Command(
        "export.choose", "Export the avatar...", ("Ctrl+Shift+E",),
        lambda context: context.windows.show_dialog(EXPORT_AVATAR), help="write the avatar for other programs"
    ),
    Command(
        "export.avatar", "Export the avatar as chosen", (), lambda context: context.exports.export_avatar(), _is_idle
    ),
    Command(
        "export.copy_avatar", "Copy the export's command line", (),
        lambda context: context.exports.copy_avatar_command(),
    ),
    Command(
        "session.restore", "Reopen what was shown last", ("Ctrl+Shift+O",),
        lambda context: context.sessions.restore(),
        lambda context: None if context.sessions.can_restore else NONE_BEFORE,
        "reopen what was shown last, saved or not; again: what was shown before",
    ),
)  # fmt: skip
