"""Read pickles of SMPL bodies, motions and .npy files without running code in them.

SMPL's licensed files are Python 2 pickles that hold numpy arrays, chumpy arrays and a scipy sparse matrix. A pickle is
a program; this unpickler knows only the names that such files need, replaces chumpy and scipy by inert classes that
hold their state, and refuses every other name before it is imported.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import numpy as np

from phynes_core.errors import BodyError, CaptureError, PhynesError

_SPARSE_KINDS = ("csc_matrix", "csr_matrix", "csc_array", "csr_array")
_MAX_DEPTH = 12  # annots.npy nests dictionaries and lists four deep
_SCALARS = (str, bytes, int, float, bool, type(None))


def read_restricted_pickle(path: Path) -> dict[str, object]:
    """The dictionary in a SMPL .pkl: numpy arrays (chumpy and sparse ones made dense), strings and numbers."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise BodyError(f"{path}: cannot read this body file ({error.strerror}); check the path") from error
    with refusing(path, BodyError, "a SMPL model", "pickle", "download it again or give an .npz"):
        loaded = load_restricted(content)
        arrays = {str(key): _dense_array(value) for key, value in loaded.items()} if isinstance(loaded, dict) else None
    if arrays is None:
        raise BodyError(f"{path}: expected a dictionary of arrays, got {type(loaded).__name__}; give a SMPL model file")
    return arrays


@contextmanager
def refusing(path: Path, kind: type[PhynesError], expected: str, form: str, remedy: str) -> Iterator[None]:
    """Turn any failure to read an untrusted pickle into a one-line error of this kind."""
    try:
        yield
    except ForbiddenName as error:
        raise kind(
            f"{path}: expected {expected}, got a pickle that asks for {error}; nothing in it was run: do not trust it"
        ) from error
    except Exception as error:  # a damaged pickle can raise nearly anything
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise kind(f"{path}: not a readable {form} ({reason}); {remedy}") from error


def load_restricted(content: bytes) -> object:
    """What a pickle holds, chumpy and scipy objects as inert ones; ForbiddenName, or nearly any error when damaged."""
    return _Unpickler(io.BytesIO(content)).load()


class ForbiddenName(Exception):
    """A pickle asked for a name that neither a body model nor an array needs."""


class _Unpickler(pickle.Unpickler):
    """Resolves names from a table of classes made for one file, so that a pickle cannot change lasting state."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, encoding="latin1")
        self._names = _allowed_names()
        self._chumpy = self._names["chumpy", "*"]

    def find_class(self, module: str, name: str) -> object:
        if module.split(".")[0] == "chumpy":
            return self._chumpy
        if module.startswith("scipy.sparse") and name in _SPARSE_KINDS:
            return self._names["scipy.sparse", name]
        try:
            return self._names[module, name]
        except KeyError:
            raise ForbiddenName(f"{module}.{name}") from None

    def persistent_load(self, pid: object) -> object:
        raise ForbiddenName("a persistent object")


class _State:
    """The state of an object of a foreign class, which itself is never imported."""

    state: Mapping[str, object] = MappingProxyType({})

    def __init__(self, *_: object) -> None:
        """Accept and ignore the real class's arguments."""

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and state and isinstance(state[0], dict):
            state = state[0]
        if isinstance(state, dict):
            self.state = state


class _Chumpy(_State):
    """chumpy.Ch (an array with its value in `x`) or chumpy.reordering.Select (entries `idxs` of another array `a`)."""


class _Sparse(_State):
    """A compressed sparse matrix; `by_rows` tells csr from csc."""

    by_rows = False


def _allowed_names() -> dict[tuple[str, str], object]:
    """Name -> its substitute: immutable built-ins of Python and numpy, and classes made anew on every call."""
    chumpy = type("_Chumpy", (_Chumpy,), {})
    sparse = {kind: type("_Sparse", (_Sparse,), {"by_rows": kind.startswith("csr")}) for kind in _SPARSE_KINDS}
    inert = (chumpy, *sparse.values())

    class Base:
        """Substitute for `object`, which Python 2 names as the base of a class."""

    class Reconstructor:
        """copy_reg._reconstructor(class, base, state), for our inert classes only."""

        def __new__(cls, kind: type, base: object = None, state: object = None) -> object:
            if kind not in inert:
                raise ForbiddenName("an instance of a class that is not chumpy's or scipy's")
            return kind()

    class Latin1:
        """_codecs.encode(text, "latin1"): how Python 3 writes bytes at protocol 2."""

        def __new__(cls, text: str, encoding: str = "latin1") -> object:
            if encoding not in ("latin1", "latin-1"):
                raise ForbiddenName(f"the codec {encoding}")
            return text.encode("latin1")

    class FromBuffer:
        """numpy._core.numeric._frombuffer: how protocol 5 writes an array."""

        def __new__(cls, buffer: bytes, dtype: np.dtype, shape: tuple[int, ...], order: str, *_: object) -> object:
            return np.frombuffer(buffer, dtype).reshape(shape, order="F" if order == "F" else "C")

    names: dict[tuple[str, str], object] = {("chumpy", "*"): chumpy}
    names |= {("scipy.sparse", kind): value for kind, value in sparse.items()}
    names |= {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}
    for core in ("numpy.core", "numpy._core"):
        names[f"{core}.multiarray", "_reconstruct"] = _numpy_builtin("_reconstruct")
        names[f"{core}.multiarray", "scalar"] = _numpy_builtin("scalar")
        names[f"{core}.numeric", "_frombuffer"] = FromBuffer
    for module in ("copy_reg", "copyreg"):
        names[module, "_reconstructor"] = Reconstructor
    for module in ("__builtin__", "builtins"):
        names[module, "object"] = Base
        names |= {(module, kind.__name__): kind for kind in (set, frozenset, bytearray)}
    names["_codecs", "encode"] = Latin1
    names["collections", "OrderedDict"] = OrderedDict
    return names


def _numpy_builtin(name: str) -> object:
    """numpy's C function that rebuilds an array or a scalar, taken from the pickle protocol of one."""
    example = np.zeros(1) if name == "_reconstruct" else np.float64(0)
    return example.__reduce__()[0]


def _dense_array(value: object) -> object:
    """Chumpy and sparse states as dense arrays; anything else as it is."""
    if isinstance(value, _Chumpy):
        return _chumpy_array(value, depth=0)
    if isinstance(value, _Sparse):
        return _dense(value)
    return value


def _chumpy_array(value: _Chumpy, depth: int) -> object:
    """The array's value, or None where its state is invalid."""
    state = value.state
    if "x" in state:
        return state["x"] if isinstance(state["x"], np.ndarray) else None
    inner = state.get("a")
    if isinstance(inner, _Chumpy) and depth < 8:
        inner = _chumpy_array(inner, depth + 1)
    if not isinstance(inner, np.ndarray) or "idxs" not in state:
        return None
    chosen = inner.ravel()[np.asarray(state["idxs"])]
    shape = np.asarray(state.get("preferred_shape", chosen.shape)).ravel()
    return chosen.reshape([int(size) for size in shape])


def _dense(value: _Sparse) -> object:
    """The full array of a compressed sparse matrix, or None where its state is invalid."""
    shape = value.state.get("_shape", value.state.get("shape"))
    entries, minor, starts = (value.state.get(name) for name in ("data", "indices", "indptr"))
    if not isinstance(entries, np.ndarray) or not isinstance(minor, np.ndarray) or not isinstance(starts, np.ndarray):
        return None
    if not isinstance(shape, tuple) or len(shape) != 2:
        return None
    rows, columns = (int(size) for size in shape)
    outer, inner = (rows, columns) if value.by_rows else (columns, rows)
    counts = np.diff(starts)
    is_sound = starts.shape == (outer + 1,) and minor.shape == entries.shape == (counts.sum(),) and (counts >= 0).all()
    if not is_sound or not 0 < rows * columns <= 2**26 or (minor.size and not 0 <= minor.min() <= minor.max() < inner):
        return None
    dense = np.zeros((outer, inner), entries.dtype)
    np.add.at(dense, (np.repeat(np.arange(outer), counts), minor), entries)
    return dense if value.by_rows else dense.T.copy()


def read_object_array(path: Path) -> object:
    """A .npy that holds a pickled object (annots.npy, params/0.npy), without running anything in it.

    Arrays, dictionaries with string keys, lists, strings and numbers; CaptureError for anything else.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CaptureError(f"{path}: cannot read this file ({error.strerror}); docs/dataset.md lists them") from error
    with refusing(path, CaptureError, "arrays", ".npy of arrays", "download it again"):
        return _plain(_load_array(content), 0, {})


def _load_array(content: bytes) -> object:
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    _, _, dtype = read_header(file)
    if not dtype.hasobject:
        return np.load(io.BytesIO(content), allow_pickle=False)
    return load_restricted(content[file.tell() :])


def _plain(value: object, depth: int, seen: dict[int, tuple[object, object]]) -> object:
    """The value with arrays of objects as lists (a single one as itself). Shared parts are visited once."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested more than {_MAX_DEPTH} deep")
    if isinstance(value, np.generic):
        return _plain(value.item(), depth + 1, seen)
    if isinstance(value, _SCALARS) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiubUS"):
        return value
    if id(value) in seen:
        return seen[id(value)][1]
    if isinstance(value, np.ndarray) and value.dtype == object:
        items = value.item() if value.ndim == 0 else value.tolist()
        plain: object = _plain(items, depth + 1, seen)
    elif isinstance(value, list | tuple):
        plain = [_plain(item, depth + 1, seen) for item in value]
    elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
        plain = {key: _plain(item, depth + 1, seen) for key, item in value.items()}
    else:
        raise ForbiddenName(f"an object of type {type(value).__name__}")
    seen[id(value)] = (value, plain)  # the value is kept, so that its id stays unique
    return plain
