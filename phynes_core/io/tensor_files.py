"""Read safetensors files: every size is checked against the file's length before a tensor is made.

The format is eight bytes with the length of a JSON header, the header, and the tensors' bytes one after another.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.io.json_files import parse_json
from phynes_core.io.untrusted import FileKind, decoding, read_untrusted

MOST_METADATA = 1 << 20  # bytes of a text in the metadata
MOST_HEADER = 4 << 20  # bytes; texts in it are escaped once more
MOST_TENSORS, MOST_DIMENSIONS, MOST_ENTRIES = 10_000, 8, 1 << 30
_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U8": "<u1",
    "BOOL": "|b1", "BF16": "<u2",
}  # fmt: skip
_HEADER_DEPTH = 4


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies in the file."""

    dtype: str  # safetensors' name, such as F16
    shape: tuple[int, ...]
    start: int  # byte


@dataclass(frozen=True, eq=False)
class TensorFile:
    """A checked file; tensors are made when they are asked for."""

    metadata: dict[str, str]
    stored: dict[str, StoredTensor]
    _content: bytes

    def tensor(self, name: str) -> Tensor:
        """A tensor with memory of its own."""
        entry = self.stored[name]
        array = np.zeros(entry.shape, _DTYPES[entry.dtype])
        if array.size:
            array[...] = np.frombuffer(self._content, array.dtype, array.size, entry.start).reshape(entry.shape)
        tensor = torch.from_numpy(array)
        return tensor.view(torch.bfloat16) if entry.dtype == "BF16" else tensor


def read_tensors(path: Path, kind: FileKind) -> TensorFile:
    """Read a file of tensors; raises `kind.refusal`."""
    content = read_untrusted(path, kind)
    with decoding(path, kind):
        length = int.from_bytes(content[:8], "little")
        if len(content) < 8 or length > min(len(content) - 8, MOST_HEADER):
            raise ValueError("no safetensors header")
        header = content[8 : 8 + length].decode("utf-8")
    entries = parse_json(header, path, kind, _HEADER_DEPTH)
    with decoding(path, kind):
        if not isinstance(entries, dict) or len(entries) > MOST_TENSORS:
            raise ValueError("no safetensors header")
        metadata = entries.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
            raise ValueError("expected texts as metadata, got others")
        if any(len(text) > MOST_METADATA for text in metadata.values()):
            raise ValueError(f"expected at most {MOST_METADATA >> 20} MB of metadata, got more")
        return TensorFile(metadata, _stored(entries, 8 + length, len(content)), content)


def parse_metadata(file: TensorFile, key: str, path: Path, kind: FileKind) -> object:
    """The values of a JSON text in the metadata; raises `kind.refusal`."""
    return parse_json(file.metadata[key], path, kind)


def _stored(entries: dict, first: int, end: int) -> dict[str, StoredTensor]:
    """The tensors in the order of their bytes, which must follow one another without gaps up to the end."""
    stored: dict[str, StoredTensor] = {}
    start = first
    for name, entry in sorted(entries.items(), key=lambda item: item[1]["data_offsets"]):
        dtype, shape, offsets = (entry[key] for key in ("dtype", "shape", "data_offsets"))
        if not isinstance(dtype, str) or dtype not in _DTYPES:
            raise ValueError(f"{name[:60]}: expected numbers such as F32, got {str(dtype)[:20]}")
        if len(shape) > MOST_DIMENSIONS or any(type(size) is not int or size < 0 for size in shape):
            raise ValueError(f"{name[:60]}: expected a shape of at most {MOST_DIMENSIONS} sizes")
        if math.prod(max(size, 1) for size in shape) > MOST_ENTRIES:
            raise ValueError(f"{name[:60]}: expected at most {MOST_ENTRIES} numbers")
        num_bytes = math.prod(shape) * np.dtype(_DTYPES[dtype]).itemsize
        if offsets != [start - first, start - first + num_bytes] or start + num_bytes > end:
            raise ValueError(f"{name[:60]}: its shape does not fit its bytes")
        stored[name] = StoredTensor(dtype, tuple(shape), start)
        start += num_bytes
    if start != end:
        raise ValueError("expected tensors up to the end of the file, got a gap")
    return stored
