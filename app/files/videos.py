"""Video files, written atomically: H.264 in .mp4, VP9 in .webm, or a folder of PNG pictures.

imageio encodes them frame by frame. imageio-ffmpeg is asked for ffmpeg beforehand, so that a missing one is reported
before any frame is made.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import imageio.v2 as imageio
import imageio_ffmpeg
import numpy as np

from app.model.exports import TurntableState
from app.model.fields import range_of
from phynes_core.errors import OutputError, unwritable
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import check_file, check_folder, replacing

QUALITY = 8  # imageio-ffmpeg's scale, 10 is best: no visible blocks in flat backgrounds, 1 MB for four seconds
VP9_CRF = 24  # of 0 to 63, less is better: looks as good as QUALITY
SUFFIXES = (".mp4", ".webm", "")
FRAME_NAME = re.compile(r"\d{4,}\.png")
FFMPEG_REMEDY = "reinstall it with: pip install --force-reinstall imageio-ffmpeg"

Append = Callable[[np.ndarray], None]  # [size, size, 3 | 4] uint8 sRGB, straight alpha


def can_be_clear(path: Path) -> bool:
    """Whether the format keeps transparency."""
    return path.suffix.lower() != ".mp4"


def check_video(path: Path, size: int, fps: int) -> None:
    """Raise OutputError for a path, size or frame rate that cannot be written or played."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"{path}: expected a name that ends in .mp4 or .webm, or a folder without suffix for PNG files, got "
            f"'{path.suffix}'; rename it"
        )
    is_encoded = bool(path.suffix)
    sizes, rates = range_of(TurntableState, "size"), range_of(TurntableState, "fps")
    if sizes.mistake(size) or (size % 2 and is_encoded):
        nearest = round(sizes.clamped(size // 2 * 2))
        raise OutputError(f"{path}: expected an even size of {sizes.text}, got {size}; use {nearest}")
    if (mistake := rates.mistake(fps)) is not None:
        raise OutputError(f"{path}: {mistake}; use {TurntableState().fps}")
    (check_file if is_encoded else check_folder)(path)
    if not is_encoded:
        _check_sequence(path)


@contextmanager
def writing_video(path: Path, size: int, fps: int, has_alpha: bool = False) -> Iterator[Append]:
    """Yield a function that appends a frame. After an exception nothing is written, and an older video is unchanged."""
    check_video(path, size, fps)
    writer = _writing_pictures(path) if not path.suffix else _writing_encoded(path, size, fps, has_alpha)
    with writer as append:
        yield append


@contextmanager
def _writing_encoded(path: Path, size: int, fps: int, has_alpha: bool) -> Iterator[Append]:
    _check_ffmpeg(path)
    is_webm = path.suffix.lower() == ".webm"
    channels = 4 if is_webm and has_alpha else 3
    options = _webm(channels == 4) if is_webm else _mp4()
    with replacing(path) as temporary:
        writer = imageio.get_writer(
            temporary.absolute(), format="FFMPEG", mode="I", fps=fps, macro_block_size=2,
            ffmpeg_log_level="error", **options,
        )  # fmt: skip
        with closing(writer):  # the writer's own `with` leaves ffmpeg running after an exception
            yield lambda frame: writer.append_data(np.ascontiguousarray(_with_channels(frame, channels), np.uint8))
        if temporary.stat().st_size == 0:
            raise OutputError(f"{path}: ffmpeg wrote nothing; choose another size or frame rate")


def _mp4() -> dict:
    return {
        "codec": "libx264", "quality": QUALITY, "pixelformat": "yuv420p", "output_params": ["-movflags", "+faststart"],
    }  # fmt: skip


def _webm(has_alpha: bool) -> dict:
    parameters = ["-crf", str(VP9_CRF), "-b:v", "0", "-row-mt", "1", "-deadline", "good", "-cpu-used", "4"]
    return {
        "codec": "libvpx-vp9", "quality": None, "pixelformat": "yuva420p" if has_alpha else "yuv420p",
        "output_params": [*parameters, "-auto-alt-ref", "0"],
    }  # fmt: skip


def _with_channels(frame: np.ndarray, channels: int) -> np.ndarray:
    if frame.shape[2] >= channels:
        return frame[..., :channels]
    return np.concatenate([frame, np.full_like(frame[..., :1], 255)], -1)


@contextmanager
def _writing_pictures(path: Path) -> Iterator[Append]:
    """Write 0001.png and so on into a temporary folder, which is renamed to `path` at the end."""
    path = path.absolute()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    count = 0

    def append(frame: np.ndarray) -> None:
        nonlocal count
        count += 1
        write_png(temporary / f"{count:04d}.png", frame)

    try:
        temporary.mkdir(parents=True)
        yield append
        if path.exists():
            _check_sequence(path)  # again: other files may have been put there meanwhile
            shutil.rmtree(path)
        os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            shutil.rmtree(temporary)


def _check_sequence(path: Path) -> None:
    if path.exists() and not (path.is_dir() and all(FRAME_NAME.fullmatch(entry.name) for entry in path.iterdir())):
        raise OutputError(f"{path}: expected a new folder or one of numbered PNG files, got other files; name another")


def _check_ffmpeg(path: Path) -> None:
    try:
        executable = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise OutputError(f"video: ffmpeg was not found ({str(error).splitlines()[0]}); {FFMPEG_REMEDY}") from error
    try:
        subprocess.run([executable, "-version"], capture_output=True, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise OutputError(f"{path}: cannot start ffmpeg ({executable}: {error}); {FFMPEG_REMEDY}") from error
