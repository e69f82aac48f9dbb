"""The file of numbers that a page reads: a head in JSON, then arrays, deflated together.

Bytes 0 to 7 are MAGIC; then the lengths of head and arrays, little-endian uint32 each; the head; the zlib stream of the
arrays one after another. Each array is written in byte planes (all first bytes, then all second bytes, ...), which
deflate packs better. app/web/engine/packet.js reads it.
"""

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MAGIC = b"PHYNES1\n"
# n16: steps between the least and the greatest number; 2x16: words of two halves, which are counted one by one
KINDS = ("f32", "f16", "u32", "u16", "u8", "n16", "2x16")
_DTYPES = {"f32": "<f4", "f16": "<f2", "u32": "<u4", "u16": "<u2", "u8": "u1", "n16": "<u2"}
_STEPS = 65535


@dataclass
class PacketFile:
    """What will be written."""

    head: dict[str, Any] = field(default_factory=dict)
    arrays: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)

    def add(self, name: str, values: np.ndarray, kind: str) -> None:
        """An array, flattened. Raises ValueError where a number does not fit its kind."""
        stored, entry = encoded(values, kind)
        self.arrays.append(({"name": name, "kind": kind, "count": int(stored.size), **entry}, _planes(stored)))

    def to_bytes(self) -> bytes:
        """The whole file; equal content gives equal bytes."""
        head = json.dumps(self.head | {"arrays": [entry for entry, _ in self.arrays]}, separators=(",", ":"))
        packed = zlib.compress(b"".join(content for _, content in self.arrays), 9)
        begin = head.encode()
        sizes = np.array([len(begin), len(packed)], "<u4").tobytes()
        return MAGIC + sizes + begin + packed

    def packed_sizes(self) -> dict[str, int]:
        """Bytes that each array takes when it is deflated alone."""
        return {entry["name"]: len(zlib.compress(content, 9)) for entry, content in self.arrays}


def encoded(values: np.ndarray, kind: str) -> tuple[np.ndarray, dict[str, float]]:
    """The numbers as they are stored, and what else is needed to read them."""
    if kind == "n16":
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        step = (high - low) / _STEPS or 1.0
        return np.round((values.astype(np.float64) - low) / step).astype("<u2"), {"low": low, "step": step}
    if kind == "2x16":
        return np.ascontiguousarray(values, "<u4").view("<u2"), {}
    with np.errstate(over="ignore"):  # is found below
        stored = np.ascontiguousarray(values).astype(_DTYPES[kind])
    is_whole = kind.startswith("u")
    if not (np.array_equal(stored, values) if is_whole else np.isfinite(stored).all()):
        raise ValueError(f"{kind}: expected numbers that fit, got {values.min()} to {values.max()}")
    return stored, {}


def stored_values(values: np.ndarray, kind: str) -> np.ndarray:  # of the same shape, float32 or as given
    """What a reader gets."""
    stored, entry = encoded(values, kind)
    if kind == "n16":
        return (entry["low"] + entry["step"] * stored.astype(np.float64)).astype(np.float32).reshape(values.shape)
    if kind == "2x16":
        return stored.view("<u4").reshape(values.shape)
    return stored.astype(values.dtype).reshape(values.shape)


def _planes(stored: np.ndarray) -> bytes:
    return stored.reshape(-1).view(np.uint8).reshape(-1, stored.itemsize).T.tobytes()
