"""Exact motion: the displaced mesh of every frame as a file of its own, nothing skinned or left out; and textures."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose
from phynes_core.export.rig import make_rig
from phynes_core.export.subject import ExportSubject, atlas_of
from phynes_core.export.tangents import export_mesh
from phynes_core.export.textures import bake, to_bytes
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import write_png
from phynes_core.io.meshes import write_mesh
from phynes_core.io.output_files import replacing

AfterFrame = Callable[[int, int], None]  # (frames written, all frames); raises to stop
MESH_SUFFIXES = ("ply", "obj")


def write_motion(subject: ExportSubject, folder: Path, suffix: str, after_frame: AfterFrame) -> list[Path]:
    """Write CLIP/0000.ply and so on for every frame of every clip; reference.ply where there is no clip.

    World axes, +Y up, metres. Vertices on a uv seam are repeated in PLY and shared in OBJ.
    """
    frames = [(clip, frame) for clip in subject.clips for frame in range(clip.num_frames)]
    written = []
    for done, (clip, frame) in enumerate(frames, 1):
        written.append(folder / clip.name / f"{frame:04d}.{suffix}")
        _write_pose(subject, clip.pose(frame, subject.betas), written[-1])
        after_frame(done, len(frames))
    if not frames:
        written.append(folder / f"reference.{suffix}")
        _write_pose(subject, subject.reference, written[-1])
        after_frame(1, 1)
    return written


@torch.no_grad()
def _write_pose(subject: ExportSubject, pose: Pose, path: Path) -> None:
    avatar = subject.avatar
    vertices = avatar.displaced_vertices(pose)
    normals = vertex_normals(vertices, avatar.body.faces)
    if path.suffix == ".ply":
        write_mesh(path, vertices, normals, [atlas_of(avatar.body)])
    else:
        write_obj(path, vertices, normals, avatar.body)


def write_textures(subject: ExportSubject, folder: Path, suffix: str, side: int, after_part: AfterFrame) -> list[Path]:
    """Write base_color, roughness and, where there is detail, normal as .png (8 bits) or .exr (half, linear albedo)."""
    mesh = export_mesh(subject.avatar.body)
    textures = bake(subject, make_rig(subject), mesh, side, after_part)
    if suffix == "png":
        images = {"base_color": textures.base_color_bytes(), "roughness": to_bytes(textures.roughness)}
        images |= {"normal": textures.normal_bytes()} if textures.normal is not None else {}
        for name, image in images.items():
            write_png(folder / f"{name}.png", image)
    else:
        images = {"base_color": textures.albedo, "roughness": textures.roughness}
        images |= {"normal": textures.normal} if textures.normal is not None else {}
        for name, image in images.items():
            write_exr(folder / f"{name}.exr", image, half=True)
    return [folder / f"{name}.{suffix}" for name in images]


def write_obj(
    path: Path,
    vertices: Tensor,  # [V, 3] metres, world
    normals: Tensor,  # [V, 3] unit, world
    body: BodyModel,  # its faces and its atlas
) -> None:
    """A Wavefront OBJ with v, vt and vn; uv v up."""
    lines = ["# world axes, +Y up, metres"]
    lines += [f"v {x:.7g} {y:.7g} {z:.7g}" for x, y, z in vertices.tolist()]
    lines += [f"vt {u:.7g} {v:.7g}" for u, v in body.uv.tolist()]
    lines += [f"vn {x:.5g} {y:.5g} {z:.5g}" for x, y, z in normals.tolist()]
    for corners, entries in zip((body.faces + 1).tolist(), (body.uv_faces + 1).tolist(), strict=True):
        lines.append("f " + " ".join(f"{v}/{t}/{v}" for v, t in zip(corners, entries, strict=True)))
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="ascii")
