"""Read and write pictures: PNG (8 bit), OpenEXR (linear float), Radiance HDR (RGBE).

Arrays are numpy [H, W, C], row 0 on top, channels in the order R, G, B, A. An unreadable file is an ImageError, an
unwritable path an OutputError; files are written atomically.

imageio reads and writes the 8-bit pictures. OpenEXR goes through its own package, because imageio decodes our files to
wrong numbers without an error, and Radiance through our own code, because imageio's readers of it need a download.
"""

from collections.abc import Sequence
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import OpenEXR
from PIL.Image import DecompressionBombError

from phynes_core.errors import ImageError, one_line
from phynes_core.io.output_files import replacing

LARGEST_HALF = 65504.0  # the largest finite value in half precision
_RGBA = ("R", "G", "B", "A")
_UNREADABLE = (OSError, ValueError, SyntaxError, DecompressionBombError)  # what imageio lets through from pillow


def read_exr(path: Path) -> np.ndarray:  # [H, W, C] float32
    """Read the channels R, G, B, A that the file has, in this order; if it has none of R, G, B, all in file order."""
    content = _read_bytes(path)
    if not content.startswith(b"\x76\x2f\x31\x01"):
        raise ImageError(f"{path}: expected an OpenEXR image, got another kind of file; convert it to .exr")
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            channels = {name: np.asarray(channel.pixels, np.float32) for name, channel in file.channels().items()}
        names = [name for name in _RGBA if name in channels] if {"R", "G", "B"} & set(channels) else list(channels)
        return np.ascontiguousarray(np.stack([channels[name] for name in names], -1))
    except (RuntimeError, ValueError, MemoryError) as error:
        raise ImageError(f"{path}: damaged or unsupported OpenEXR file ({one_line(error)}); export it again") from error


def write_exr(
    path: Path,
    image: np.ndarray,  # [H, W] or [H, W, C], linear
    channel_names: Sequence[str] | None = None,  # None: Y for one channel, R, G, B(, A) for three (four)
    half: bool = False,  # store float16: 3 digits, up to 65504
) -> None:
    """Write a linear image, lossless ZIP compression."""
    pixels = np.asarray(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise ValueError(f"image: expected [H, W] or [H, W, C], got {list(np.shape(image))}")
    count = pixels.shape[2]
    names = tuple(channel_names) if channel_names else (("Y",) if count == 1 else _RGBA[:count])
    if len(names) != count or len(set(names)) != count:
        raise ValueError(f"channel_names: expected {count} different names, got {list(names)}")
    if half:
        pixels = np.clip(pixels, -LARGEST_HALF, LARGEST_HALF)
    dtype = np.float16 if half else np.float32
    channels = {name: np.ascontiguousarray(pixels[..., i], dtype) for i, name in enumerate(names)}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with replacing(path) as temporary:
        try:
            with OpenEXR.File(header, channels) as file:
                file.write(str(temporary))
        except RuntimeError as error:
            raise OSError(one_line(error)) from error


def read_png(path: Path) -> np.ndarray:  # [H, W, C] uint8, C = 1 (gray), 2 (gray, alpha), 3 or 4
    """Read a PNG (or JPEG) as stored; palettes are expanded and 16-bit gray is rounded to 8 bits."""
    content = _read_bytes(path)
    try:
        with imageio.imopen(content, "r", plugin="pillow") as picture:
            stored = picture.metadata(index=0)
            is_kept = stored["mode"] in ("L", "LA", "RGB", "RGBA") or stored["mode"].startswith("I")
            mode = None if is_kept else "RGBA" if "transparency" in stored else "RGB"
            pixels = picture.read(index=0, mode=mode)  # type: ignore[call-arg]
    except _UNREADABLE as error:
        raise _unreadable_picture(path, error) from error
    if pixels.dtype != np.uint8:
        pixels = np.round(pixels.astype(np.float32) / 257.0).clip(0, 255).astype(np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def picture_size(path: Path) -> tuple[int, int]:  # width, height
    """Size of a PNG (or JPEG) without decoding its pixels."""
    try:
        height, width = imageio.improps(Path(path).absolute(), plugin="pillow", index=0).shape[:2]
    except _UNREADABLE as error:
        raise _unreadable_picture(path, error) from error
    return width, height


def write_png(path: Path, image: np.ndarray) -> None:  # [H, W] or [H, W, C] uint8, C = 1, 3 or 4
    """Write 8-bit pixels as they are."""
    pixels = np.asarray(image)
    if pixels.dtype != np.uint8:
        raise TypeError(f"image: expected uint8, got {pixels.dtype}; encode and round it first")
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3, 4)) or 0 in pixels.shape:
        raise ValueError(f"image: expected [H, W] or [H, W, 1 | 3 | 4], got {list(pixels.shape)}")
    gray_or_colors = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    encoded = imageio.imwrite("<bytes>", gray_or_colors, extension=".png", plugin="pillow")
    assert isinstance(encoded, bytes)  # imageio's answer to "<bytes>"
    with replacing(path) as temporary:
        temporary.write_bytes(encoded)


def read_hdr(path: Path) -> np.ndarray:  # [H, W, 3] float32 linear
    """Read a Radiance picture (RGBE; flat, old and new run-length coding). EXPOSURE is undone."""
    content = _read_bytes(path)
    header, position = _hdr_header(path, content)
    if b"FORMAT=32-bit_rle_xyze" in header:
        raise ImageError(f"{path}: expected a Radiance RGBE picture, got XYZE; convert it to RGBE or .exr")
    end = content.index(b"\n", position) if b"\n" in content[position:] else len(content)
    words = content[position:end].split()
    if len(words) != 4 or words[0] != b"-Y" or words[2] != b"+X" or not (words[1] + words[3]).isdigit():
        got = content[position : min(end, position + 40)].decode("latin1")
        raise ImageError(f"{path}: expected a resolution line '-Y <rows> +X <columns>', got '{got}'; save it unrotated")
    rows, columns = int(words[1]), int(words[3])
    if not 0 < rows * columns <= 2**28:
        raise ImageError(f"{path}: expected a size of 1 to 2^28 pixels, got {columns} x {rows}; resize it")
    rgbe = np.empty((rows, columns, 4), np.uint8)
    try:
        _decode_rgbe(np.frombuffer(content, np.uint8), end + 1, rgbe)
    except (IndexError, ValueError) as error:
        raise ImageError(f"{path}: truncated or damaged Radiance picture; export it again") from error
    scale = np.where(rgbe[..., 3:] > 0, np.ldexp(np.float32(1.0), rgbe[..., 3:].astype(np.int32) - 136), 0)
    exposure = float(np.prod([float(line.split(b"=")[1]) for line in header if line.startswith(b"EXPOSURE=")]))
    return (rgbe[..., :3].astype(np.float32) * scale / exposure).astype(np.float32)


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


def _hdr_header(path: Path, content: bytes) -> tuple[list[bytes], int]:
    """The header's lines without spaces, and where the resolution line starts."""
    blank = content.find(b"\n\n")
    if not content.startswith(b"#?") or blank < 0:
        raise ImageError(f"{path}: expected a Radiance picture (#?RADIANCE), got another kind of file; convert it")
    return [line.replace(b" ", b"") for line in content[:blank].split(b"\n")], blank + 2


def _decode_rgbe(content: np.ndarray, position: int, rgbe: np.ndarray) -> None:
    """Fill rgbe [rows, columns, 4]; Ward, "Real Pixels", Graphics Gems II. IndexError or ValueError when damaged."""
    rows, columns, _ = rgbe.shape
    for row in range(rows):
        start = content[position : position + 4]
        is_planar = 8 <= columns < 32768 and start[0] == 2 and start[1] == 2 and start[2] < 128
        if not is_planar:
            _decode_flat(content, position, rgbe[row:])
            return
        if int(start[2]) << 8 | int(start[3]) != columns:
            raise ValueError("scanline of another width")
        position = _decode_planar_row(content, position + 4, rgbe[row])
        if position > len(content):
            raise ValueError("file ends early")


def _decode_planar_row(content: np.ndarray, position: int, row: np.ndarray) -> int:
    """New coding: the four components one after another. A count over 128 repeats one byte, else bytes follow."""
    for component in range(4):
        column = 0
        while column < len(row):
            count = int(content[position])
            if count > 128:
                row[column : column + count - 128, component] = content[position + 1]
                column, position = column + count - 128, position + 2
            else:
                if count == 0:
                    raise ValueError("empty run")
                row[column : column + count, component] = content[position + 1 : position + 1 + count]
                column, position = column + count, position + 1 + count
        if column != len(row):
            raise ValueError("run over the end of the row")
    return position


def _decode_flat(content: np.ndarray, position: int, rows: np.ndarray) -> None:
    """Plain pixels; in the old coding (1, 1, 1, n) repeats the last pixel n times; counts in a row add 8 bits each."""
    pixels = rows.reshape(-1, 4)
    stored = content[position : position + 4 * len(pixels)]
    plain = stored[: len(stored) // 4 * 4].reshape(-1, 4)
    if len(plain) == len(pixels) and not (plain[:, :3] == 1).all(-1).any():
        pixels[:] = plain
        return
    filled, shift = 0, 0
    while filled < len(pixels):
        pixel = content[position : position + 4]
        if len(pixel) < 4:
            raise ValueError("file ends early")
        if (pixel[:3] == 1).all():
            count = int(pixel[3]) << shift
            pixels[filled : filled + count] = pixels[filled - 1] if filled else 0
            filled, shift = filled + count, shift + 8
        else:
            pixels[filled] = pixel
            filled, shift = filled + 1, 0
        position += 4


def _unreadable_picture(path: Path, error: Exception) -> ImageError:
    # imageio's own sentence names no cause
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return ImageError(f"{path}: not a readable picture ({one_line(cause)}); save it as an 8-bit PNG")


def _read_bytes(path: Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot read this picture ({error.strerror}); check the path") from error
