"""Pictures, environments, meshes, and the files of captures."""

import io
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image

from phynes_core.data.native.ground_truth import NativeGroundTruth, _read_array
from phynes_core.data.native.layout import COLORS, GROUND_TRUTH
from phynes_core.data.native.parameters import read_body_parameters, read_cameras
from phynes_core.data.public.cameras import cameras_from_annots, cameras_from_yaml, up_axis, world_rotation
from phynes_core.data.public.frames import frames_from_annots
from phynes_core.data.public.poses import poses_from_motion, poses_from_params
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import picture_size, read_png
from phynes_core.io.meshes import read_obj, read_obj_uv
from phynes_core.io.radiance_files import write_hdr
from phynes_core.io.restricted_pickle import read_object_array
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, load_environment_image
from tests.data.public_layouts import body_frame, ring, write_yaml
from tests.fuzz.array_mutations import npy_bytes
from tests.fuzz.body_kinds import bundled
from tests.fuzz.kind import Kind, changing, json_kind, must_be_finite, npz_kind, pickle_kind, text_kind
from tests.fuzz.picture_mutations import mutated_exr, mutated_hdr, mutated_jpeg, mutated_png

OBJ_WORDS = ("v", "vt", "vn", "f", "g", "usemtl", "1/1", "1/1/1", "-1", "1//1", "/", "o", "#", "l", "\\")
YAML_WORDS = (
    "names:", "-", '"00"', "K_00:", "R_00:", "Rot_00:", "T_00:", "dist_00:", "!!opencv-matrix", "rows:", "cols:", "dt:",
    "data:", "[", "]", ",", "%YAML:1.0", "---", "&a", "*a", "!!python/object/apply:os.system",
)  # fmt: skip


@cache
def _pixels(channels: int = 3) -> np.ndarray:  # [16, 32, C] uint8
    return np.random.default_rng(0).integers(0, 256, (16, 32, channels), np.uint8)


@cache
def _written(name: str, quality: int = 90) -> bytes:
    image = Image.fromarray(_pixels(4 if name == "rgba.png" else 3))
    image = image.convert("P") if name == "palette.png" else image
    stream = io.BytesIO()
    image.save(stream, name.rpartition(".")[2].replace("jpg", "jpeg"), quality=quality)
    return stream.getvalue()


@cache
def _environment(suffix: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"e{suffix}"
        light = _pixels().astype(np.float32) / 64.0
        write_exr(path, light) if suffix == ".exr" else write_hdr(path, light)
        return path.read_bytes()


@cache
def _run_lengths() -> bytes:
    """The same picture in Radiance's newer coding, as most programs write it."""
    head, _, body = _environment(".hdr").partition(b"+X 32\n")
    rows = np.frombuffer(body, np.uint8).reshape(16, 32, 4)
    coded = [b"\2\2\0\x20" + b"".join(b"\x20" + row[:, part].tobytes() for part in range(4)) for row in rows]
    return head + b"+X 32\n" + b"".join(coded)


def _png(rng: Random) -> bytes:
    content = _written(rng.choice(("rgb.png", "rgba.png", "palette.png")))
    for _ in range(rng.choice((1, 1, 2, 3))):
        content = mutated_png(rng, content)
    return content


def _read_environment(path: Path) -> None:
    """Its probes are finite, turned or not, and so are the bright sources that are taken out of it."""
    image = load_environment_image(path)
    must_be_finite("environment", image)
    split = Lighting(Environment(image, yaw_deg=33.0)).split(8)
    must_be_finite("probes", split.probes().power)
    must_be_finite("sources", *(torch.tensor(lamp.intensity) for lamp in split.sources))


def _read_picture(path: Path) -> None:
    """As pictures and masks of a capture: first the size, then the pixels."""
    width, height = picture_size(path)
    pixels = read_png(path)
    assert pixels.shape[:2] == (height, width)


def _camera_record() -> dict[str, object]:
    cameras = {}
    for number, lens in enumerate(ring(2, 64, "+y")):
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = lens.R, lens.T
        cameras[f"c{number}"] = {
            "intrinsics": lens.K.tolist(), "T_cam_world": matrix.tolist(), "width": 64, "height": 64,
            "split": ("train", "test")[number],
        }  # fmt: skip
    return {"format": 1, "cameras": cameras, "premultiplied": True}


def _body_parameters() -> dict[str, np.ndarray]:
    turns = np.random.default_rng(3).normal(0, 0.2, (3, 72)).astype(np.float32)
    return {
        "frames": np.arange(3), "betas": np.zeros(10, np.float32), "global_orient": turns[:, :3],
        "transl": turns[:, :3],
        "body_pose": turns[:, 3:], "split": np.array(["train", "train", "novel_pose"]), "body": np.array("bundled:abc"),
    }  # fmt: skip


def _read_color_gains(path: Path) -> object:
    return NativeGroundTruth(path.parent.parent).color_gains()


def _annots() -> dict[str, object]:
    lenses = ring(3, 64, "-z")
    cams = {
        "K": [lens.K for lens in lenses], "D": [lens.D[:, None] for lens in lenses], "R": [lens.R for lens in lenses],
        "T": [1000.0 * lens.T[:, None] for lens in lenses],
    }  # fmt: skip
    ims = [{"ims": [f"Camera_B{c + 1}/{f:06d}.jpg" for c in range(3)], "kpts2d": None} for f in range(2)]
    return {"cams": cams, "ims": ims}


def _object_head() -> bytes:
    """What numpy writes before the pickle of a single object."""
    return npy_bytes(np.array(None, object)).partition(b"\n")[0] + b"\n"


def _read_annots(path: Path) -> None:
    """As data/public/dataset.py does, from the array to pinhole cameras."""
    annots = read_object_array(path)
    if not isinstance(annots, dict) or not {"cams", "ims"} <= set(annots):
        return
    frames_from_annots(path, annots["ims"], counts_from_one=False)
    cameras = cameras_from_annots(path, annots["cams"])
    if cameras:
        world = world_rotation(up_axis(path, list(cameras.values())))
        for camera in cameras.values():
            camera.pinhole((64, 64), (32, 32), world)


def _read_parameters(path: Path) -> None:
    pose = poses_from_params(path.parent, [0], bundled(), np.eye(3))[0]
    must_be_finite("pose", pose.body_pose, pose.global_orient, pose.transl)


def _plus_motion() -> dict[str, np.ndarray]:
    frames = [body_frame(number, "+z") for number in range(2)]
    arrays = {key: np.concatenate([frame[key] for frame in frames]) for key in ("Rh", "Th", "shapes")}
    poses = np.concatenate([frame["poses"][:, :66] for frame in frames])
    return {"poses": np.concatenate([poses, np.zeros((2, 90))], 1), **arrays}


def _read_plus_motion(path: Path) -> None:
    for pose in poses_from_motion(path, [0, 1], bundled(), np.eye(3)).values():
        must_be_finite("pose", pose.body_pose, pose.global_orient, pose.transl)


@cache
def _yaml() -> str:
    """Both files of a rig in one, so that both are changed."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "intri.yml"
        lenses = enumerate(ring(2, 64, "+z"))
        write_yaml(
            path, [(f"{c:02d}", {"K": x.K, "dist": x.D[None], "Rot": x.R, "T": x.T[:, None]}) for c, x in lenses]
        )
        return path.read_text()


def _read_yaml(path: Path) -> None:
    _, cameras = cameras_from_yaml(path, path)
    up_axis(path, list(cameras.values()))


FACES = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]])


def _obj() -> str:
    corners = ["v 0 0 0", "v 1 0 0", "v 0 1 0", "v 0 0 1", "vt 0 0", "vt 1 0", "vt 0 1", "vt 0.5 0.5", "g body"]
    return "\n".join([*corners, *("f " + " ".join(f"{i + 1}/{i + 1}" for i in face) for face in FACES.tolist()), ""])


def _colors() -> dict[str, object]:
    return {"cameras": {name: {"gain": [1.0, 0.9, 1.1], "offset": [0.0, 0.01, 0.0]} for name in ("c0", "c1")}}


KINDS: tuple[Kind, ...] = (
    changing("environment .hdr", "e.hdr", lambda: _environment(".hdr"), mutated_hdr, _read_environment),
    changing("environment .hdr, run lengths", "e.hdr", _run_lengths, mutated_hdr, _read_environment),
    changing("environment .exr", "e.exr", lambda: _environment(".exr"), mutated_exr, _read_environment),
    Kind("environment .png", "e.png", lambda: _written("rgb.png"), _png, _read_environment),
    Kind("picture, mask .png", "p.png", lambda: _written("rgb.png"), _png, _read_picture),
    changing("picture, mask .jpg", "p.jpg", lambda: _written("rgb.jpg"), mutated_jpeg, _read_picture),
    text_kind("mesh .obj", "m.obj", _obj, OBJ_WORDS, read_obj),
    text_kind("UV atlas .obj", "m.obj", _obj, OBJ_WORDS, lambda path: read_obj_uv(path, FACES)),
    json_kind("cameras.json", "cameras.json", _camera_record, read_cameras),
    npz_kind("body.npz", "body.npz", _body_parameters, read_body_parameters),
    json_kind("colors.json", f"{GROUND_TRUTH}/{COLORS}", _colors, _read_color_gains),
    npz_kind("true surface .npz", "g.npz", lambda: {"vertices": np.zeros((4, 3), np.float32)},
             lambda path: _read_array(path, "vertices")),
    pickle_kind("annots.npy", "annots.npy", _annots, _read_annots, _object_head()),
    pickle_kind("params .npy", "0.npy", lambda: body_frame(0, "+z"), _read_parameters, _object_head()),
    npz_kind("SyntheticHuman++ motion.npz", "motion.npz", _plus_motion, _read_plus_motion),
    text_kind("intri.yml, extri.yml", "intri.yml", _yaml, YAML_WORDS, _read_yaml),
)  # fmt: skip
