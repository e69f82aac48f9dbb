"""OpenEXR files of many layers, written in blocks of rows, so that memory holds one block of any picture."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import Imath
import numpy as np
import OpenEXR

from phynes_core.errors import OutputError, one_line
from phynes_core.io.image_files import LARGEST_HALF
from phynes_core.io.output_files import replacing


@contextmanager
def writing_layers(
    path: Path,
    width: int,
    height: int,
    channels: Mapping[str, bool],  # name, such as "R" or "depth.Z" -> whether half precision is enough
) -> Iterator[Callable[[Mapping[str, np.ndarray]], None]]:
    """Yield a function that appends the next rows, [rows, width] of every channel. An exception leaves no file."""
    header = OpenEXR.Header(width, height)
    kinds = {name: Imath.PixelType.HALF if is_half else Imath.PixelType.FLOAT for name, is_half in channels.items()}
    header["channels"] = {name: Imath.Channel(Imath.PixelType(kind)) for name, kind in kinds.items()}
    header["compression"] = Imath.Compression(Imath.Compression.ZIP_COMPRESSION)
    written = 0

    with replacing(path) as temporary:
        try:
            file = OpenEXR.OutputFile(str(temporary), header)
        except (OSError, RuntimeError) as error:
            raise OSError(one_line(error)) from error

        def append(rows: Mapping[str, np.ndarray]) -> None:
            nonlocal written
            count = len(next(iter(rows.values())))
            if set(rows) != set(channels) or any(part.shape != (count, width) for part in rows.values()):
                raise ValueError(f"rows: expected [n, {width}] of {sorted(channels)}, got {sorted(rows)}")
            if written + count > height:
                raise ValueError(f"rows: expected {height} of them, got {written + count}")
            try:
                file.writePixels({name: _encoded(part, channels[name]) for name, part in rows.items()}, count)
            except (OSError, RuntimeError) as error:
                raise OutputError(f"{path}: cannot write here ({one_line(error)}); make room on the disk") from error
            written += count

        try:
            yield append
            if written != height:
                raise ValueError(f"rows: expected {height} of them, got {written}")
        finally:
            file.close()


def _encoded(part: np.ndarray, is_half: bool) -> bytes:
    if is_half:
        return np.clip(part, -LARGEST_HALF, LARGEST_HALF).astype(np.float16).tobytes()
    return np.ascontiguousarray(part, np.float32).tobytes()
