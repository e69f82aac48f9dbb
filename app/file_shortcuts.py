"""Keys for what is kept and taken away: sessions, pictures, videos, and the command lines that make them again."""

from app.shortcut import Shortcut, acts_by

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
