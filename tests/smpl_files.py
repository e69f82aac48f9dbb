"""A small body in SMPL's form, and the ways in which SMPL files hold it."""

import pickle
import sys
import types

import numpy as np
import pytest

from phynes_core.body.model import SMPL_PARENTS


def tube(rings: int, around: int, spacing_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [rings * around, 3] and faces [F, 3] of a tube along y, 0.2 m in radius."""
    angle = np.arange(around) * 2 * np.pi / around
    circle = np.stack([np.cos(angle) * 0.2, np.zeros(around), -np.sin(angle) * 0.2], -1)
    vertices = np.concatenate([circle + [0, spacing_m * ring, 0] for ring in range(rings)])
    lower = np.arange((rings - 1) * around).reshape(-1, around)
    right = np.roll(lower, -1, axis=1)
    upper, upper_right = lower + around, right + around
    faces = [np.stack([lower, right, upper_right], -1), np.stack([lower, upper_right, upper], -1)]
    return vertices, np.concatenate(faces).reshape(-1, 3)


@pytest.fixture(scope="session")
def smpl_arrays():
    """A tube of 96 vertices with SMPL's keys; float64, as the licensed files are."""
    rng = np.random.default_rng(0)
    vertices, faces = tube(12, 8, 0.15)
    count = len(vertices)
    weights = rng.random((count, 24)) ** 8
    regressor = np.where(rng.random((24, count)) < 0.1, rng.random((24, count)), 0) + 1e-9
    parents = np.array(SMPL_PARENTS, np.int64)
    parents[0] = 2**32 - 1
    return {
        "v_template": vertices,
        "shapedirs": rng.normal(0, 0.01, (count, 3, 10)),
        "posedirs": rng.normal(0, 0.001, (count, 3, 207)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.stack([parents, np.arange(24)]).astype(np.uint32),
        "f": faces.astype(np.uint32),
    }


@pytest.fixture
def write_npz(tmp_path, smpl_arrays):
    """Write the body as an .npz; keyword arguments replace arrays, None drops them."""

    def write(name="small.npz", **changes):
        arrays = {key: value for key, value in (smpl_arrays | changes).items() if value is not None}
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write


@pytest.fixture
def foreign_class(monkeypatch):
    """Make a class that pickles under a foreign module's name, and forget that module again after the test."""

    def make(module, name):
        parts = module.split(".")
        for depth in range(1, len(parts) + 1):
            part = ".".join(parts[:depth])
            if part not in sys.modules:
                monkeypatch.setitem(sys.modules, part, types.ModuleType(part))
        created = type(name, (), {"__module__": module, "__qualname__": name})
        monkeypatch.setattr(sys.modules[module], name, created, raising=False)
        return created

    return make


@pytest.fixture
def write_pkl(tmp_path, smpl_arrays, foreign_class):
    """Write the body as the licensed .pkl files are: chumpy arrays, a scipy sparse regressor, Python 2 names."""

    def write(protocol=2, name="small.pkl", **changes):
        chumpy, select = foreign_class("chumpy.ch", "Ch"), foreign_class("chumpy.reordering", "Select")
        sparse = foreign_class("scipy.sparse.csc", "csc_matrix")

        def instance(kind, **state):
            made = kind.__new__(kind)
            made.__dict__.update(state)
            return made

        arrays = dict(smpl_arrays)
        wide = np.concatenate([arrays["shapedirs"], np.full((*arrays["shapedirs"].shape[:2], 290), 7.0)], -1)
        arrays["v_template"] = instance(chumpy, x=arrays["v_template"], _dirty_vars=set(), dterms=["x"])
        padded = np.concatenate([np.zeros(5), wide.ravel()])
        arrays["shapedirs"] = instance(
            select, a=instance(chumpy, x=padded), idxs=np.arange(5, padded.size), preferred_shape=wide.shape
        )
        dense = arrays["J_regressor"].T  # csc: one column of the matrix after the other
        column, row = np.nonzero(dense)
        arrays["J_regressor"] = instance(
            sparse,
            _shape=dense.shape[::-1],
            maxprint=50,
            data=dense[column, row],
            indices=row.astype(np.int32),
            indptr=np.concatenate([[0], np.bincount(column, minlength=len(dense)).cumsum()]).astype(np.int32),
        )
        arrays |= {"bs_type": "lrotmin", "vert_sym_idxs": np.arange(3)} | changes
        path = tmp_path / name
        path.write_bytes(pickle.dumps(arrays, protocol))
        return path

    return write
