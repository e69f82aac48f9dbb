"""Read .npy and .npz: arrays of numbers and texts, whose sizes are checked before anything is allocated.

Their headers are read here and not by numpy, which evaluates them as Python, hands over members that are no arrays as
raw bytes, and unpacks whatever method and size an archive claims.
"""

import math
import re
import struct
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import numpy as np

from phynes_core.io.pickled_objects import MOST_DIMENSIONS, MOST_ENTRIES, check_texts
from phynes_core.io.untrusted import FileKind, decoding, read_untrusted

LEAST_BUDGET = 128 << 20  # bytes of unpacked members; larger files may unpack to eight times their own
MOST_MEMBERS = 4096
LONGEST_HEADER = 10_000  # numpy's own limit
_MAGIC = b"\x93NUMPY"
_ENTRY = b"PK\x01\x02"  # begins an entry of an archive's list
_IS_ENCRYPTED = 0x0001 | 0x0040
_TYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?)(b1|[iu][1248]|f[248]|[SU][1-9][0-9]{0,5}|O)['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)\b""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d\s,L]*)\)""")  # Python 2 wrote 3L


def read_npz(path: Path, kind: FileKind, keys: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an .npz by name, those of `keys` that it has, or all; raises `kind.refusal`.

    Others are not looked at: motions may hold pickled objects that nothing here needs.
    """
    content = read_untrusted(path, kind)
    with decoding(path, kind):
        return _members(content, None if keys is None else set(keys))


def parse_npy(content: bytes | bytearray) -> np.ndarray | bytes:
    """The array in a .npy, without a copy where it can be; of an array of objects the pickle.

    ValueError, or nearly any error when damaged.
    """
    code, is_fortran, shape, start = _header(bytes(content[: LONGEST_HEADER + 12]))
    if code == "O":
        return bytes(content[start:])
    dtype, count = np.dtype(code), math.prod(shape)
    if count * dtype.itemsize > len(content) - start:
        raise ValueError(f"expected {count} entries, got fewer")
    if count == 0:
        return np.zeros(shape, dtype.newbyteorder("="))
    array = np.frombuffer(content, dtype, count, start).reshape(shape, order="F" if is_fortran else "C")
    is_usable = array.flags.writeable and array.flags.aligned and dtype.isnative
    return check_texts(array if is_usable else array.astype(dtype.newbyteorder("="), copy=True))


def _header(start: bytes) -> tuple[str, bool, tuple[int, ...], int]:
    """Type, whether columns come first, shape, and where the entries begin."""
    if not start.startswith(_MAGIC) or len(start) < 12 or start[6] not in (1, 2, 3):
        raise ValueError("expected an array as .npy, got something else")
    first = 10 if start[6] == 1 else 12
    (length,) = struct.unpack("<H" if start[6] == 1 else "<I", start[8:first])
    if length > LONGEST_HEADER or first + length > len(start):
        raise ValueError(f"expected a header of at most {LONGEST_HEADER} bytes, got another")
    text = start[first : first + length].decode("latin1")
    dtype, order, shape = _TYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if dtype is None or order is None or shape is None:
        raise ValueError(f"expected an array of numbers or texts, got {text.strip()[:60]}")
    sizes = tuple(int(word) for word in shape[1].replace("L", "").split(",") if word.strip())
    if len(sizes) > MOST_DIMENSIONS or math.prod(max(size, 1) for size in sizes) > MOST_ENTRIES:
        raise ValueError(f"expected at most {MOST_ENTRIES} entries, got more")
    code = dtype[2] if dtype[2] == "O" else dtype[1] + dtype[2]
    return code, order[1] == "True", sizes, first + length


def _members(content: bytes, keys: set[str] | None) -> dict[str, np.ndarray]:
    if content.count(_ENTRY) > MOST_MEMBERS:  # before the list is read
        raise ValueError(f"expected at most {MOST_MEMBERS} arrays, got more")
    left = max(LEAST_BUDGET, 8 * len(content))
    arrays: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if keys is not None and name not in keys:
                continue
            left -= member.file_size
            if left < 0:
                raise ValueError(f"expected at most {max(LEAST_BUDGET, 8 * len(content)) >> 20} MB unpacked, got more")
            if name in arrays:
                raise ValueError(f"expected each array once, got '{name[:40]}' twice")
            array = parse_npy(_unpacked(archive, member))
            if isinstance(array, bytes):
                raise ValueError(f"expected arrays of numbers or texts, got objects in '{name[:40]}'")
            arrays[name] = array
    return arrays


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytearray:
    if member.flag_bits & _IS_ENCRYPTED or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(
            f"expected members stored or deflated and not encrypted, got others in '{member.filename[:40]}'"
        )
    content = bytearray(member.file_size)
    with archive.open(member) as file, memoryview(content) as view:
        filled = 0
        while filled < len(content) and (count := file.readinto(view[filled:])):  # type: ignore[attr-defined]
            filled += count
        if filled != len(content) or file.read(1):  # the end is where the checksum is compared
            raise ValueError(f"'{member.filename[:40]}' is shorter than the archive says")
    return content
