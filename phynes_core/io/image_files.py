"""Read and write 8-bit pictures: PNG, and JPEG to read. exr_files.py and radiance_files.py hold the other two kinds.

Arrays are numpy [H, W, C], row 0 on top, channels in the order R, G, B, A. An unreadable file is an ImageError, an
unwritable path an OutputError; files are written atomically. Sizes are known from the header before pixels are decoded.
"""

import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from PIL import Image, UnidentifiedImageError

from phynes_core.errors import ImageError
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import FileKind, decoding, read_untrusted, shown

LARGEST_HALF = 65504.0  # the largest finite value in half precision


@dataclass(frozen=True)
class PictureKind(FileKind):
    """What a picture is read as, and how large it may be."""

    most_width: int  # pixels
    most_height: int
    most_samples: int = 200_000_000  # pixels times channels


PICTURE = PictureKind("picture", 1 << 28, ImageError, "save it again as a PNG or .exr", 1 << 14, 1 << 14)
ENVIRONMENT = PictureKind("environment", 1 << 29, ImageError, "save it again, with at most 8192 x 4096", 8192, 4096)
_PNG, _JPEG_SCAN = b"\x89PNG\r\n\x1a\n", b"\xff\xda"
_PNG_HEAD = 1 << 16  # bytes in which a PNG says its size
_MOST_SCANS = 100  # of a progressive JPEG, each of which passes over all pixels; cameras and web pages write 10
_MOST_CHUNKS = 100_000  # of a PNG


def check_picture_size(path: Path, kind: PictureKind, width: int, height: int, channels: int) -> None:
    """Raise `kind.refusal` for a picture that is too large, or empty."""
    fits = 0 < width <= kind.most_width and 0 < height <= kind.most_height
    if not fits or not 0 < width * height * channels <= kind.most_samples:
        raise kind.refusal(
            f"{shown(path)}: expected 1 x 1 to {kind.most_width} x {kind.most_height} pixels and at most "
            f"{kind.most_samples // 10**6} million samples, got {width} x {height} x {channels}; resize it"
        )


def read_png(
    path: Path, kind: PictureKind = PICTURE
) -> np.ndarray:  # [H, W, C] uint8, C = 1 (gray), 2 (gray, alpha), 3, 4
    """Read a PNG (or JPEG) as stored; palettes are expanded and 16-bit gray is rounded to 8 bits."""
    content = read_untrusted(path, kind)
    with decoding(path, kind):
        _check_parts(content)
        with _opened(content) as picture:
            is_kept = picture.mode in ("L", "LA", "RGB", "RGBA") or picture.mode.startswith("I")
            mode = picture.mode if is_kept else "RGBA" if "transparency" in picture.info else "RGB"
            check_picture_size(path, kind, *picture.size, len(Image.new(mode, (1, 1)).getbands()))
            pixels = np.array(picture if is_kept else picture.convert(mode))
    if pixels.dtype != np.uint8:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).clip(0, 255).astype(np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def picture_size(path: Path, kind: PictureKind = PICTURE) -> tuple[int, int]:  # width, height
    """Size of a PNG (or JPEG) without decoding its pixels."""
    content = read_untrusted(path, kind, _PNG_HEAD)
    if not content.startswith(_PNG):  # a JPEG's size stands behind all its metadata
        content = read_untrusted(path, kind)
    with decoding(path, kind), _opened(content) as picture:
        width, height = picture.size
    check_picture_size(path, kind, width, height, 1)
    return width, height


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(content), formats=("PNG", "JPEG"))
    except UnidentifiedImageError as error:  # which names no cause, but an object of ours
        raise ValueError("no PNG or JPEG picture, or one with a damaged header") from error


def _check_parts(content: bytes) -> None:
    """ValueError for a picture of more parts than pictures have: each costs time, however small it is."""
    if not content.startswith(_PNG):
        if content.count(_JPEG_SCAN) > _MOST_SCANS:
            raise ValueError(f"expected at most {_MOST_SCANS} scans, got more")
        return
    position = len(_PNG)
    for _ in range(_MOST_CHUNKS):
        if position + 8 > len(content):
            return
        (length,) = struct.unpack_from(">I", content, position)
        position += 12 + length
    raise ValueError(f"expected at most {_MOST_CHUNKS} chunks, got more")


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
