"""Body models from files: the bundled CC0 body, and SMPL as .npz or .pkl, every array checked."""

import hashlib
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.atlas import unwrap
from phynes_core.body.model import MAX_BETAS, SMPL_PARENTS, BodyModel
from phynes_core.conventions import NUM_JOINTS
from phynes_core.errors import BodyError
from phynes_core.io.array_files import read_npz
from phynes_core.io.meshes import read_obj_uv
from phynes_core.io.restricted_pickle import read_restricted_pickle
from phynes_core.io.shipped_files import ASSETS
from phynes_core.io.untrusted import FileKind

BUNDLED_BODY = ASSETS / "body" / "body.npz"
BODY_ARRAYS = FileKind("body model", 1 << 30, BodyError, "give the original file, or its .pkl")
_KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
LARGEST = 1e6  # metres and weights: nothing that is computed of them overflows
_POSE_FEATURES = 9 * (NUM_JOINTS - 1)
_loaded: WeakValueDictionary[Path, BodyModel] = WeakValueDictionary()


def load_bundled_body() -> BodyModel:
    """The CC0 body that ships with the project (assets/body/README.md); one object for all users."""
    body = _loaded.get(BUNDLED_BODY)
    if body is None:
        body = _loaded[BUNDLED_BODY] = load_body(BUNDLED_BODY)
    return body


def load_body(path: Path, uv_path: Path | None = None, atlas: tuple[Tensor, Tensor] | None = None) -> BodyModel:
    """Read a SMPL-format .npz or .pkl.

    UV: from `uv_path` (OBJ), else from the file (`vt`, `ft`), else `atlas` (an earlier unwrap: uv [U, 2] and
    uv_faces [F, 3]), else a new unwrap.
    """
    path = Path(path)
    arrays = _read_arrays(path)
    faces = _array(path, arrays, "f", (None, 3), np.int64)
    template = _array(path, arrays, "v_template", (None, 3), np.float32)
    num_vertices, num_faces = len(template), len(faces)
    if num_faces == 0 or faces.min() < 0 or faces.max() >= num_vertices:
        raise BodyError(f"{path}: f: expected vertex numbers 0..{num_vertices - 1}, got others; give an intact file")
    shapedirs = _array(path, arrays, "shapedirs", (num_vertices, 3, None), np.float32)[..., :MAX_BETAS]
    posedirs = _array(path, arrays, "posedirs", (num_vertices, 3, _POSE_FEATURES), np.float32)
    regressor = _array(path, arrays, "J_regressor", (NUM_JOINTS, num_vertices), np.float32)
    weights = _array(path, arrays, "weights", (num_vertices, NUM_JOINTS), np.float32)
    if abs(weights.sum(1) - 1).max() > 0.01:
        raise BodyError(
            f"{path}: weights: expected rows that sum to 1, got {weights.sum(1).min():.3g}; give SMPL's own"
        )
    kinematics = _array(path, arrays, "kintree_table", (2, NUM_JOINTS), np.int64)
    if tuple(kinematics[0, 1:].tolist()) != SMPL_PARENTS[1:]:
        raise BodyError(f"{path}: kintree_table: expected SMPL's 24-joint tree, got another; use a SMPL model")
    posedirs = np.ascontiguousarray(posedirs.reshape(-1, _POSE_FEATURES).T)
    uv, uv_faces = _uv(path, arrays, uv_path, atlas, template, faces)
    defining = (template, np.ascontiguousarray(shapedirs), posedirs, regressor, weights, faces)
    return BodyModel(
        name=path.stem if path != BUNDLED_BODY else "bundled",
        v_template=torch.from_numpy(template),
        shapedirs=torch.from_numpy(defining[1]),
        posedirs=torch.from_numpy(posedirs),
        joint_regressor=torch.from_numpy(regressor),
        weights=torch.from_numpy(weights),
        parents=SMPL_PARENTS,
        faces=torch.from_numpy(faces),
        uv=torch.from_numpy(uv),
        uv_faces=torch.from_numpy(uv_faces),
        uv_is_unwrapped=uv_path is None and not ("vt" in arrays and "ft" in arrays),
        content_hash=_content_hash(defining),
    )


def _content_hash(arrays: tuple[np.ndarray, ...]) -> str:
    """sha256 over shapes and little-endian values (float32, int64): the same for an .npz and the .pkl it came from."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()


def _read_arrays(path: Path) -> dict[str, object]:
    if path.suffix == ".pkl":
        return read_restricted_pickle(path)
    if path.suffix != ".npz":
        raise BodyError(
            f"{path}: expected a SMPL model as .npz or .pkl, got '{path.suffix}'; name the model file itself"
        )
    return dict(read_npz(path, BODY_ARRAYS, (*_KEYS, "vt", "ft")))


def _array(
    path: Path, arrays: dict[str, object], key: str, shape: tuple[int | None, ...], dtype: type
) -> np.ndarray:  # contiguous, of this dtype
    """One array of the file, its shape and values checked; None in `shape` is free."""
    if key not in arrays:
        missing = [name for name in _KEYS if name not in arrays]
        raise BodyError(
            f"{path}: expected the keys {', '.join(_KEYS)}, missing {', '.join(missing)}; give a SMPL model"
        )
    wanted = "[" + ", ".join("*" if size is None else str(size) for size in shape) + "]"
    try:
        value = np.asarray(arrays[key])
    except (ValueError, OverflowError):  # lists of different lengths, or with numbers of any size
        value = np.empty(0, object)
    fits = value.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, value.shape, strict=False))
    if not fits or value.dtype.kind not in "fiu" or 0 in value.shape:
        got = f"{value.dtype} {list(value.shape)}" if value.dtype.kind != "O" else "objects"
        raise BodyError(f"{path}: {key}: expected numbers {wanted}, got {got}; use a SMPL model (not SMPL-H or SMPL-X)")
    if not np.isfinite(value).all() or (dtype is np.float32 and np.abs(value.astype(np.float64)).max() > LARGEST):
        raise BodyError(f"{path}: {key}: expected finite numbers up to {LARGEST:g}, got others; give an intact file")
    return np.ascontiguousarray(value, dtype)


def _uv(
    path: Path,
    arrays: dict[str, object],
    uv_path: Path | None,
    atlas: tuple[Tensor, Tensor] | None,
    template: np.ndarray,
    faces: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # [U, 2] float32, [F, 3] int64
    if uv_path is not None:
        where, (uv, uv_faces) = Path(uv_path), read_obj_uv(Path(uv_path), faces)
    elif "vt" in arrays and "ft" in arrays:
        where, uv = path, _array(path, arrays, "vt", (None, 2), np.float32)
        uv_faces = _array(path, arrays, "ft", faces.shape, np.int64)
    else:
        unwrapped = atlas or unwrap(torch.from_numpy(template), torch.from_numpy(faces))
        where, uv, uv_faces = path, unwrapped[0].numpy(), unwrapped[1].numpy()
        if uv.ndim != 2 or uv_faces.shape != faces.shape:
            raise BodyError(f"{where}: expected an atlas for {len(faces)} faces, got one for {len(uv_faces)}")
    if len(uv) == 0 or uv_faces.min() < 0 or uv_faces.max() >= len(uv):
        raise BodyError(
            f"{where}: expected faces that use uv entries 0..{len(uv) - 1}, got others; export the UV again"
        )
    if not np.isfinite(uv).all() or uv.min() < -1e-4 or uv.max() > 1.0001:
        raise BodyError(
            f"{where}: expected uv in [0, 1], got {uv.min():.4g} to {uv.max():.4g}; pack the UV into one square"
        )
    return _one_vertex_per_entry(np.clip(uv, 0.0, 1.0), uv_faces, faces)


def _one_vertex_per_entry(uv: np.ndarray, uv_faces: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop unused uv entries and give each vertex that shares one its own copy."""
    pairs = np.stack([uv_faces.reshape(-1), faces.reshape(-1)], -1)
    unique, index = np.unique(pairs, axis=0, return_inverse=True)
    return np.ascontiguousarray(uv[unique[:, 0]]), index.reshape(faces.shape).astype(np.int64)
