"""Videos, frame by frame: each a picture at full quality, encoded as its path says, whole or not at all."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from app.files.videos import can_be_clear, writing_video
from app.model.exports import TurntableState
from app.model.view_state import ViewState
from app.rendering.frames import Frame, Renderer
from app.rendering.tiles import LARGEST_AT_ONCE


def record(
    renderer: Renderer,
    views: Iterable[ViewState],
    settings: TurntableState,
    after_frame: Callable[[int, Frame], bool],  # frames written so far, the last one; False cancels
    is_cancelled: Callable[[], bool] = lambda: False,  # asked within large frames
) -> bool:
    """Render and encode every view; False when cancelled, and then no file is left."""
    path = Path(settings.path).expanduser()
    try:
        with writing_video(path, settings.size, settings.fps, can_be_clear(path)) as append:
            for index, view in enumerate(views):
                has_alpha = is_clear(view, settings.has_alpha) and can_be_clear(path)
                view = without_backdrop(view) if has_alpha else view
                frame = _frame(renderer, view, settings.size, is_cancelled)
                if frame is None:
                    raise Cancelled
                append(renderer.to_bytes(frame, view.display, has_alpha))
                if not after_frame(index + 1, frame):
                    raise Cancelled
    except Cancelled:
        return False
    return True


def is_clear(view: ViewState, has_alpha: bool) -> bool:
    """Whether nothing is to stand behind the avatar in files that can be clear."""
    return has_alpha or view.surroundings.backdrop == "none"


def without_backdrop(view: ViewState) -> ViewState:
    """The same before nothing."""
    return replace(view, surroundings=replace(view.surroundings, backdrop="none"))


def _frame(renderer: Renderer, view: ViewState, size: int, is_cancelled: Callable[[], bool]) -> Frame | None:
    if size <= LARGEST_AT_ONCE:
        return renderer.render(view, size, is_final=True)
    return renderer.render_large(view, size, lambda done, of: not is_cancelled())


class Cancelled(Exception):
    """Leaves the block that writes a file, so that the partial one is removed."""
