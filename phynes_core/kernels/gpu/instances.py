"""The runs of the description, one by one: for each avatar or tile where there are several, with names of their own."""

import struct
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from phynes_core.kernels.gpu.description import Run, description

NO_BUFFER = "-"  # of a binding that a run does not use
_FORMATS = {"u32": "<I", "f32": "<f"}


@dataclass(eq=False)
class Held:
    """A buffer and what names its content."""

    buffer: Any
    num_bytes: int
    version: Hashable
    made_of: Hashable = None  # of one that is cleared only when something changed


@dataclass(frozen=True)
class Instance:
    """A run, for one of the avatars or tiles where it is one of several."""

    run: Run
    index: int

    def named(self, name: str) -> str:
        """The name of this one's buffer or value: avatar.f0 -> avatar3.f0."""
        each = self.run.each
        return f"{each}{self.index}.{name[len(each) + 1 :]}" if each and name.startswith(f"{each}.") else name

    @property
    def key(self) -> str:
        """Names it among all."""
        return f"{self.run.name}{self.index}" if self.run.each else self.run.name

    @cached_property
    def bound(self) -> tuple[tuple[str, str], ...]:
        """Names and access of the buffers, in the order of the pass's bindings."""
        found = []
        for binding in description().passes[self.run.pass_name].bindings:
            name = self.run.buffers.get(binding.name, binding.name)
            found.append((NO_BUFFER if name == NO_BUFFER else self.named(name), binding.access))
        return tuple(found)


def instances(numbers: Mapping[str, int]) -> Iterator[Instance]:
    """All runs in order; `numbers`: how many avatars and tiles there are."""
    for group in description().frame:
        each = group[0].each
        for index in range(numbers[each] if each else 1):
            for run in group:
                yield Instance(run, index)


def general_name(name: str) -> str:
    """As the description has it: avatar3.list -> avatar.list."""
    head, dot, rest = name.partition(".")
    return f"{head.rstrip('0123456789')}.{rest}" if dot else name


def packed(kind: str, value: Any) -> bytes:
    """A field of a uniform."""
    if kind in _FORMATS:
        return struct.pack(_FORMATS[kind], int(value) if kind == "u32" else value)
    return np.asarray(value, np.float32 if kind == "vec4f" else np.uint32).tobytes()
