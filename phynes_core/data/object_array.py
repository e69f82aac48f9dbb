"""Read a .npy that holds a pickled object (annots.npy, params/0.npy) without running anything in it."""

import io
from pathlib import Path

import numpy as np

from phynes_core.body.restricted_pickle import ForbiddenName, load_restricted, refusing
from phynes_core.errors import CaptureError

_MAX_DEPTH = 12  # annots.npy nests dictionaries and lists four deep
_SCALARS = (str, bytes, int, float, bool, type(None))


def read_object_array(path: Path) -> object:
    """Arrays, dictionaries with string keys, lists, strings and numbers; CaptureError for anything else."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CaptureError(f"{path}: cannot read this file ({error.strerror}); docs/dataset.md lists them") from error
    with refusing(path, CaptureError, "arrays", ".npy of arrays", "download it again"):
        return _plain(_load(content), 0, {})


def _load(content: bytes) -> object:
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
    seen[id(value)] = (value, plain)  # kept alive, so that its id is not given to another
    return plain
