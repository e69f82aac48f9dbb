"""Read and write Radiance pictures (.hdr): RGBE, linear float32 [H, W, 3], row 0 on top.

By our own code, because imageio's readers of it need a download.
"""

import math
from pathlib import Path

import numpy as np

from phynes_core.errors import ImageError
from phynes_core.io.image_files import PICTURE, PictureKind, check_picture_size
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import decoding, read_untrusted

MOST_UNPACKED = 127  # times the file's bytes: the longest run of the coding that is written today
MOST_RUNS = 8_000_000  # each of which is a step of a Python loop
_LONGEST_HEADER = 1 << 16
_EXPOSURES = 1e-9, 1e9


def read_hdr(path: Path, kind: PictureKind = PICTURE) -> np.ndarray:  # [H, W, 3] float32 linear
    """Read a Radiance picture (RGBE; flat, old and new run-length coding). EXPOSURE is undone."""
    content = read_untrusted(path, kind)
    header, position = _header(path, content)
    if b"FORMAT=32-bit_rle_xyze" in header:
        raise ImageError(f"{path}: expected a Radiance RGBE picture, got XYZE; convert it to RGBE or .exr")
    end = content.find(b"\n", position, position + 80)
    words = content[position : max(end, position)].split()
    if len(words) != 4 or words[0] != b"-Y" or words[2] != b"+X" or not all(_is_size(words[i]) for i in (1, 3)):
        got = content[position : position + 40].split(b"\n")[0].decode("latin1")
        raise ImageError(f"{path}: expected a resolution line '-Y <rows> +X <columns>', got '{got}'; save it unrotated")
    rows, columns = int(words[1]), int(words[3])
    check_picture_size(path, kind, columns, rows, 3)
    with decoding(path, kind):
        if rows * columns * 4 > MOST_UNPACKED * len(content):
            raise ValueError(f"{columns} x {rows} pixels do not fit into {len(content)} bytes")
        exposure = math.prod(float(line[9:]) for line in header if line.startswith(b"EXPOSURE="))
        if not _EXPOSURES[0] <= exposure <= _EXPOSURES[1]:
            raise ValueError(f"expected an exposure of {_EXPOSURES[0]:g} to {_EXPOSURES[1]:g}, got {exposure:g}")
        rgbe = np.zeros((rows, columns, 4), np.uint8)
        _decode_rgbe(content, end + 1, rgbe)
        scale = np.where(
            rgbe[..., 3:] > 0, np.ldexp(np.float32(1.0 / exposure), rgbe[..., 3:].astype(np.int32) - 136), 0
        )
        return rgbe[..., :3] * scale.astype(np.float32)


def write_hdr(path: Path, image: np.ndarray) -> None:  # [H, W, 3] linear
    """Write a Radiance picture, plain RGBE: 8 bits of mantissa for the largest channel. Below 0 becomes 0."""
    pixels = np.asarray(image, np.float64)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise ValueError(f"image: expected [H, W, 3], got {list(pixels.shape)}")
    pixels = np.nan_to_num(pixels, nan=0.0).clip(0.0, 1e38)
    largest = pixels.max(-1, keepdims=True)
    _, exponent = np.frexp(largest)  # largest = m 2^exponent, m in [0.5, 1)
    mantissa = np.ldexp(pixels, 8 - exponent)
    exponent = exponent + (mantissa.max(-1, keepdims=True) > 255.5)  # 255.7 would round to 256
    rgbe = np.zeros((*pixels.shape[:2], 4), np.uint8)
    rgbe[..., :3] = np.ldexp(pixels, 8 - exponent).round()
    rgbe[..., 3:] = exponent + 128
    rgbe[largest[..., 0] < 1e-38] = 0
    height, width = pixels.shape[:2]
    header = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n".encode()
    with replacing(path) as temporary:
        temporary.write_bytes(header + rgbe.tobytes())


def _header(path: Path, content: bytes) -> tuple[list[bytes], int]:
    """The header's lines without spaces, and where the resolution line starts."""
    blank = content.find(b"\n\n", 0, _LONGEST_HEADER)
    if not content.startswith(b"#?") or blank < 0:
        raise ImageError(f"{path}: expected a Radiance picture (#?RADIANCE), got another kind of file; convert it")
    return [line.replace(b" ", b"") for line in content[:blank].split(b"\n")], blank + 2


def _is_size(word: bytes) -> bool:
    return word.isdigit() and len(word) <= 6


def _decode_rgbe(content: bytes, position: int, rgbe: np.ndarray) -> None:
    """Fill rgbe [rows, columns, 4]; Ward, "Real Pixels", Graphics Gems II. IndexError or ValueError when damaged."""
    rows, columns, _ = rgbe.shape
    runs = 0
    for row in range(rows):
        start = content[position : position + 4]
        is_planar = 8 <= columns < 32768 and start[:2] == b"\2\2" and start[2] < 128
        if not is_planar:
            _decode_flat(np.frombuffer(content, np.uint8, offset=position), rgbe[row:].reshape(-1, 4))
            return
        if start[2] << 8 | start[3] != columns:
            raise ValueError("scanline of another width")
        position += 4
        for component in range(4):
            line, position, count = _decode_line(content, position, columns)
            rgbe[row, :, component] = np.frombuffer(line, np.uint8)
            runs += count
        if runs > MOST_RUNS:
            raise ValueError(f"expected at most {MOST_RUNS} runs, got more")


def _decode_line(content: bytes, position: int, length: int) -> tuple[bytearray, int, int]:
    """One component of a row in the new coding, where it ends, and its runs.

    A count over 128 repeats one byte, else bytes follow.
    """
    line, runs = bytearray(), 0
    while len(line) < length:
        count = content[position]
        if count > 128:
            line += content[position + 1 : position + 2] * (count - 128)
            position += 2
        else:
            line += content[position + 1 : position + 1 + count]
            position += 1 + count
        if count == 0 or position > len(content):
            raise ValueError("an empty run, or a file that ends early")
        runs += 1
    if len(line) != length:
        raise ValueError("run over the end of the row")
    return line, position, runs


def _decode_flat(content: np.ndarray, pixels: np.ndarray) -> None:  # [bytes] -> [N, 4]
    """Plain pixels; in the old coding (1, 1, 1, n) repeats the last pixel n times; counts in a row add 8 bits each."""
    stored = content[: len(content) // 4 * 4].reshape(-1, 4)[: len(pixels)]
    index = np.arange(len(stored), dtype=np.int32)
    repeats = (stored[:, :3] == 1).all(-1)
    last = np.maximum.accumulate(np.where(repeats, np.int32(-1), index))  # the plain pixel that an entry is or repeats
    shift = 8 * (index - last - 1).clip(0, 3).astype(np.uint32)  # four repeats in a row are longer than any picture
    count = np.where(repeats, stored[:, 3].astype(np.uint32) << shift, 1).clip(max=len(pixels))
    needed = int(np.searchsorted(np.cumsum(count, dtype=np.int64), len(pixels))) + 1
    if needed > len(stored):
        raise ValueError("file ends early")
    source = np.repeat(last[:needed], count[:needed])[: len(pixels)]
    pixels[:] = stored[source]
    pixels[source < 0] = 0
