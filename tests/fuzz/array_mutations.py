"""Mutations of arrays and of the files that hold them: .npy, and .npz with its zip archive."""

import io
import struct
import zipfile
from functools import cache
from random import Random
from typing import Any

import numpy as np

from tests.fuzz.byte_mutations import FLOATS, INTEGERS, TEXTS, mutated_bytes
from tests.fuzz.tree_mutations import nested, strange_value

DTYPES = (
    "f2",
    "f4",
    "f8",
    ">f4",
    ">f8",
    "i8",
    "u8",
    ">i4",
    "u1",
    "i1",
    "?",
    "c16",
    "U5",
    "S5",
    "M8[s]",
    "m8[ns]",
    "V3",
    "O",
)
DESCRIPTIONS = (
    "'|O'", "'<f8'", "'<f4'", "'>f8'", "'|V0'", "'|V8'", "'<U99999999'", "'<U2147483647'", "'|S0'", "'<M8'", "'<c16'",
    "'<f16'", "'f8,f8'", "[('a','<f8')]", "[('a','<f8',(1000000,))]", "('<f8',(1000000000,))", "[('','|O')]", "'x'",
    "''",
    "None", "1", "[]", "()", "{}", "'<f8' * 10**8", "__import__('os').system('touch canary')", "'b1'", "'|i1'",
)  # fmt: skip
SHAPES = (
    "()", "(0,)", "(1,)", "(3,)", "(-1,)", "(2, -3)", "(10**10,)", "(10000000000,)", "(100000, 100000, 100000)",
    "(3.5,)",
    "(True,)", "'3'", "3", "[3]", "None", "((3,),)", "(1,) * 100", "(" + "1, " * 100 + ")", "(9223372036854775808,)",
    "(18446744073709551616,)", "(4294967296, 4294967296)", "(0, 9223372036854775807)", "(1" + "0" * 5000 + ",)",
)  # fmt: skip


def mutated_arrays(rng: Random, arrays: dict[str, Any]) -> dict[Any, Any]:
    """A copy of named arrays with one of them changed, dropped, renamed or replaced."""
    changed: dict[Any, Any] = dict(arrays)
    name = rng.choice(list(changed))
    kind = rng.randrange(12)
    if kind == 0:
        del changed[name]
    elif kind == 1:
        changed[rng.choice((*arrays, *(text for text in TEXTS if text)))] = changed.pop(name)
    elif kind == 2:
        changed[name] = changed[rng.choice(list(arrays))]
    else:
        changed[name] = mutated_array(rng, changed[name])
    return changed


def mutated_array(rng: Random, value: Any) -> Any:
    """An array with other values, shape, order or type."""
    array = np.asarray(value)
    kind = rng.randrange(8)
    try:
        with np.errstate(all="ignore"):
            if kind <= 2 and array.dtype.kind in "fiu" and array.size:
                return _with_value(rng, array)
            if kind == 3:
                return array.astype(rng.choice(DTYPES))
            if kind == 4:
                return _reshaped(rng, array)
            if kind == 5:
                return np.asfortranarray(array) if rng.random() < 0.5 else array.astype(array.dtype.newbyteorder(">"))
            if kind == 6:
                return array[rng.choice((slice(0, 0), slice(0, 1), slice(0, -1), slice(None, None, -1)))]
    except (TypeError, ValueError, IndexError, OverflowError):
        return array.reshape(-1)
    return np.array(rng.choice((0, 1.5, -1, True, "text", b"bytes", 10**9, 1e308, 2**63, "2020-01-01")))


def _with_value(rng: Random, array: np.ndarray) -> np.ndarray:
    changed = array.copy().reshape(-1)
    value = rng.choice(FLOATS) if array.dtype.kind == "f" else rng.choice(INTEGERS)
    where = rng.randrange(changed.size) if rng.random() < 0.7 else slice(None)
    try:
        changed[where] = value
    except OverflowError:
        changed[where] = np.iinfo(array.dtype).max
    return changed.reshape(array.shape)


def _reshaped(rng: Random, array: np.ndarray) -> np.ndarray:
    kind = rng.randrange(7)
    if kind == 0:
        return array.reshape(-1)
    if kind == 1:
        return array[None]
    if kind == 2:
        return array[..., None]
    if kind == 3:
        return np.concatenate([array] * rng.choice((2, 5))) if array.ndim else array
    if kind == 4:
        return array.T
    if kind == 5:
        return np.zeros((0, *array.shape), array.dtype)
    return array.reshape((1,) * rng.choice((1, 5, 20)) + array.shape)


def as_object(rng: Random, value: Any) -> Any:
    """What a pickle may hold in place of an array."""
    array = np.asarray(value)
    return rng.choice((
        array.tolist, lambda: [array.tolist(), [1, [2]]], lambda: None, lambda: "text", lambda: b"bytes" * 3,
        lambda: {"x": array}, lambda: nested(rng.choice((3, 60, 300))), lambda: array.reshape(-1)[:1].astype(object),
        lambda: array.reshape(-1)[0] if array.size else 0, lambda: (array, array), lambda: strange_value(rng),
        lambda: [array] * 3, lambda: 10**400, lambda: {1, 2}, lambda: frozenset((1,)), lambda: bytearray(9), lambda: 1j,
    ))()  # fmt: skip


def npy_bytes(array: Any) -> bytes:
    """The .npy of an array, pickled where it holds objects."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def mutated_npy(rng: Random, content: bytes) -> bytes:
    """One change of the header's text or length, or of the bytes."""
    if not content.startswith(b"\x93NUMPY") or len(content) < 12 or rng.random() < 0.3:
        return mutated_bytes(rng, content)
    length = int.from_bytes(content[8:10], "little")
    header, body = content[10 : 10 + length].decode("latin1"), content[10 + length :]
    kind = rng.randrange(9)
    if kind <= 2:
        header = _with_entry(header, "shape", rng.choice(SHAPES))
    elif kind <= 4:
        header = _with_entry(header, "descr", rng.choice(DESCRIPTIONS))
    elif kind == 5:
        header = _with_entry(header, "fortran_order", rng.choice(("True", "False", "1", "None", "[]", "'x'", "0.5")))
    elif kind == 6:
        header = rng.choice(
            ("(" * 3000, "-" * 9000 + "1", "{", "{}", "[]", "1", "{'descr': " * 900, "\0", "'" + "a" * 9000)
        )
    elif kind == 7:
        header = mutated_bytes(rng, header.encode("latin1"))[:60_000].decode("latin1")
    else:
        body = mutated_bytes(rng, body) if rng.random() < 0.5 else body * rng.choice((0, 2))
    text = header.encode("latin1", "replace")
    version = rng.choice((1, 1, 1, 2, 3, 4, 0))
    length = len(text) if rng.random() < 0.9 else rng.choice((0, 1, 65535, len(text) + 7))
    sized = struct.pack("<H", length % 65536) if version == 1 else struct.pack("<I", length)
    return b"\x93NUMPY" + bytes((version, rng.choice((0, 0, 0, 1)))) + sized + text + body


def _with_entry(header: str, name: str, value: str) -> str:
    """The header's dictionary with another value; numpy wrote it, so the next entry or the end follows."""
    start = header.find(f"'{name}': ")
    if start < 0:
        return header
    start += len(name) + 4
    ends = [found for key in ("descr", "fortran_order", "shape") if (found := header.find(f", '{key}'", start)) > 0]
    end = min(ends, default=max(start, header.rfind(", }")))
    return header[:start] + value + header[end:]


def npz_bytes(rng: Random, arrays: dict[Any, Any]) -> bytes:
    """An .npz as numpy writes it, or with other compression, names and members."""
    members = {f"{name}.npy".replace("\0", "").encode("utf-8", "replace").decode(): npy_bytes(value)
               for name, value in arrays.items()}  # fmt: skip
    kind = rng.randrange(14)
    chosen = rng.choice(list(members)) if members else "a.npy"
    if kind == 0:
        members[chosen] = mutated_bytes(rng, members.get(chosen, b""))
    elif kind <= 3 and members:
        members[chosen] = mutated_npy(rng, members[chosen])
    elif kind == 4:
        members |= {"../../escaped.npy": b"x", "/absolute.npy": b"x", "folder/": b"", "x" * 300: b"x"}
    elif kind == 5:
        members = {f"{number}.npy": b"" for number in range(rng.choice((0, 300)))} | members
    elif kind == 6:
        members[chosen] = _zeros()
    elif kind == 7 and members:
        members[chosen.removesuffix(".npy")] = members.pop(chosen)
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    if kind == 6:
        method = zipfile.ZIP_DEFLATED
    elif kind == 8:
        method = rng.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
        if kind == 9:
            archive.comment = b"PK\x05\x06" * 30
    content = stream.getvalue()
    if kind in (10, 11):
        return with_zip_field(rng, content)
    return mutated_bytes(rng, content) if kind == 12 else content


@cache
def _zeros() -> bytes:
    """A member that says 8 MB in 8 kB."""
    return npy_bytes(np.zeros(1_000_000))


_ZIP_FIELDS = {  # signature -> offset and size of fields: version, flags, method, checksum, sizes, lengths of names
    b"PK\x03\x04": ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)),
    b"PK\x01\x02": ((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4)),
    b"PK\x05\x06": ((4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)),
}


def with_zip_field(rng: Random, content: bytes) -> bytes:
    """One field of one of the archive's records replaced; sometimes the same one in both records of a member."""
    signature = rng.choice(list(_ZIP_FIELDS))
    starts = [at for at in range(len(content) - 4) if content.startswith(signature, at)][:20]
    if not starts:
        return content
    changed, (offset, size) = bytearray(content), rng.choice(_ZIP_FIELDS[signature])
    value = rng.choice((0, 1, 8, 12, 14, 99, 0x41, 0xFFFF, 0xFFFFFFFF, 10**9, 2**31)) % 2 ** (8 * size)
    for start in starts if rng.random() < 0.3 else [rng.choice(starts)]:
        changed[start + offset : start + offset + size] = value.to_bytes(size, "little")
    return bytes(changed)
