"""Videos: H.264 in an mp4 file that appears whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from app.frames import Frame, Renderer
from app.state import TurntableState, ViewState
from phynes_core.atomic_file import replacing
from phynes_core.errors import OutputError

QUALITY = 8  # imageio-ffmpeg's scale, 10 is best: no visible blocks in flat backgrounds, 1 MB for four seconds
FFMPEG_REMEDY = "reinstall it with: pip install --force-reinstall imageio-ffmpeg"


@contextmanager
def writing_video(path: Path, size: int, fps: int) -> Iterator[Callable[[np.ndarray], None]]:
    """Yield a function that appends one [size, size, 3] uint8 sRGB frame. An exception leaves no file behind."""
    check_video(path, size, fps)
    executable = _ffmpeg()
    with replacing(path) as temporary:
        try:
            encoder = imageio_ffmpeg.write_frames(
                str(temporary), (size, size), fps=fps, codec="libx264", quality=QUALITY, macro_block_size=2,
                pix_fmt_out="yuv420p", ffmpeg_log_level="error", output_params=["-movflags", "+faststart"],
            )  # fmt: skip
            encoder.send(None)
        except OSError as error:
            raise OutputError(f"{path}: cannot start ffmpeg ({executable}: {error}); {FFMPEG_REMEDY}") from error
        try:
            yield lambda frame: encoder.send(np.ascontiguousarray(frame, np.uint8))
        finally:
            encoder.close()
        if temporary.stat().st_size == 0:
            raise OutputError(f"{path}: ffmpeg wrote nothing; choose another size or frame rate")


def check_video(path: Path, size: int, fps: int) -> None:
    """Raise OutputError for settings that no player shows."""
    if Path(path).suffix.lower() != ".mp4":
        raise OutputError(f"{path}: expected a file name that ends in .mp4, got '{Path(path).suffix}'; rename it")
    if size < 16 or size % 2:
        nearest = max(16, size // 2 * 2)
        raise OutputError(f"{path}: expected an even size of 16 pixels or more, got {size}; use {nearest}")
    if not 1 <= fps <= 120:
        raise OutputError(f"{path}: expected 1 to 120 frames a second, got {fps}; use 30")


def record(
    renderer: Renderer,
    views: Iterable[ViewState],
    settings: TurntableState,
    after_frame: Callable[[int, Frame], bool],  # frames written so far, the last one; False cancels
) -> bool:
    """Render and encode every view; False when cancelled, and then no file is left."""
    path = Path(settings.path).expanduser()
    try:
        with writing_video(path, settings.size, settings.fps) as append:
            for index, view in enumerate(views):
                frame = renderer.render(view, settings.size, is_final=True)
                append(renderer.to_bytes(frame, view.look))
                if not after_frame(index + 1, frame):
                    raise _Cancelled
    except _Cancelled:
        return False
    return True


class _Cancelled(Exception):
    """Leaves the block so that the partial file is removed."""


def _ffmpeg() -> str:
    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise OutputError(f"video: ffmpeg was not found ({str(error).splitlines()[0]}); {FFMPEG_REMEDY}") from error
