"""Our machine gives what pickle.loads gives, for files as numpy 1.26 and 2, Python 2, chumpy and scipy write them."""

import io
import pickle
import pickletools
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from phynes_core.io.pickle_machine import unpickled
from phynes_core.io.pickled_objects import Foreign

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def plain(value: Any) -> Any:
    """What pickle.loads gives, in the forms that ours has: tuples and sets as lists, numpy's numbers as Python's."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return plain(value.item() if value.ndim == 0 else value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return bytes(value) if isinstance(value, bytearray) else value


def check_same(got: Any, wanted: Any) -> None:
    if isinstance(wanted, np.ndarray):
        assert isinstance(got, np.ndarray) and got.dtype == wanted.dtype.newbyteorder("=")
        assert got.flags.writeable and got.flags.aligned
        np.testing.assert_array_equal(got, wanted)
    elif isinstance(wanted, dict):
        assert list(got) == list(wanted)
        for key, item in wanted.items():
            check_same(got[key], item)
    elif isinstance(wanted, list):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            check_same(one, other)
    else:
        assert type(got) is type(wanted)
        assert got == wanted or (got != got and wanted != wanted)


def as_numpy_1(content: bytes) -> bytes:
    """The same pickle with the module names of numpy 1.26, which numpy 2 still reads.

    numpy 1.26 wrote numpy.core where numpy 2 writes numpy._core, and nothing else differs in the state of arrays.
    """
    out, position = io.BytesIO(), 0
    operations = list(pickletools.genops(content))
    ends = [place for _, _, place in operations[1:]] + [len(content)]
    for (operation, argument, place), end in zip(operations, ends, strict=True):
        assert place is not None and end is not None
        out.write(content[position:place])
        raw = content[place:end]
        if isinstance(argument, str) and "numpy._core" in argument:
            text = argument.replace("numpy._core", "numpy.core")
            if operation.name == "GLOBAL":
                raw = b"c" + text.replace(" ", "\n").encode() + b"\n"
            else:
                raw = b"X" + len(text).to_bytes(4, "little") + text.encode()  # of any protocol that has texts
        if operation.name != "FRAME":  # whose length would no longer be right
            out.write(raw)
        position = end
    return out.getvalue()


def _object_array(items: list) -> np.ndarray:
    array = np.empty(len(items), object)
    for index, item in enumerate(items):
        array[index] = item
    return array


def _object_square(items: list) -> np.ndarray:
    return np.asfortranarray(_object_array(items).reshape(2, 2))


numbers = arrays.arrays(
    st.sampled_from([np.dtype(order + kind) for order in "<>" for kind in
                     ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1", "U3", "S4")]),
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)  # fmt: skip
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(), st.text(st.characters(codec="utf-8")),
    st.binary(), numbers, numbers.map(np.asfortranarray), st.floats().map(np.float64), st.booleans().map(np.bool_),
    st.integers(0, 255).map(np.uint8), st.binary().map(bytearray),
)  # fmt: skip
keys = st.one_of(st.text(st.characters(codec="utf-8"), max_size=5), st.integers(-(2**40), 2**40))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, max_size=3).map(OrderedDict),
        st.lists(inner, min_size=1, max_size=4).map(_object_array),
        st.lists(inner, min_size=4, max_size=4).map(
            lambda items: np.asfortranarray(_object_array(items).reshape(2, 2))
        ),
        inner.map(lambda item: _object_array([item]).reshape(())),
        inner.map(lambda item: [item, item]),  # the same object twice
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(values, st.sampled_from(PROTOCOLS), st.booleans())
def test_what_numpy_writes_comes_back_the_same(value, protocol, is_numpy_1):
    content = pickle.dumps(value, protocol)
    if is_numpy_1:
        content = as_numpy_1(content)
    check_same(unpickled(content), plain(pickle.loads(content)))


def test_both_names_of_numpys_module_were_tried():
    content = pickle.dumps(np.arange(3), 2)
    assert b"numpy._core" in content and b"numpy.core" in as_numpy_1(content)
    assert b"numpy._core" not in as_numpy_1(content)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_sets_become_lists(protocol):
    for value in ({1, 2, 3}, frozenset("ab"), set()):
        assert sorted(unpickled(pickle.dumps(value, protocol))) == sorted(value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["csc", "csr"])
@pytest.mark.parametrize("form", ["matrix", "array"])
def test_scipys_own_matrices_keep_their_state(protocol, kind, form):
    made = getattr(scipy.sparse, f"{kind}_{form}")(np.diag([1.0, 0.0, 2.5])[:, :2])
    found = unpickled(pickle.dumps({"J": made}, protocol))
    assert isinstance(found, dict)
    read = found["J"]
    assert isinstance(read, Foreign) and read.kind == kind and read.state["_shape"] == list(made.shape)
    for name in ("data", "indices", "indptr"):
        check_same(read.state[name], getattr(made, name))


def test_bytes_of_python_2_are_texts_of_latin_1():
    quoted = b"S'a\\xe9\\n'\n."
    assert unpickled(quoted) == pickle.loads(quoted, encoding="latin1") == "aé\n"
    assert unpickled(b"U\x02\xe9b.") == pickle.loads(b"U\x02\xe9b.", encoding="latin1") == "éb"
    for content in (
        b"I01\n.",
        b"I00\n.",
        b"I-7\n.",
        b"L12L\n.",
        b"F1.5\n.",
        b"V\\u00e9\n.",
        b"(lI1\na.",
        b"(dS'a'\nI1\ns.",
    ):
        check_same(unpickled(content), pickle.loads(content))
