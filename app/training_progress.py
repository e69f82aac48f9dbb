"""Training on the terminal: a bar per stage with the remaining time and the live numbers."""

import math

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

STAGE_NAMES = {1: "1 geometry, texture", 2: "2 materials, light"}


class RichProgress:
    """A `training.loop.Progress` that draws; use it as a context manager."""

    def __init__(self, console: Console | None = None) -> None:
        self._bars = Progress(
            TextColumn("stage {task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[numbers]}"), 
            console=console or Console(), refresh_per_second=2,
        )  # fmt: skip
        self._task: TaskID | None = None

    def __enter__(self) -> "RichProgress":
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def start(self, stage: int, step: int, steps: int) -> None:
        """A new bar."""
        self._task = self._bars.add_task(STAGE_NAMES[stage], total=steps, completed=step, numbers="")

    def advance(self, step: int, terms: dict[str, float]) -> None:
        """Move the bar and show the training error as PSNR."""
        if self._task is not None:
            decibels = -10.0 * math.log10(max(terms["image"], 1e-10))
            self._bars.update(self._task, completed=step, numbers=f"loss {terms['loss']:.5f}  {decibels:.1f} dB")

    def note(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(text, highlight=False)


class SilentProgress:
    """A `Progress` for the processes of a run that do not print."""

    def __enter__(self) -> "SilentProgress":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def start(self, stage: int, step: int, steps: int) -> None:
        """Say nothing."""

    def advance(self, step: int, terms: dict[str, float]) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
