"""Mutations of pickles: of the objects before they are pickled, and of the opcodes, one by one."""

import pickle
import pickletools
import struct
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np

from tests.fuzz.array_mutations import as_object, mutated_array
from tests.fuzz.byte_mutations import FLOATS, INTEGERS, MOST_BYTES, TEXTS, mutated_bytes

CANARY = "canary_code_ran"  # a file that pickles try to make
GLOBALS = (
    "numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct", "numpy.core.multiarray scalar",
    "numpy ndarray", "numpy dtype", "numpy.dtypes ObjectDType", "numpy load", "numpy fromfile", "numpy memmap",
    "numpy._core.numeric _frombuffer", "numpy.ma.core MaskedArray", "numpy recarray", "numpy matrix", "_codecs encode",
    "builtins eval", "__builtin__ eval", "builtins exec", "builtins getattr", "builtins bytearray", "builtins set",
    "builtins complex", "builtins object", "builtins pow", "builtins print", "builtins open", "builtins range",
    "os system", "posix system", "nt system", "subprocess Popen", "copyreg _reconstructor", "copy_reg _reconstructor",
    "copyreg __newobj__", "collections OrderedDict", "scipy.sparse.csc csc_matrix", "scipy.sparse._csc csc_matrix",
    "chumpy.ch Ch", "chumpy.reordering Select", "chumpy os", "chumpy.ch os.system", "pathlib PosixPath", "torch load",
    "datetime datetime", "decimal Decimal", "fractions Fraction", "functools partial", "operator attrgetter",
    "types FunctionType", "importlib import_module", "webbrowser open", "pty spawn", "shutil rmtree", "socket socket",
    "pickle loads", "numpy", "", "a b c",
)  # fmt: skip
PLAIN = b"(){}]tlsd\x85\x86\x87aeu.012bRQ\x81\x92\x90\x91\x94\x8fN\x88\x89\x97\x98o"  # opcodes without an argument


def mutated_pickle(rng: Random, objects: dict[str, Any], is_boxed: bool = False) -> bytes:
    """A pickle of named arrays after one change of an object, of opcodes, or of both; boxed as in a .npy."""
    kind = rng.random()
    changed = objects if kind < 0.4 else mutated_objects(rng, objects)
    content = pickled(boxed(changed) if is_boxed else changed, rng.choice((0, 1, 2, 2, 3, 4, 5)))
    for _ in range(rng.choice((1, 1, 2, 3, 8)) if kind < 0.7 else 0):
        content = mutated_opcodes(rng, content) if rng.random() < 0.9 else mutated_bytes(rng, content)
    return content[:MOST_BYTES]


def mutated_objects(rng: Random, objects: Any) -> Any:
    """A copy of nested dictionaries and lists with one leaf, key or entry changed."""
    if isinstance(objects, dict) and objects:
        changed = dict(objects)
        name = rng.choice(list(changed))
        kind = rng.randrange(12)
        if kind == 0:
            del changed[name]
        elif kind == 1:
            keys = (*TEXTS, *INTEGERS, None, (1, 2), ((((1,),),),), 1.5, float("nan"), b"poses", True, frozenset((1,)))
            changed[rng.choice(keys)] = changed.pop(name)
        elif kind == 2:
            return rng.choice((list(changed.items()), [changed], changed[name], None, tuple(changed), 3))
        else:
            changed[name] = mutated_objects(rng, changed[name])
        return changed
    if isinstance(objects, list) and objects and rng.random() < 0.8:
        entries = list(objects)
        index = rng.randrange(len(entries))
        kind = rng.randrange(6)
        if kind == 0:
            del entries[index]
        elif kind == 1:
            entries[index:index] = [entries[index]] * rng.choice((1, 3, 100))
        else:
            entries[index] = mutated_objects(rng, entries[index])
        return entries
    if isinstance(objects, str):
        return rng.choice((*TEXTS, objects * 2, objects.upper(), None, 3, objects.encode()))
    if isinstance(objects, np.ndarray) and rng.random() < 0.6:
        return mutated_array(rng, objects)
    return as_object(rng, objects)


def boxed(value: Any) -> np.ndarray:
    """An array without dimensions that holds one object, as numpy saves a dictionary."""
    box = np.empty((), object)
    box[()] = value
    return box


def pickled(objects: Any, protocol: int) -> bytes:
    """The pickle; of an empty dictionary where the objects cannot be pickled."""
    try:
        with foreign_modules():
            return pickle.dumps(objects, protocol)
    except (RecursionError, pickle.PicklingError, UnicodeError, TypeError, AttributeError):
        return pickle.dumps({}, protocol)


def mutated_opcodes(rng: Random, content: bytes) -> bytes:
    """One opcode deleted, repeated, moved, replaced or inserted, or its argument replaced."""
    pieces = _pieces(content)
    if len(pieces) < 2:
        return mutated_bytes(rng, content)
    index, other = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    kind = rng.randrange(12)
    if kind == 0:
        del pieces[index]
    elif kind == 1:
        pieces.insert(index, pieces[other])
    elif kind == 2:
        pieces[index], pieces[other] = pieces[other], pieces[index]
    elif kind == 3:
        pieces[index:index] = [pieces[index]] * rng.choice((2, 30, 3000))
    elif kind <= 6:
        pieces[index] = _with_argument(rng, pieces[index])
    elif kind == 7:
        pieces[index] = strange_opcode(rng)
    elif kind == 8:
        start, end = sorted((index, other))
        pieces[start:end] = pieces[start:end] * 2
    elif kind == 9:
        pieces.insert(index, _bomb(rng))
    else:
        pieces.insert(index, strange_opcode(rng))
    return b"".join(pieces)[:MOST_BYTES]


def strange_opcode(rng: Random) -> bytes:
    """An opcode with an argument that readers did not expect."""
    name = rng.choice(GLOBALS)
    module, _, attribute = name.partition(" ")
    number = rng.choice(INTEGERS)
    index = rng.choice((0, 1, 2, 5, 255))
    return rng.choice((
        bytes((rng.choice(PLAIN),)),
        bytes((rng.choice(PLAIN),)),
        f"c{module}\n{attribute}\n".encode(),
        f"i{module}\n{attribute}\n".encode(),
        _short(module) + _short(attribute) + b"\x93",
        f"c{module}\n{attribute}\n(S'touch {CANARY}'\ntR".encode(),
        f"I{number}\n".encode(), f"L{number}L\n".encode(), b"I01\n", b"I" + b"9" * 5000 + b"\n",
        f"F{rng.choice(FLOATS)}\n".encode(), b"G" + struct.pack(">d", rng.choice(FLOATS)),
        b"h" + bytes((index,)), b"q" + bytes((index,)), b"j" + struct.pack("<I", index),
        b"r" + struct.pack("<I", number % 2**32),
        b"p99999999999\n", b"g7\n", b"g-1\n", b"Pabc\n", b"\x80" + bytes((rng.choice((0, 5, 6, 255)),)),
        b"\x95" + struct.pack("<Q", rng.choice((0, 5, 2**40, 2**64 - 1))), b"\x82\x01", b"\x84" + struct.pack("<i", -1),
        b"B" + struct.pack("<I", rng.choice((3, 2**31, 2**32 - 1))) + b"abc",
        b"\x8e" + struct.pack("<Q", rng.choice((3, 2**31, 2**63))) + b"abc",
        b"\x96" + struct.pack("<Q", rng.choice((3, 10**9, 2**63))) + b"abc",
        b"X" + struct.pack("<I", rng.choice((3, 2**31))) + b"abc",
        b"\x8b" + struct.pack("<i", rng.choice((3, 2**31 - 1, -5))) + b"abc",
        b"\x8a\x03abc", b"\x8a\xff" + b"\xff" * 255, b"T" + struct.pack("<i", rng.choice((3, -1))) + b"abc",
        b"S'abc\n", b"Vab\\ud800\n",
    ))  # fmt: skip


def _bomb(rng: Random) -> bytes:
    """A few bytes that ask for much: powers of tuples, lists in themselves, deep nesting, many entries."""
    return rng.choice((
        b"K\x01" + b"2\x86" * 60,
        b"K\x01" + b"2\x86" * 60 + b"}q\x00h\x00",
        b"]2a", b"]q\x07h\x07a", b"(" * 50_000, b"]" * 50_000, b"(l" * 20_000, b"K\x01" + b"\x85" * 50_000,
        b"]" + b"K\x012a" * 500, b"(" + b"K\x01" * 50_000 + b"t", b"}" + b"(K\x01K\x02u" * 500, b"N" * 50_000,
        b"K\x01" + b"\x94" * 50_000, b"cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R",
        b"cnumpy\nndarray\n(J\xff\xff\xff\x7ftR",
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(J\xff\xff\xff\x7ftc_codecs\nencode\n(S'b'\ntRtR",
        b"X\x01\x00\x00\x00a" + b"2\x86" * 40 + b"}" + b"N" + b"s",
    ))  # fmt: skip


def _with_argument(rng: Random, piece: bytes) -> bytes:
    code, argument = piece[:1], piece[1:]
    if not argument:
        return strange_opcode(rng)
    if code in b"IFLSVgpP":
        return (
            code + rng.choice((b"-1", b"0", b"1e999", b"nan", b"'x'", b"9" * 400, b"", b"01", b"0x1", b"\xff")) + b"\n"
        )
    if code in b"c" + b"i":
        return code + "\n".join(rng.choice(GLOBALS).split(" ", 1)).encode() + b"\n"
    if code == b"K":
        return code + bytes((rng.choice((0, 1, 3, 8, 64, 255)),))
    if code in b"M":
        return code + struct.pack("<H", rng.choice((0, 1, 255, 65535)))
    if code == b"J":
        return code + struct.pack("<i", rng.choice((0, -1, 2**31 - 1, -(2**31), 8, 100000)))
    if code in (b"\x8c", b"U", b"C"):
        text = rng.choice(("f8", "O8", "O", "|", "<", "f4", "V8", "numpy", "ndarray", "dtype", *TEXTS[:8]))
        return _short(text, code)
    return code + mutated_bytes(rng, argument)


def _short(text: str, code: bytes = b"\x8c") -> bytes:
    content = text.encode("utf-8", "replace")[:255]
    return code + bytes((len(content),)) + content


def _pieces(content: bytes) -> list[bytes]:
    """The opcodes with their arguments, as far as they can be told apart, and the rest."""
    starts = []
    try:
        starts += [position for _, _, position in pickletools.genops(content) if position is not None]
    except Exception:  # what an earlier change broke
        starts += [] if starts else [0]
    bounds = [*starts[:4000], len(content)]
    return [content[start:end] for start, end in pairwise(bounds) if end > start]


def foreign_object(module: str, name: str, **state: Any) -> Any:
    """An object that pickles as one of a library's class, with this state."""
    with foreign_modules():
        made = getattr(sys.modules[module], name)()
    made.__dict__.update(state)
    return made


_FOREIGN = {("chumpy.ch", "Ch"), ("chumpy.reordering", "Select"), ("scipy.sparse.csc", "csc_matrix")}
_modules: dict[str, types.ModuleType] = {}


@contextmanager
def foreign_modules() -> Iterator[None]:
    """While this is entered, the libraries whose classes pickles name seem to be installed."""
    if not _modules:
        for module, name in _FOREIGN:
            for depth in range(1, module.count(".") + 2):
                part = ".".join(module.split(".")[:depth])
                _modules.setdefault(part, types.ModuleType(part))
            setattr(_modules[module], name, type(name, (), {"__module__": module, "__qualname__": name}))
    before = {name: sys.modules.get(name) for name in _modules}
    sys.modules.update(_modules)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
