"""A picture or a video made by a command, with a bar on the terminal; Ctrl+C leaves nothing behind."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.frames import Frame, Renderer
from app.takes import Take


def run_shown(take: Take, renderer: Renderer) -> None:
    """Make it; raises PhynesError."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"Making {take.path}", total=None)

        def after_step(num_done: int, num_steps: int, frame: Frame | None) -> bool:
            progress.update(task, completed=num_done, total=num_steps)
            return True

        take.run(renderer, after_step, lambda: False)
