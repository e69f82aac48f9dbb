"""A .pkl is read without running anything in it."""

import os
import pickle
import struct

import numpy as np
import pytest

from phynes_core.errors import BodyError
from phynes_core.io.restricted_pickle import read_restricted_pickle


class Runs:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_chumpy_and_sparse_become_dense_arrays(write_pkl, smpl_arrays, protocol):
    loaded = read_restricted_pickle(write_pkl(protocol))
    for key in ("v_template", "J_regressor", "weights", "posedirs", "f"):
        np.testing.assert_array_equal(loaded[key], smpl_arrays[key])
    np.testing.assert_array_equal(loaded["shapedirs"][..., :10], smpl_arrays["shapedirs"])
    assert loaded["bs_type"] == "lrotmin"


def test_a_row_compressed_matrix_too(tmp_path, foreign_class):
    made = foreign_class("scipy.sparse._csr", "csr_matrix")()
    made.__dict__.update(
        _shape=(2, 3), data=np.array([1.0, 2.0, 3.0]), indices=np.array([2, 0, 1]), indptr=np.array([0, 1, 3])
    )
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"J_regressor": made}, 2))
    loaded = read_restricted_pickle(tmp_path / "a.pkl")
    np.testing.assert_array_equal(loaded["J_regressor"], [[0, 0, 1], [2, 3, 0]])


def test_arrays_as_python_2_wrote_them(tmp_path):
    values = np.array([1.5, -2.0, 1e-3])
    ndarray = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    dtype = b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    state = b"(K\x01K\x03\x85" + dtype + b"\x89U" + struct.pack("B", values.nbytes) + values.tobytes() + b"tb"
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02}U\x01x" + ndarray + state + b"s.")
    np.testing.assert_array_equal(read_restricted_pickle(tmp_path / "a.pkl")["x"], values)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    "attack",
    [
        lambda path: Runs(os.system, f"touch {path}"),
        lambda path: Runs(eval, f"open({str(path)!r}, 'w')"),
        lambda path: Runs(open, str(path), "w"),
        lambda path: Runs(np.save, str(path), np.zeros(3)),
        lambda path: Runs(np.zeros(3).tofile, str(path)),
    ],
)
def test_a_malicious_pickle_is_refused_without_running(write_pkl, tmp_path, attack, protocol):
    target = tmp_path / "was_here"
    path = write_pkl(protocol, bs_style=attack(target))
    with pytest.raises(BodyError, match="nothing in it was run") as caught:
        read_restricted_pickle(path)
    assert not target.exists()
    assert not (tmp_path / "was_here.npy").exists()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "program",
    [
        b"\x80\x02ccopy_reg\n_reconstructor\ncnumpy\nndarray\nc__builtin__\nobject\nN\x87R.",  # rebuild a foreign class
        b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R.",  # a codec that no array needs
        b"\x80\x02Pname\n.",  # a persistent object
        b"\x80\x02X\x04\x00\x00\x00nameQ.",
        b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x011\x85R.",
        b"\x80\x02cchumpy\nch.__class__\n.",
    ],
)
def test_handmade_programs_are_refused(tmp_path, program):
    (tmp_path / "a.pkl").write_bytes(program)
    with pytest.raises(BodyError):
        read_restricted_pickle(tmp_path / "a.pkl")


def test_a_pickle_cannot_change_what_the_next_one_sees(tmp_path, write_pkl, smpl_arrays):
    # BUILD on a class instead of an object, with a slot state: setattr(class, "__new__", dtype)
    for name in (b"cchumpy.ch\nCh", b"c_codecs\nencode", b"cnumpy\nndarray"):
        (tmp_path / "a.pkl").write_bytes(b"\x80\x02" + name + b"\nN}U\x07__new__cnumpy\ndtype\ns\x86b0}.")
        with pytest.raises(BodyError):
            read_restricted_pickle(tmp_path / "a.pkl")
    np.testing.assert_array_equal(read_restricted_pickle(write_pkl())["v_template"], smpl_arrays["v_template"])
    loaded = read_restricted_pickle(write_pkl(2, posedirs=smpl_arrays["posedirs"][:1]))
    np.testing.assert_array_equal(loaded["posedirs"], smpl_arrays["posedirs"][:1])


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04\x95", pickle.dumps([1, 2]), b"\x80\x09."])
def test_what_is_no_model_is_named(tmp_path, content):
    (tmp_path / "a.pkl").write_bytes(content)
    with pytest.raises(BodyError) as caught:
        read_restricted_pickle(tmp_path / "a.pkl")
    assert str(tmp_path / "a.pkl") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_sparse_and_chumpy_states_become_nothing(tmp_path, foreign_class):
    sparse, chumpy = foreign_class("scipy.sparse.csc", "csc_matrix"), foreign_class("chumpy.ch", "Ch")
    broken = sparse()
    broken.__dict__.update(_shape=(2, 2), data=np.ones(2), indices=np.array([0, 9]), indptr=np.array([0, 1, 2]))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"J_regressor": broken, "weights": chumpy()}, 2))
    assert read_restricted_pickle(tmp_path / "a.pkl") == {"J_regressor": None, "weights": None}
