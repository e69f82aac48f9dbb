"""What the names in a pickle of arrays stand for: our own inert objects, which become values when all is read.

A pickle names functions and classes and says what they are called with. None of them is imported or called here: arrays
are rebuilt with numpy.frombuffer from a type, a shape and bytes that were checked; chumpy's and scipy's objects keep
their state only.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

MOST_DIMENSIONS = 8
MOST_ENTRIES = 1 << 28  # of an array; also of one without bytes, whose other dimensions later loops run over
LARGEST_CODE_POINT = 0x10FFFF
_KINDS = re.compile(r"b1|[iu][1248]|f[248]|[SU][1-9][0-9]{0,5}|O[48]?")
_SPARSE = re.compile(r"cs[cr]_(matrix|array)")


class ForbiddenName(Exception):
    """A pickle asked for a name that neither a body model nor an array needs."""


@dataclass(frozen=True)
class Name:
    """A function or class by what we do where the pickle calls it."""

    full: str
    call: Callable[..., object] | None  # REDUCE
    create: Callable[..., object] | None = None  # NEWOBJ


@dataclass(eq=False)
class DType:
    """numpy.dtype: a kind and size such as "f8", and a byte order."""

    code: str
    order: str = "="

    @property
    def holds_objects(self) -> bool:
        """Whether the array is a list of anything."""
        return self.code.startswith("O")

    def numpy(self) -> np.dtype:
        """The type of plain values."""
        if self.holds_objects:
            raise ValueError("expected values, got objects")
        return np.dtype(self.order + self.code)

    def build(self, state: object) -> None:
        """State: version, byte order, no subarray, no names, no fields, then sizes that the code implies already."""
        if not isinstance(state, tuple) or len(state) not in (8, 9) or any(part is not None for part in state[2:5]):
            raise ValueError("expected a plain array type, got a structured one")
        order = state[1]
        if state[0] not in (3, 4) or order not in ("<", ">", "|", "=") or (len(state) == 9 and state[8] is not None):
            raise ValueError("expected an array type of version 3 or 4, got another")
        itemsize = {"S": 1, "U": 4}.get(self.code[0], 0) * int(self.code[1:] or 0)
        flags = 63 if self.holds_objects else 8 if self.code[0] == "U" else 0
        if state[5] not in ((itemsize,) if itemsize else (-1,)) or state[7] not in (flags, 0 if itemsize else flags):
            raise ValueError("expected the sizes of an array type, got others")
        self.order = order


@dataclass(eq=False)
class Array:
    """numpy.ndarray; without a type until it is built."""

    dtype: DType | None = None
    shape: tuple[int, ...] = ()
    is_fortran: bool = False
    content: bytes | list = b""

    def build(self, state: object) -> None:
        """State: version, shape, type, whether columns come first, and bytes or a list of objects."""
        if not isinstance(state, tuple) or len(state) != 5 or state[0] != 1 or self.dtype is not None:
            raise ValueError("expected the state of an array, got another")
        _, shape, dtype, is_fortran, content = state
        self.fill(shape, dtype, bool(is_fortran) if type(is_fortran) in (bool, int) else None, content)

    def fill(self, shape: object, dtype: object, is_fortran: bool | None, content: object) -> None:
        """Check that type, shape and content belong together."""
        if isinstance(content, str):
            content = content.encode("latin1")  # Python 2 wrote bytes so
        if not isinstance(dtype, DType) or not isinstance(shape, tuple) or is_fortran is None:
            raise ValueError("expected the type and shape of an array, got others")
        if len(shape) > MOST_DIMENSIONS or any(type(size) is not int or size < 0 for size in shape):
            raise ValueError("expected a shape of whole numbers, got another")
        if math.prod(max(size, 1) for size in shape) > MOST_ENTRIES:
            raise ValueError(f"expected at most {MOST_ENTRIES} entries, got more")
        count = math.prod(shape)
        if dtype.holds_objects != isinstance(content, list) or not isinstance(content, list | bytes):
            raise ValueError("expected the content of an array, got another")
        if len(content) != count * (1 if isinstance(content, list) else dtype.numpy().itemsize):
            raise ValueError(f"expected {count} entries of an array, got others")
        self.shape, self.dtype, self.is_fortran, self.content = shape, dtype, is_fortran, content

    def values(self) -> np.ndarray:
        """The array, native and with memory of its own."""
        if self.dtype is None or isinstance(self.content, list):
            raise ValueError("expected an array, got one without content")
        if not self.content:
            return np.zeros(self.shape, self.dtype.code)
        flat = np.frombuffer(self.content, self.dtype.numpy())
        shaped = flat.reshape(self.shape, order="F" if self.is_fortran else "C")
        return check_texts(shaped.astype(shaped.dtype.newbyteorder("="), copy=True))

    def objects(self) -> object:
        """An array of objects as nested lists; one without dimensions as its object."""
        if not isinstance(self.content, list):
            raise ValueError("expected objects, got values")
        if not self.shape:
            return self.content[0]
        if 0 in self.shape:
            return []
        items = self.content  # rows first, whatever the order in memory was
        for size in self.shape[:0:-1]:
            items = [items[first : first + size] for first in range(0, len(items), size)]
        return items


def check_texts(array: np.ndarray) -> np.ndarray:
    """The array; ValueError where it holds texts that are none, which fail when they are looked at."""
    if array.dtype.kind == "U" and array.size:
        points = np.ascontiguousarray(array).reshape(-1).view(np.uint32)
        if int(points.max()) > LARGEST_CODE_POINT or bool(((points >= 0xD800) & (points < 0xE000)).any()):
            raise ValueError("expected texts, got characters that do not exist")
    return array


@dataclass(eq=False)
class Foreign:
    """An object of chumpy ("chumpy") or a compressed sparse matrix of scipy ("csr", "csc"), with its state."""

    kind: str
    state: dict = field(default_factory=dict)

    def build(self, state: object) -> None:
        """The object's attributes; classes with slots too have a tuple that begins with them."""
        if isinstance(state, tuple) and state and isinstance(state[0], dict):
            state = state[0]
        if isinstance(state, dict):
            self.state = state


def named(module: object, name: object) -> Name:
    """What a name stands for; ForbiddenName for all that arrays, chumpy and scipy's sparse matrices do not need."""
    if not isinstance(module, str) or not isinstance(name, str):
        raise ForbiddenName("a name that is no text")
    full = f"{module}.{name}"[:50]
    if module.split(".")[0] == "chumpy" and re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        return _foreign(full, "chumpy")
    if module.split(".")[:2] == ["scipy", "sparse"] and _SPARSE.fullmatch(name):
        return _foreign(full, name[:3])
    if (call := _CALLS.get((module, name))) is not None:
        return Name(full, call)
    raise ForbiddenName(full)


def _foreign(full: str, kind: str) -> Name:
    return Name(full, lambda *_: Foreign(kind), lambda *_: Foreign(kind))


def _dtype(code: object, *flags: object) -> DType:
    if not isinstance(code, str) or not _KINDS.fullmatch(code) or len(flags) > 2:
        raise ValueError(f"expected an array type such as f8, got {_word(code)}")
    return DType(code)


def _reconstructed_array(kind: object, shape: object, code: object) -> Array:
    if not isinstance(kind, Name) or kind.full != "numpy.ndarray" or shape != (0,) or code not in (b"b", "b"):
        raise ValueError("expected an array to be rebuilt, got another")
    return Array()


def _reconstructed_object(kind: object, base: object = None, state: object = None) -> object:
    if not isinstance(kind, Name) or kind.create is None or state is not None:
        raise ForbiddenName("an instance of a class that is not chumpy's or scipy's")
    return kind.create()


def _scalar(dtype: object, content: object) -> object:
    array = Array()
    array.fill((), dtype, False, content)
    return array.values()[()].item()


def _from_buffer(content: object, dtype: object, shape: object, order: object, *_: object) -> Array:
    array = Array()
    array.fill(shape, dtype, {"C": False, "F": True}.get(order) if isinstance(order, str) else None, content)
    return array


def _latin1(text: object, encoding: object = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise ForbiddenName(f"the codec {_word(encoding)}")
    if not isinstance(text, str):
        raise ValueError("expected a text to encode, got another")
    return text.encode("latin1")


def _listed(items: object = ()) -> list:
    if not isinstance(items, list | tuple):
        raise ValueError("expected the entries of a set, got others")
    return list(items)


def _bytes(content: object = b"", encoding: object = None) -> bytes:
    if isinstance(content, str) and encoding is not None:
        return _latin1(content, encoding)
    if not isinstance(content, bytes):
        raise ValueError("expected bytes, got another")
    return content


def _ordered(pairs: object = ()) -> dict:
    if not isinstance(pairs, list | tuple) or any(not isinstance(p, list | tuple) or len(p) != 2 for p in pairs):
        raise ValueError("expected the entries of a dictionary, got others")
    return {checked_key(key): value for key, value in pairs}


def checked_key(key: object) -> str | int:
    """A key that is hashed in bounded time, whatever it holds."""
    if type(key) in (str, int):
        return key  # type: ignore[return-value]
    raise ValueError(f"expected keys that are texts or whole numbers, got {type(key).__name__}")


def _word(value: object) -> str:
    """A value in a message: other objects than texts may take forever to show."""
    return value[:20] if isinstance(value, str) else type(value).__name__


def _no_object(*_: object) -> object:
    raise ForbiddenName("an object of no class")


_CALLS: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "dtype"): _dtype, ("numpy", "ndarray"): _no_object, ("_codecs", "encode"): _latin1,
    ("collections", "OrderedDict"): _ordered,
}  # fmt: skip
for _core in ("numpy.core", "numpy._core"):
    _CALLS[f"{_core}.multiarray", "_reconstruct"] = _reconstructed_array
    _CALLS[f"{_core}.multiarray", "scalar"] = _scalar
    _CALLS[f"{_core}.numeric", "_frombuffer"] = _from_buffer
for _module in ("copy_reg", "copyreg"):
    _CALLS[_module, "_reconstructor"] = _reconstructed_object
for _module in ("__builtin__", "builtins"):
    _CALLS[_module, "object"] = _no_object
    _CALLS |= {
        (_module, "set"): _listed,
        (_module, "frozenset"): _listed,
        (_module, "bytearray"): _bytes,
        (_module, "bytes"): _bytes,
    }
