"""Export jobs write pictures, videos and lights as files; the viewer's engine thread or a command runs them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.files.videos import can_be_clear, writing_video
from app.model.exports import PictureSize, StillState, TurntableState, width_height
from app.model.fields import range_of
from app.model.view_state import ViewState
from app.rendering.exports.picture_files import LIGHT_ROWS, channel_kinds, check_light_picture, write_light
from app.rendering.exports.video_views import fitted, turntable_views
from app.rendering.frames import Frame, Renderer
from app.rendering.tiles import fits_at_once, tiles_of, whole_tile
from phynes_core.errors import OutputError
from phynes_core.io.exr_layers import writing_layers
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import check_file

STILL_SUFFIXES = (".png", ".exr")

AfterStep = Callable[[int, int, Frame | None], bool]  # (steps done, all steps, a frame to show); False cancels


class ExportJob(Protocol):
    """The making of one file, which takes a while."""

    @property
    def state(self) -> ViewState:
        """The view that is exported; of a video, the first frame's."""
        ...

    @property
    def path(self) -> str:
        """The file."""
        ...

    @property
    def noun(self) -> str:
        """What is made, for messages: video, picture or light."""
        ...

    def run(self, renderer: Renderer, after_step: AfterStep, is_cancelled: Callable[[], bool]) -> bool:
        """Write the file; False when cancelled, and then no file is left. Raises PhynesError."""
        ...


@dataclass(frozen=True)
class VideoJob:
    """A video or a folder of pictures."""

    state: ViewState
    settings: TurntableState
    durations_s: Mapping[str, float]
    noun: str = "video"

    @property
    def path(self) -> str:
        """The file, or the folder of pictures."""
        return self.settings.path

    def run(self, renderer: Renderer, after_step: AfterStep, is_cancelled: Callable[[], bool]) -> bool:
        """Write the video; `after_step` gets every frame."""
        total = fitted(self.state, self.settings, self.durations_s).num_frames
        views = turntable_views(self.state, self.settings, self.durations_s)
        return record(
            renderer, views, self.settings, lambda done, frame: after_step(done, total, frame), is_cancelled
        )  # fmt: skip


@dataclass(frozen=True)
class StillJob:
    """A PNG picture, or an EXR with every buffer as a layer."""

    state: ViewState
    settings: StillState
    noun: str = "picture"

    @property
    def path(self) -> str:
        """The file."""
        return self.settings.path

    def run(self, renderer: Renderer, after_step: AfterStep, is_cancelled: Callable[[], bool]) -> bool:
        """Write the picture, tile by tile where it is large."""
        path = Path(self.path).expanduser()
        check_still(path, self.settings.shape)
        if path.suffix.lower() == ".exr":
            return self._layers(path, renderer, after_step)
        has_alpha = is_clear(self.state, self.settings.has_alpha)
        view = without_backdrop(self.state) if has_alpha else self.state
        frame = renderer.render_large(view, self.settings.shape, lambda done, of: after_step(done, of, None))
        if frame is None:
            return False
        write_png(path, renderer.to_bytes(frame, view.display, has_alpha))
        return True

    def _layers(self, path: Path, renderer: Renderer, after_step: AfterStep) -> bool:
        size = self.settings.shape
        width, height = width_height(size)
        view = without_backdrop(self.state) if self.settings.has_alpha else self.state
        total = len(tiles_of(size))
        try:
            with writing_layers(path, width, height, channel_kinds()) as append:
                for done, rows in enumerate(renderer.layers(view, size), 1):
                    append(rows)
                    if not after_step(done, total, None):
                        raise Cancelled
        except Cancelled:
            return False
        return True


@dataclass(frozen=True)
class LightJob:
    """All light, lamps and painted probes included, as a lat-long environment."""

    state: ViewState
    path: str
    noun: str = "light"

    def run(self, renderer: Renderer, after_step: AfterStep, is_cancelled: Callable[[], bool]) -> bool:
        """Write the light in one step."""
        path = Path(self.path).expanduser()
        check_light_picture(path)
        write_light(path, renderer.light_picture(self.state, LIGHT_ROWS))
        return after_step(1, 1, None)


class Cancelled(Exception):
    """Raised inside a block that writes a file, so that the partial file is removed."""


def record(
    renderer: Renderer,
    views: Iterable[ViewState],
    settings: TurntableState,
    after_frame: Callable[[int, Frame], bool],  # (frames written, the last one); False cancels
    is_cancelled: Callable[[], bool] = lambda: False,  # asked between the tiles of large frames
) -> bool:
    """Render every view at full quality into a video; False when cancelled, and then no file is left."""
    path = Path(settings.path).expanduser()
    try:
        with writing_video(path, settings.shape, settings.fps, can_be_clear(path)) as append:
            for index, view in enumerate(views):
                has_alpha = is_clear(view, settings.has_alpha) and can_be_clear(path)
                view = without_backdrop(view) if has_alpha else view
                frame = _video_frame(renderer, view, settings.shape, is_cancelled)
                if frame is None:
                    raise Cancelled
                append(renderer.to_bytes(frame, view.display, has_alpha))
                if not after_frame(index + 1, frame):
                    raise Cancelled
    except Cancelled:
        return False
    return True


def _video_frame(
    renderer: Renderer, view: ViewState, size: PictureSize, is_cancelled: Callable[[], bool]
) -> Frame | None:
    if fits_at_once(whole_tile(size).num_pixels):
        return renderer.render(view, size, is_final=True)
    return renderer.render_large(view, size, lambda done, of: not is_cancelled())


def is_clear(view: ViewState, has_alpha: bool) -> bool:
    """Whether the background is transparent in files that have alpha."""
    return has_alpha or view.surroundings.backdrop == "none"


def without_backdrop(view: ViewState) -> ViewState:
    """The view without a backdrop."""
    return replace(view, surroundings=replace(view.surroundings, backdrop="none"))


def check_still(path: Path, size: PictureSize) -> None:
    """Raise OutputError for a picture that cannot be written, or is too small or too large."""
    if path.suffix.lower() not in STILL_SUFFIXES:
        raise OutputError(f"{path}: expected a name that ends in .png or .exr, got '{path.suffix}'; rename it")
    for side in width_height(size):
        if (mistake := range_of(StillState, "size").mistake(side)) is not None:
            raise OutputError(f"{path}: {mistake}")
    check_file(path)


def with_free_path(settings: StillState) -> StillState:
    """The settings with a path that does not exist yet: picture.png, picture_2.png and so on."""
    path = Path(settings.path).expanduser()
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return replace(settings, path=str(free))


def run_with_progress(job: ExportJob, renderer: Renderer) -> None:
    """Run a job in this thread with a progress bar on stderr; raises PhynesError."""
    with showing_progress(job.path) as after_step:
        job.run(renderer, lambda done, of, frame: after_step(done, of), lambda: False)


@contextmanager
def showing_progress(path: str) -> Iterator[Callable[[int, int], bool]]:
    """Yield what shows (steps done, all steps) as a bar on stderr, where that is a terminal; it returns True."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"Making {path}", total=None)

        def after_step(num_done: int, num_steps: int) -> bool:
            progress.update(task, completed=num_done, total=num_steps)
            return True

        yield after_step
