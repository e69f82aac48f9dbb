"""The command lines that panels show, as plain text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CommandTexts:
    """What makes the present picture, and the present video, again."""

    picture: str = ""
    video: str = ""
