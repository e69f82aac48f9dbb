"""Video files, written atomically: H.264 in .mp4, VP9 in .webm, or a folder of PNG pictures.

The ffmpeg of imageio-ffmpeg encodes them frame by frame; it is looked for beforehand, so that a missing one is reported
before any frame is made.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import imageio_ffmpeg
import numpy as np

from app.model.exports import PictureSize, TurntableState, size_of, size_text, width_height
from app.model.fields import range_of
from app.model.status import one_line
from phynes_core.errors import OutputError
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import check_file, check_folder, replacing, replacing_folder

H264_CRF = 10  # of 0 to 51, less is better: no visible blocks in flat backgrounds, 1 MB for four seconds
VP9_CRF = 24  # of 0 to 63, less is better: looks as good as H264_CRF
H264 = ("-c:v", "libx264", "-crf", str(H264_CRF), "-pix_fmt", "yuv420p", "-movflags", "+faststart")
# Rec. 709's matrix and primaries with sRGB's curve, in the narrow range. Untagged, players guess by the picture's size.
COLORS = (
    "-vf",
    "scale=out_color_matrix=bt709:out_range=tv,"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=iec61966-2-1:range=tv",
)
ROOM_BYTES = 1 << 16  # more than ffmpeg writes at once
SUFFIXES = (".mp4", ".webm", "")
FRAME_NAME = re.compile(r"\d{4,}\.png")
FFMPEG_REMEDY = "reinstall it with: pip install --force-reinstall imageio-ffmpeg"

Append = Callable[[np.ndarray], None]  # [H, W, 3 | 4] uint8 sRGB, straight alpha


def can_be_clear(path: Path) -> bool:
    """Whether the format keeps transparency."""
    return path.suffix.lower() != ".mp4"


def check_video(path: Path, size: PictureSize, fps: int) -> None:
    """Raise OutputError for a path, size or frame rate that cannot be written or played."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"{path}: expected a name that ends in .mp4 or .webm, or a folder without suffix for PNG files, got "
            f"'{path.suffix}'; rename it"
        )
    is_encoded = bool(path.suffix)
    sizes, rates = range_of(TurntableState, "size"), range_of(TurntableState, "fps")
    sides = width_height(size)
    if any(sizes.mistake(side) or (side % 2 and is_encoded) for side in sides):
        width, height = (round(sizes.clamped(side // 2 * 2)) for side in sides)
        nearest = size_text(size_of(width, height))
        raise OutputError(f"{path}: expected an even size of {sizes.text}, got {size_text(size)}; use {nearest}")
    if (mistake := rates.mistake(fps)) is not None:
        raise OutputError(f"{path}: {mistake}; use {TurntableState().fps}")
    (check_file if is_encoded else check_folder)(path)
    if not is_encoded:
        _check_sequence(path)


@contextmanager
def writing_video(path: Path, size: PictureSize, fps: int, has_alpha: bool = False) -> Iterator[Append]:
    """Yield a function that appends a frame. After an exception nothing is written, and an older video is unchanged."""
    check_video(path, size, fps)
    writer = _writing_pictures(path) if not path.suffix else _writing_encoded(path, size, fps, has_alpha)
    with writer as append:
        yield append


@contextmanager
def _writing_encoded(path: Path, size: PictureSize, fps: int, has_alpha: bool) -> Iterator[Append]:
    is_webm = path.suffix.lower() == ".webm"
    channels = 4 if is_webm and has_alpha else 3
    width, height = width_height(size)
    source = ["-f", "rawvideo", "-pix_fmt", "rgba" if channels == 4 else "rgb24", "-s", f"{width}x{height}"]
    codec = _vp9(channels == 4) if is_webm else H264
    command = [_ffmpeg(), "-y", "-v", "error", *source, "-r", str(fps), "-i", "-", "-an", *COLORS, *codec]
    with replacing(path) as temporary, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*command, str(temporary.absolute())], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=said, start_new_session=True,  # Ctrl-C is for this process, which then ends ffmpeg
        )  # fmt: skip
        stdin = process.stdin
        assert stdin is not None
        try:
            yield lambda frame: _send(stdin, _with_channels(frame, channels))
            stdin.close()
            if process.wait() != 0:
                raise _FfmpegEndedError
        except _FfmpegEndedError:
            process.wait()
            _check_room(temporary)
            said.seek(0)
            words = one_line(said.read().decode(errors="replace").strip().rpartition("\n")[2]) or "it gave no reason"
            raise OutputError(f"{path}: ffmpeg could not encode this ({words}); choose another size") from None
        finally:
            stdin.close()
            process.kill()
            process.wait()


class _FfmpegEndedError(Exception):
    """It ended before it had every frame, or with an error."""


def _send(stream: IO[bytes], frame: np.ndarray) -> None:
    left = np.ascontiguousarray(frame, np.uint8).data.cast("B")
    try:
        while left:
            left = left[stream.write(left) :]
    except OSError as error:
        raise _FfmpegEndedError from error


def _check_room(path: Path) -> None:
    """Raise the system's OSError where this file cannot grow: ffmpeg keeps the cause to itself."""
    with open(path, "ab") as file:
        file.write(bytes(ROOM_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _vp9(has_alpha: bool) -> list[str]:
    pixels = ["-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p" if has_alpha else "yuv420p"]
    quality = ["-crf", str(VP9_CRF), "-b:v", "0", "-row-mt", "1", "-deadline", "good", "-cpu-used", "4"]
    return [*pixels, *quality, "-auto-alt-ref", "0"]


def _with_channels(frame: np.ndarray, channels: int) -> np.ndarray:
    if frame.shape[2] >= channels:
        return frame[..., :channels]
    return np.concatenate([frame, np.full_like(frame[..., :1], 255)], -1)


@contextmanager
def _writing_pictures(path: Path) -> Iterator[Append]:
    """Write 0001.png and so on into a temporary folder, which is renamed to `path` at the end."""
    count = 0
    with replacing_folder(path, check=lambda: _check_sequence(path)) as temporary:

        def append(frame: np.ndarray) -> None:
            nonlocal count
            count += 1
            try:
                write_png(temporary / f"{count:04d}.png", frame)
            except OutputError as error:  # told with the name that the folder will have
                raise (error.__cause__ if isinstance(error.__cause__, OSError) else error) from None

        yield append


def _check_sequence(path: Path) -> None:
    if path.exists() and not (path.is_dir() and all(FRAME_NAME.fullmatch(entry.name) for entry in path.iterdir())):
        raise OutputError(f"{path}: expected a new folder or one of numbered PNG files, got other files; name another")


def _ffmpeg() -> str:
    try:
        executable = imageio_ffmpeg.get_ffmpeg_exe()
        if shutil.which(executable) is None:
            raise RuntimeError(f"{executable} is no program")
    except RuntimeError as error:
        raise OutputError(f"video: ffmpeg was not found ({str(error).splitlines()[0]}); {FFMPEG_REMEDY}") from error
    return executable
