"""Body files of every kind give the same body, and defects are named in one line."""

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_body, load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.errors import BodyError


def write_obj(path, arrays, uv, uv_faces, normals=False, order=slice(None)):
    lines = [f"v {x} {y} {z}" for x, y, z in arrays["v_template"]]
    lines += [f"vt {u} {v}" for u, v in uv]
    tail = "/1" if normals else ""
    faces = zip(arrays["f"][order], uv_faces[order], strict=True)
    lines += ["f " + " ".join(f"{v + 1}/{t + 1}{tail}" for v, t in zip(*face, strict=True)) for face in faces]
    path.write_text("# uv\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def tube_uv(smpl_arrays):
    """The tube cut open: u around, v along; the seam's vertices have two entries."""
    around = 8
    u = np.tile(np.arange(around + 1) / around, 12)
    v = np.repeat(np.arange(12) / 11, around + 1)
    column, row = smpl_arrays["f"] % around, smpl_arrays["f"] // around
    wraps = (column.max(1) == around - 1) & (column.min(1) == 0)
    column = np.where(wraps[:, None] & (column == 0), around, column)
    return np.stack([u, v], -1), (row * (around + 1) + column).astype(np.int64)


def assert_valid_atlas(body):
    assert body.uv_faces.shape == body.faces.shape
    assert 0 <= body.uv.min() <= body.uv.max() <= 1
    assert body.uv_faces.unique().numel() == len(body.uv)  # none unused
    pairs = torch.stack([body.uv_faces.reshape(-1), body.faces.reshape(-1)], -1).unique(dim=0)
    assert len(pairs) == len(body.uv)  # one vertex each


def test_the_bundled_body():
    body = load_bundled_body()
    assert (body.num_vertices, body.num_faces, len(body.uv)) == (6890, 13776, 7515)
    assert body.name == "bundled"
    assert_valid_atlas(body)
    assert 1.6 < float(body.v_template[:, 1].max() - body.v_template[:, 1].min()) < 1.9
    edges = torch.cat([body.faces[:, [0, 1]], body.faces[:, [1, 2]], body.faces[:, [2, 0]]])
    assert len(edges.unique(dim=0)) == len(edges)  # closed and consistently oriented: each directed edge once,
    assert torch.equal(edges.unique(dim=0), edges.flip(1).unique(dim=0))  # and its opposite too
    volume = torch.linalg.det(body.v_template[body.faces].double()).sum() / 6
    assert 0.03 < float(volume) < 0.12  # cubic metres, positive: faces are counter-clockwise from outside


def test_npz_and_pkl_hold_the_same_body(write_npz, write_pkl):
    from_npz, from_pkl = load_body(write_npz()), load_body(write_pkl())
    assert from_npz.content_hash == from_pkl.content_hash
    assert from_pkl.shapedirs.shape == (96, 3, 10)  # of 300
    pose = Pose(torch.full((23, 3), 0.1), torch.zeros(3), torch.zeros(3), torch.ones(10))
    torch.testing.assert_close(pose_body(from_npz, pose).vertices, pose_body(from_pkl, pose).vertices)


def test_the_hash_tells_bodies_apart_but_not_their_uv(write_npz, smpl_arrays, tube_uv):
    plain = load_body(write_npz())
    other = load_body(write_npz(v_template=smpl_arrays["v_template"] * 1.01))
    with_uv = load_body(write_npz(vt=tube_uv[0], ft=tube_uv[1]))
    assert plain.content_hash != other.content_hash
    assert plain.content_hash == with_uv.content_hash


def test_without_uv_the_mesh_is_unwrapped_the_same_way_each_time(write_npz):
    first, second = load_body(write_npz()), load_body(write_npz())
    assert_valid_atlas(first)
    assert torch.equal(first.uv, second.uv)
    assert torch.equal(first.uv_faces, second.uv_faces)


@pytest.mark.parametrize("normals", [False, True])
def test_uv_from_an_obj(write_npz, smpl_arrays, tube_uv, tmp_path, normals):
    obj = write_obj(tmp_path / "uv.obj", smpl_arrays, *tube_uv, normals=normals)
    body = load_body(write_npz(), obj)
    assert_valid_atlas(body)
    expected = torch.from_numpy(tube_uv[0][tube_uv[1]]).float()
    torch.testing.assert_close(body.uv[body.uv_faces], expected)


def test_unused_and_shared_uv_entries_are_sorted_out(write_npz, smpl_arrays, tube_uv):
    uv, uv_faces = tube_uv
    uv = np.concatenate([uv, [[0.5, 0.5]]])  # unused
    shared = np.where(uv_faces % 9 == 8, uv_faces - 1, uv_faces)  # two vertices on one entry
    body = load_body(write_npz(vt=uv, ft=shared))
    assert_valid_atlas(body)
    torch.testing.assert_close(body.uv[body.uv_faces], torch.from_numpy(uv[shared]).float())


def nan(arrays, key):
    spoiled = arrays[key].copy()
    spoiled.flat[0] = np.nan
    return spoiled


DEFECTS = {
    "missing keys": (lambda a: {"posedirs": None, "weights": None}, "missing posedirs, weights"),
    "wrong shape": (lambda a: {"posedirs": a["posedirs"][..., :200]}, "posedirs: expected numbers [96, 3, 207]"),
    "SMPL-X": (lambda a: {"weights": np.ones((96, 55)) / 55}, "weights: expected numbers [96, 24]"),
    "NaN": (lambda a: {"v_template": nan(a, "v_template")}, "v_template: expected finite"),
    "faces out of range": (lambda a: {"f": a["f"] + 1}, "f: expected vertex numbers 0..95"),
    "faces are text": (lambda a: {"f": np.array([["a", "b", "c"]])}, "f: expected numbers"),
    "weights do not sum to one": (lambda a: {"weights": a["weights"] * 0.5}, "rows that sum to 1"),
    "another skeleton": (lambda a: {"kintree_table": a["kintree_table"][:, ::-1]}, "kintree_table"),
    "objects": (lambda a: {"v_template": np.array([{}])}, "arrays of numbers or texts, got objects"),
    "uv outside": (lambda a: {"vt": np.full((9, 2), 3.0), "ft": np.zeros_like(a["f"])}, "uv in [0, 1]"),
    "uv face out of range": (lambda a: {"vt": np.zeros((9, 2)), "ft": a["f"]}, "uv entries 0..8"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_named_in_one_line(write_npz, smpl_arrays, defect):
    changes, message = DEFECTS[defect]
    path = write_npz(**changes(smpl_arrays))
    with pytest.raises(BodyError) as caught:
        load_body(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.npz", "missing.pkl", "truncated.npz", "text.npz", "body.obj"])
def test_unreadable_files_are_named(tmp_path, write_npz, name):
    if name == "truncated.npz":
        content = write_npz("whole.npz").read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2])
    elif not name.startswith("missing"):
        (tmp_path / name).write_text("hello")
    with pytest.raises(BodyError, match=name):
        load_body(tmp_path / name)


def test_an_obj_of_another_mesh_is_refused(write_npz, smpl_arrays, tube_uv, tmp_path):
    path = write_npz()
    reordered = write_obj(tmp_path / "a.obj", smpl_arrays, *tube_uv, order=slice(None, None, -1))
    with pytest.raises(BodyError, match="face 0: expected the body's vertices"):
        load_body(path, reordered)
    fewer = write_obj(tmp_path / "b.obj", smpl_arrays, *tube_uv, order=slice(5))
    with pytest.raises(BodyError, match="expected the body's 176 faces, got 5"):
        load_body(path, fewer)
    (tmp_path / "c.obj").write_text("v 0 0 0\nvt 0 0\nf 1 1 1\n")
    with pytest.raises(BodyError, match="line 3: expected"):
        load_body(path, tmp_path / "c.obj")
    (tmp_path / "d.obj").write_text("v 0 0 0\nvt 0 0\nf 1/1 1/1 1/1 1/1\n")
    with pytest.raises(BodyError, match="line 3: expected a triangle"):
        load_body(path, tmp_path / "d.obj")
    with pytest.raises(BodyError, match=r"missing\.obj"):
        load_body(path, tmp_path / "missing.obj")


@pytest.mark.parametrize("value", [1e39, 1e7, -1e300, float("nan")])
@pytest.mark.parametrize("key", ["v_template", "posedirs", "weights"])
def test_numbers_that_would_overflow_are_refused(write_npz, smpl_arrays, key, value):
    changed = smpl_arrays[key].copy()
    changed.flat[3] = value
    with pytest.raises(BodyError, match=key):
        load_body(write_npz(**{key: changed}))


@pytest.mark.parametrize("value", [[[1.0, 2.0], [3.0]], [10**400], [[[[1.0]]]], "text", None])
def test_lists_in_place_of_arrays_are_refused(write_pkl, value):
    with pytest.raises(BodyError, match=r"small\.pkl"):
        load_body(write_pkl(weights=value))
