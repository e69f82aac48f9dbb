"""Read pickles of SMPL bodies, motions and .npy files without running code in them.

SMPL's licensed files are Python 2 pickles that hold numpy arrays, chumpy arrays and a scipy sparse matrix. A pickle is
a program; pickle_machine.py knows only the steps and names that such files need and refuses all others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from phynes_core.errors import BodyError, CaptureError
from phynes_core.io.array_files import parse_npy
from phynes_core.io.pickle_machine import unpickled
from phynes_core.io.pickled_objects import ForbiddenName, Foreign
from phynes_core.io.untrusted import FileKind, decoding, read_untrusted

SMPL_PICKLE = FileKind("SMPL model", 1 << 30, BodyError, "download it again or give an .npz")
OBJECT_ARRAY = FileKind(".npy of arrays", 1 << 28, CaptureError, "download it again; docs/dataset.md lists the files")
MOST_DENSE = 1 << 24  # entries of a sparse matrix or of a chumpy selection; SMPL's have 6.2 million


def read_restricted_pickle(path: Path) -> dict[str, object]:
    """The dictionary in a SMPL .pkl: numpy arrays (chumpy and sparse ones made dense), strings and numbers."""
    loaded = read_pickle(path, SMPL_PICKLE)
    with decoding(path, SMPL_PICKLE):
        return {str(key): _dense_array(value) for key, value in loaded.items()}


def read_pickle(path: Path, kind: FileKind) -> dict:
    """The dictionary in a pickle, chumpy and scipy objects as Foreign ones; raises `kind.refusal`."""
    content = read_untrusted(path, kind)
    with decoding(path, kind), _naming_what_is_forbidden():
        loaded = unpickled(content)
    if not isinstance(loaded, dict):
        name = type(loaded).__name__
        raise kind.refusal(f"{path}: expected a dictionary of arrays, got {name}; {kind.remedy}")
    return loaded


def read_object_array(path: Path) -> object:
    """A .npy that holds a pickled object (annots.npy, params/0.npy), without running anything in it.

    Arrays, dictionaries with string keys, lists, strings and numbers; CaptureError for anything else.
    """
    content = read_untrusted(path, OBJECT_ARRAY)
    with decoding(path, OBJECT_ARRAY), _naming_what_is_forbidden():
        array = parse_npy(content)
        value = unpickled(array) if isinstance(array, bytes) else array
        _check_plain(value)
    return value


@contextmanager
def _naming_what_is_forbidden() -> Iterator[None]:
    try:
        yield
    except ForbiddenName as error:
        raise ValueError(f"it asks for {error}; nothing in it was run: do not trust it") from error


def _check_plain(value: object) -> None:
    """Datasets hold no objects of chumpy and scipy, and have texts as keys."""
    if isinstance(value, Foreign):
        raise ForbiddenName(f"an object of {value.kind}")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("expected texts as keys, got numbers")
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        _check_plain(item)


def _dense_array(value: object) -> object:
    """Chumpy and sparse states as dense arrays; anything else as it is."""
    if not isinstance(value, Foreign):
        return value
    return _chumpy_array(value, depth=0) if value.kind == "chumpy" else _dense(value)


def _chumpy_array(value: Foreign, depth: int) -> object:
    """The value of chumpy.Ch (`x`) or chumpy.reordering.Select (entries `idxs` of `a`); None for an invalid state."""
    state = value.state
    if "x" in state:
        return state["x"] if isinstance(state["x"], np.ndarray) else None
    inner, chosen = state.get("a"), state.get("idxs")
    if isinstance(inner, Foreign) and inner.kind == "chumpy" and depth < 8:
        inner = _chumpy_array(inner, depth + 1)
    if not isinstance(inner, np.ndarray) or not isinstance(chosen, np.ndarray) or chosen.dtype.kind not in "iu":
        return None
    if chosen.size > MOST_DENSE:
        raise ValueError(f"expected at most {MOST_DENSE} chosen entries, got more")
    entries = inner.ravel()[chosen]
    shape = np.asarray(state.get("preferred_shape", entries.shape)).ravel()
    return entries.reshape([int(size) for size in shape])


def _dense(value: Foreign) -> object:
    """The full array of a compressed sparse matrix, or None where its state is invalid."""
    shape = value.state.get("_shape", value.state.get("shape"))
    entries, minor, starts = (value.state.get(name) for name in ("data", "indices", "indptr"))
    if not isinstance(entries, np.ndarray) or not isinstance(minor, np.ndarray) or not isinstance(starts, np.ndarray):
        return None
    if not isinstance(shape, list) or len(shape) != 2 or any(type(size) is not int or size < 1 for size in shape):
        return None
    if entries.dtype.kind not in "fiu" or minor.dtype.kind not in "iu" or starts.dtype.kind not in "iu":
        return None
    outer, inner = shape if value.kind == "csr" else shape[::-1]
    if starts.shape != (outer + 1,) or entries.ndim != 1 or minor.shape != entries.shape:
        return None
    # rising from 0 to the number of entries, so that no difference is larger than what the file holds
    rises = starts[0] == 0 and starts[-1] == len(entries) and bool((starts[1:] >= starts[:-1]).all())
    if not rises or outer * inner > MOST_DENSE or (minor.size and not 0 <= minor.min() <= minor.max() < inner):
        return None
    dense = np.zeros((outer, inner), entries.dtype)
    np.add.at(dense, (np.repeat(np.arange(outer), np.diff(starts.astype(np.int64))), minor), entries)
    return dense if value.kind == "csr" else dense.T.copy()
