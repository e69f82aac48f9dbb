"""Avatars, bodies and motions."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.torch import save

from phynes_core.avatar.avatar import ALBEDO_MAP, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP, Avatar
from phynes_core.avatar.checkpoint import METADATA_KEY, load_checkpoint, save_checkpoint
from phynes_core.avatar.material_texels import CHANNELS
from phynes_core.avatar.stored_texels import CHECKSUM, NAME, checksum, read_texels_file
from phynes_core.body.files import load_body, load_bundled_body
from phynes_core.body.model import SMPL_PARENTS, BodyModel, Pose, pose_body, pose_joints
from phynes_core.body.motion.files import load_motion
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.texels import read_texels
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment
from tests.body.test_motion_files import bvh_text
from tests.fuzz.kind import Kind, changing, must_be_finite, npz_kind, pickle_kind, text_kind
from tests.fuzz.pickle_mutations import foreign_object
from tests.fuzz.tensor_mutations import mutated_tensors
from tests.smpl_files import tube

PICTURE_PX, TEXTURE_SIDE = 16, 8
BVH_WORDS = (
    "HIERARCHY", "ROOT", "JOINT", "End", "Site", "OFFSET", "CHANNELS", "MOTION", "Frames:", "Frame", "Time:", "{", "}",
    "Xposition", "Yposition", "Zposition", "Xrotation", "Yrotation", "Zrotation", "Hips",
)  # fmt: skip


@cache
def bundled() -> BodyModel:
    """The bundled body, kept."""
    return load_bundled_body()


@cache
def rest_joints() -> torch.Tensor:
    """The bundled body's joints in the rest pose."""
    return pose_joints(bundled(), Pose.rest()).positions


@cache
def checkpoint() -> bytes:
    """An avatar with three small hash grids and one map of frequencies."""
    torch.manual_seed(5)
    grid = HashEncodingConfig(num_levels=2, log2_entries=6, base_resolution=4, finest_resolution=8)
    maps = [replace(config, encoding=grid, hidden_width=4, num_layers=2)
            for config in (OFFSET_MAP, TEXTURE_MAP, ALBEDO_MAP, ROUGHNESS_MAP)]  # fmt: skip
    maps[1] = replace(maps[1], frequency_octaves=3)
    avatar = Avatar.untrained(bundled(), "small", *maps)
    with TemporaryDirectory() as folder:
        save_checkpoint(Path(folder) / "a.ckpt", avatar)
        return (Path(folder) / "a.ckpt").read_bytes()


@cache
def _renderer() -> FrameRenderer:
    return FrameRenderer()


def _read_checkpoint(path: Path) -> None:
    """An accepted avatar gives finite pictures, at rest and in a pose of its training, under its own light."""
    avatar = load_checkpoint(path)
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), 20.0, 5.0, framing_distance(1.75), PICTURE_PX, PICTURE_PX)
    scene = Scene((PosedAvatar(avatar, avatar.rest_pose()),), camera, Lighting(Environment(avatar.light)))
    options = RenderOptions(buffers=frozenset({"radiance", "albedo", "roughness", "normal", "depth", "mask"}))
    frame = _renderer().render(scene, options)
    for name in options.buffers:
        must_be_finite(f"buffer {name}", getattr(frame, name))


@cache
def _texture() -> bytes:
    """A small cached texture."""
    image = torch.randint(-32768, 32767, (TEXTURE_SIDE, TEXTURE_SIDE, CHANNELS), dtype=torch.int16)
    return save({NAME: image}, metadata={CHECKSUM: checksum(image)})


def _read_texture(path: Path) -> None:
    must_be_finite("texture", read_texels(read_texels_file(path, TEXTURE_SIDE), torch.rand(8, 2)))


@cache
def _small_body() -> dict[str, np.ndarray]:
    """A body of 16 vertices with SMPL's keys."""
    rng = np.random.default_rng(0)
    vertices, faces = tube(4, 4, 0.4)
    weights, regressor = rng.random((len(vertices), 24)), rng.random((24, len(vertices)))
    parents = np.array(SMPL_PARENTS, np.int64)
    parents[0] = 2**32 - 1
    return {
        "v_template": vertices, "shapedirs": rng.normal(0, 0.01, (len(vertices), 3, 10)),
        "posedirs": rng.normal(0, 0.001, (len(vertices), 3, 207)).astype(np.float32),
        "J_regressor": regressor / regressor.sum(1, keepdims=True), "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.stack([parents, np.arange(24)]).astype(np.uint32),
        "f": faces.astype(np.uint32),
    }  # fmt: skip


def _smpl_objects() -> dict[str, object]:
    """As in the licensed files: chumpy's arrays and a sparse matrix."""
    arrays: dict[str, object] = dict(_small_body())
    dense = _small_body()["J_regressor"].T
    column, row = np.nonzero(dense)
    pointers = np.concatenate([[0], np.bincount(column, minlength=len(dense)).cumsum()]).astype(np.int32)
    arrays["v_template"] = foreign_object("chumpy.ch", "Ch", x=arrays["v_template"], _dirty_vars=set(), dterms=["x"])
    shapes = np.asarray(arrays["shapedirs"])
    inner = foreign_object("chumpy.ch", "Ch", x=np.concatenate([np.zeros(5), shapes.ravel()]))
    arrays["shapedirs"] = foreign_object(
        "chumpy.reordering", "Select", a=inner, idxs=np.arange(5, 5 + shapes.size), preferred_shape=shapes.shape
    )
    arrays["J_regressor"] = foreign_object(
        "scipy.sparse.csc", "csc_matrix", _shape=dense.shape[::-1], maxprint=50, data=dense[column, row],
        indices=row.astype(np.int32), indptr=pointers,
    )  # fmt: skip
    return arrays | _atlas() | {"bs_type": "lrotmin", "vert_sym_idxs": np.arange(3)}


def _read_body(path: Path) -> None:
    body = load_body(path)
    must_be_finite("posed body", pose_body(body, Pose.rest()).vertices)


def _atlas() -> dict[str, np.ndarray]:
    """Uv coordinates of its own: only mutants without them are unwrapped, which takes longer."""
    return {"vt": np.random.default_rng(1).random((len(_small_body()["v_template"]), 2)), "ft": _small_body()["f"]}


def _read_motion(path: Path) -> None:
    """Placed on a body, and asked at the start, in the middle and at the end."""
    clip = load_motion(path).placed_on(rest_joints())
    for share in (0.0, 0.37, 1.0):
        pose = clip.pose_at(share * clip.duration_s)
        must_be_finite("pose", pose.body_pose, pose.global_orient, pose.transl)


def _clip(**changes: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {"fps": np.array(30.0), "transl": rng.normal(0, 0.1, (5, 3)).astype(np.float32), **changes}


def _ours() -> dict[str, np.ndarray]:
    turns = np.random.default_rng(3).normal(0, 0.2, (5, 24, 3)).astype(np.float32)
    return _clip(global_orient=turns[:, 0], body_pose=turns[:, 1:], betas=np.zeros(10, np.float32))


def _amass() -> dict[str, np.ndarray]:
    arrays = _clip(poses=np.random.default_rng(4).normal(0, 0.2, (5, 156)), mocap_framerate=np.array(120.0))
    return {**arrays, "trans": arrays.pop("transl"), "gender": np.array("neutral"), "betas": np.zeros(16)}


def _aist() -> dict[str, np.ndarray]:
    poses = np.random.default_rng(5).normal(0, 0.2, (5, 72))
    return {"smpl_poses": poses, "smpl_trans": poses[:, :3] * 90.0, "smpl_scaling": np.array([93.0])}


@cache
def _bvh() -> str:
    return bvh_text(rest_joints().numpy(), {16: (10.0, 20.0, 30.0)}, (0.0, 0.9, 0.0), frames=2)


KINDS: tuple[Kind, ...] = (
    changing(
        "checkpoint", "a.ckpt", checkpoint, lambda rng, content: mutated_tensors(rng, content, METADATA_KEY),
        _read_checkpoint,
    ),
    changing(
        "cached texture", "a.texels", _texture, lambda rng, content: mutated_tensors(rng, content, CHECKSUM),
        _read_texture,
    ),
    pickle_kind("SMPL .pkl", "a.pkl", _smpl_objects, _read_body),
    npz_kind("SMPL .npz", "a.npz", lambda: _small_body() | _atlas(), _read_body),
    npz_kind("motion .npz", "m.npz", _ours, _read_motion),
    npz_kind("AMASS .npz", "m.npz", _amass, _read_motion),
    pickle_kind("AIST++ .pkl", "m.pkl", _aist, _read_motion),
    text_kind("BVH", "m.bvh", _bvh, BVH_WORDS, _read_motion),
)  # fmt: skip
