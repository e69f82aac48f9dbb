"""A kind of file that strangers may send: how mutants of it are made, and how the program reads one and uses it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch

from tests.fuzz.array_mutations import mutated_arrays, npz_bytes
from tests.fuzz.byte_mutations import mutated_text
from tests.fuzz.pickle_mutations import boxed, mutated_pickle, pickled
from tests.fuzz.tree_mutations import mutated_json

Change = Callable[[Random, bytes], bytes]


@dataclass(frozen=True)
class Kind:
    """Mutants of one kind, each a function of its random numbers alone."""

    name: str
    file_name: str  # under which the mutants are read
    intact: Callable[[], bytes]  # an unchanged file
    made: Callable[[Random], bytes]  # a mutant
    read: Callable[[Path], object]  # as the program does; what is accepted is used, so that it must be usable
    place: Callable[[Path], None] | None = None  # puts the file where it belongs, before the program reads
    never_refuses: bool = False  # of settings: damaged ones are passed over


def changing(
    name: str, file_name: str, intact: Callable[[], bytes], change: Change, read: Callable[[Path], object]
) -> Kind:
    """A kind whose mutants are an intact file after one to four changes of its bytes."""

    def made(rng: Random) -> bytes:
        content = intact()
        for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
            with suppress(RecursionError):  # what an earlier change nested deeply stays as it is
                content = change(rng, content)
        return content

    return Kind(name, file_name, intact, made, read)


def json_kind(name: str, file_name: str, record: Callable[[], Any], read: Callable[[Path], object]) -> Kind:
    """A kind of JSON file."""
    return changing(name, file_name, lambda: json.dumps(record()).encode(), mutated_json, read)


def text_kind(
    name: str, file_name: str, text: Callable[[], str], words: tuple[str, ...], read: Callable[[Path], object]
) -> Kind:
    """A kind of text file with words of its own."""
    return changing(
        name, file_name, lambda: text().encode(), lambda rng, content: mutated_text(rng, content, words), read
    )


def npz_kind(name: str, file_name: str, arrays: Callable[[], dict[str, Any]], read: Callable[[Path], object]) -> Kind:
    """A kind of .npz: the arrays are changed before they are written, the archive while it is."""

    def made(rng: Random) -> bytes:
        changed = arrays()
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            changed = mutated_arrays(rng, changed) or changed
        return npz_bytes(rng, changed)

    return Kind(name, file_name, lambda: npz_bytes(_Plain(), arrays()), made, read)


def pickle_kind(name: str, file_name: str, objects: Callable[[], dict[str, Any]], read: Callable[[Path], object],
                head: bytes = b"") -> Kind:  # fmt: skip
    """A kind of pickle; with a `head`, that of a .npy, which holds one object in an array."""

    def intact() -> bytes:
        return head + pickled(boxed(objects()) if head else objects(), 2)

    return Kind(name, file_name, intact, lambda rng: head + mutated_pickle(rng, objects(), is_boxed=bool(head)), read)


class _Plain(Random):
    """Draws that leave an archive as numpy writes it."""

    def randrange(self, *_: Any) -> int:
        return 13

    def choice(self, options: Any) -> Any:
        return options[0]


class NotUsable(Exception):
    """A file was accepted whose values cannot be used."""


def must_be_finite(what: str, *values: torch.Tensor) -> None:
    """Raise NotUsable where a result is not finite."""
    for value in values:
        if not bool(torch.isfinite(value).all()):
            raise NotUsable(f"{what}: not finite")
