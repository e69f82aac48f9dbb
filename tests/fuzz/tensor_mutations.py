"""Mutations of safetensors files: of the JSON in them, of shapes and types together with the stored bytes."""

import json
import struct
from random import Random
from typing import Any

from tests.fuzz.byte_mutations import FLOATS, INTEGERS, MOST_BYTES, mutated_bytes
from tests.fuzz.tree_mutations import mutated_tree, nested

DTYPES = {
    "F16": 2, "F32": 4, "F64": 8, "BF16": 2, "I64": 8, "I32": 4, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1,
    "F8_E5M2": 1,
    "U16": 2, "C64": 8, "F4": 1, "X": 4,
}  # fmt: skip

MOST_STORED = 2**30  # bytes of one tensor that a mutation writes


def mutated_tensors(rng: Random, content: bytes, entry: str) -> bytes:
    """One change of a safetensors file whose metadata holds JSON under `entry`."""
    header, body = split_header(content)
    if header is None or rng.random() < 0.1:
        return mutated_bytes(rng, content)
    kind = rng.randrange(12)
    if kind <= 5:
        _change_metadata(rng, header, entry)
    elif kind == 6:
        header = mutated_tree(rng, header)
    elif kind <= 8 and isinstance(header, dict):
        body = _change_tensor(rng, header, body)
    elif kind <= 10:
        body = _change_values(rng, header, body)
    else:
        body = mutated_bytes(rng, body) if rng.random() < 0.5 else body[: rng.randrange(len(body) + 1)]
    return joined(rng, header, body)


def split_header(content: bytes) -> tuple[Any, bytes]:
    """The header's values and the tensors' bytes; None where the header cannot be read."""
    length = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + length])
    except (ValueError, RecursionError):
        return None, b""
    return (header if isinstance(header, dict) else None), content[8 + length :]


def joined(rng: Random, header: Any, body: bytes) -> bytes:
    """The file of a header and its tensors; rarely with a wrong length."""
    try:
        text = json.dumps(header).encode()
    except (ValueError, RecursionError):
        text = b"{}"
    text += b" " * (-len(text) % 8)
    length = (
        len(text) if rng.random() < 0.97 else rng.choice((0, 1, len(text) - 8, len(text) + 8, 10**8, 2**63, 2**64 - 1))
    )
    return struct.pack("<Q", length % 2**64) + text + body


def _change_metadata(rng: Random, header: dict[str, Any], entry: str) -> None:
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or entry not in metadata:
        return
    try:
        described = json.loads(metadata[entry])
    except (ValueError, TypeError, RecursionError):
        return
    if not isinstance(described, dict) or not described:  # an earlier change left something else
        metadata[entry] = json.dumps(mutated_tree(rng, described))
        return
    kind = rng.randrange(30)
    if kind == 0:
        metadata[entry] = rng.choice(("[" * 100_000, '{"a":' * 9000, "", "null", "1" * 5000, "\ud800", "NaN"))
    elif kind == 1:
        described["provenance"] = {"x": "y" * MOST_BYTES * 4}
        metadata[entry] = json.dumps(described)
    elif kind == 2:
        described[rng.choice(list(described))] = nested(rng.choice((90, 110, 900)))
        metadata[entry] = json.dumps(described)
    else:
        metadata[entry] = json.dumps(mutated_tree(rng, described))


def _change_tensor(rng: Random, header: dict[str, Any], body: bytes) -> bytes:
    """Another shape, type or place of a tensor; in most cases the bytes are made to fit, as an attacker would."""
    name = rng.choice([key for key in header if key != "__metadata__"] or ["none"])
    tensor = header.get(name)
    if not isinstance(tensor, dict):
        return body
    kind = rng.randrange(5)
    if kind == 0:
        del header[name]
        return body
    if kind == 1:
        header[rng.choice(("../x", "a" * 300, "albedo.grid", "extra"))] = dict(tensor)
        return body
    try:
        start, end = tensor["data_offsets"]
        shape, dtype = list(tensor["shape"]), rng.choice(list(DTYPES)) if kind == 2 else tensor["dtype"]
        if kind > 2 and shape:
            shape[rng.randrange(len(shape))] = rng.choice((0, 1, 2, 3, 7, 300, *INTEGERS))
        elif kind > 2:
            shape = [1] * rng.choice((1, 70))
        count = 1
        for size in shape:
            count *= size
        wanted = count * DTYPES.get(dtype, 4)
        tensor["shape"], tensor["dtype"] = shape, dtype
        if rng.random() < 0.2 or not 0 <= wanted <= 200_000:
            return body
    except (KeyError, TypeError, ValueError):
        return body
    grown = wanted - (end - start)
    stored = (body[start:end] * (wanted // max(1, end - start) + 1))[:wanted]
    for other in header.values():  # those behind it move
        if isinstance(other, dict) and isinstance(other.get("data_offsets"), list) and other is not tensor:
            offsets = other["data_offsets"]
            if all(isinstance(offset, int) for offset in offsets) and offsets and offsets[0] >= end:
                other["data_offsets"] = [offset + grown for offset in offsets]
    tensor["data_offsets"] = [start, start + wanted]
    return body[:start] + stored + body[end:]


def _change_values(rng: Random, header: Any, body: bytes) -> bytes:
    """Numbers of one tensor replaced: one, or all of them."""
    tensors = [value for value in header.values() if isinstance(value, dict) and "data_offsets" in value]
    try:
        tensor = rng.choice(tensors)
        start, end = tensor["data_offsets"]
        code = {"F16": "<e", "F32": "<f", "F64": "<d", "I32": "<i", "I64": "<q"}[tensor["dtype"]]
    except (KeyError, IndexError, TypeError, ValueError):
        return mutated_bytes(rng, body)
    value = rng.choice(FLOATS if code in ("<e", "<f", "<d") else (-1, 0, 2**31 - 1, 7))
    try:
        packed = struct.pack(code, value)
    except OverflowError:
        packed = struct.pack(code, float("-inf"))
    count = (end - start) // len(packed)
    if not 0 < count * len(packed) <= MOST_STORED:  # an earlier change may say that a tensor has any size
        return body
    if rng.random() < 0.4:
        return body[:start] + packed * count + body[start + count * len(packed) :]
    at = start + rng.randrange(count) * len(packed)
    return body[:at] + packed + body[at + len(packed) :]
