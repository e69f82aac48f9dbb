"""Read and write OpenEXR pictures: linear float32 [H, W, C], row 0 on top.

OpenEXR goes through its own package, because imageio decodes our files to wrong numbers without an error. The header
is read here first: the package allocates whatever size it claims.
"""

import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import OpenEXR

from phynes_core.errors import one_line
from phynes_core.io.image_files import LARGEST_HALF, PICTURE, PictureKind, check_picture_size
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import decoding, read_untrusted, silent_outputs

MOST_TILE = 2048  # pixels of a side
MOST_UNPACKED = 4096  # times the file's bytes; the densest lossless compression of one color takes 2600
_SMALL = 1 << 27  # bytes of pixels that any file may have: DWAB packs one color by 20,000
_MAGIC = b"\x76\x2f\x31\x01"
_IS_DEEP, _HAS_PARTS = 0x800, 0x1000
_SAMPLE_BYTES = (4, 2, 4)  # of unsigned integers, half and single precision
_RGBA = ("R", "G", "B", "A")


def read_exr(path: Path, kind: PictureKind = PICTURE) -> np.ndarray:  # [H, W, C] float32
    """Read the channels R, G, B, A that the file has, in this order; if it has none of R, G, B, all in file order."""
    content = read_untrusted(path, kind)
    if not content.startswith(_MAGIC):
        raise kind.refusal(f"{path}: expected an OpenEXR image, got another kind of file; convert it to .exr")
    with decoding(path, kind):
        width, height, sample_bytes = _header(content)
        check_picture_size(path, kind, width, height, len(sample_bytes))
        if width * height * sum(sample_bytes) > max(MOST_UNPACKED * len(content), _SMALL):
            raise ValueError(f"{width} x {height} pixels do not fit into {len(content)} bytes")
        with silent_outputs, OpenEXR.File(BytesIO(content), separate_channels=True) as file:
            channels = {name: channel.pixels for name, channel in file.channels().items()}
        names = [name for name in _RGBA if name in channels] if {"R", "G", "B"} & set(channels) else list(channels)
        image = np.empty((height, width, len(names)), np.float32)
        for index, name in enumerate(names):
            image[..., index] = channels[name]
        return image


def _header(content: bytes) -> tuple[int, int, list[int]]:
    """Width, height and the bytes of one sample of each channel; ValueError for what pictures of ours never hold."""
    (flags,) = struct.unpack_from("<I", content, 4)
    if flags & 0xFF != 2 or flags & (_IS_DEEP | _HAS_PARTS):
        raise ValueError("expected one flat picture, got another version, several parts or deep data")
    attributes = {}
    position = 8
    while content[position] != 0:
        name, position = _name(content, position)
        kind, position = _name(content, position)
        (size,) = struct.unpack_from("<i", content, position)
        if not 0 <= size <= len(content) - position - 4 or name in attributes:
            raise ValueError("a damaged header")
        attributes[name] = kind, content[position + 4 : position + 4 + size]
        position += 4 + size
    left, top, right, bottom = struct.unpack("<4i", attributes[b"dataWindow"][1])
    if b"tiles" in attributes:
        tile = struct.unpack_from("<2I", attributes[b"tiles"][1])
        if not 0 < min(tile) <= max(tile) <= MOST_TILE:
            raise ValueError(f"expected tiles of at most {MOST_TILE} pixels a side, got {tile[0]} x {tile[1]}")
    return right - left + 1, bottom - top + 1, _channels(attributes[b"channels"][1])


def _channels(listed: bytes) -> list[int]:
    sample_bytes, position = [], 0
    while listed[position] != 0:
        _, position = _name(listed, position)
        pixel_type, _, across, down = struct.unpack_from("<iIii", listed, position)
        if not 0 <= pixel_type < len(_SAMPLE_BYTES) or (across, down) != (1, 1):
            raise ValueError("expected channels with a sample for each pixel, got others")
        sample_bytes.append(_SAMPLE_BYTES[pixel_type])
        position += 16
    return sample_bytes


def _name(content: bytes, position: int) -> tuple[bytes, int]:
    """A text that ends with a zero, and where the next thing begins."""
    end = content.index(b"\0", position, position + 257)
    return content[position:end], end + 1


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
