"""What exports of josh cost against the engine, as the tables of docs/export.md.

    python docs/measure_exports.py

prints the distance of the skinned mesh over four clips with 0 to 16 morph targets, and how closely 8-bit textures of
several sizes answer for the maps at 20,000 points of the surface. Two minutes.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from app.model.avatar_row import BodyState  # noqa: E402
from app.model.exports import AvatarExportState  # noqa: E402
from app.model.view_state import ViewState  # noqa: E402
from app.rendering.exports.avatar_export import AvatarExportJob  # noqa: E402
from phynes_core.body.model import BodyModel  # noqa: E402
from phynes_core.conventions import linear_to_srgb  # noqa: E402
from phynes_core.export.pose_morphs import pose_morphs, poses_of  # noqa: E402
from phynes_core.export.rig import make_rig, pose_error, weight_error  # noqa: E402
from phynes_core.export.subject import ExportSubject  # noqa: E402
from phynes_core.export.tangents import export_mesh  # noqa: E402
from phynes_core.export.textures import bake  # noqa: E402
from phynes_core.geometry.mesh import face_cross_products  # noqa: E402
from phynes_core.io.shipped_files import bundled_avatars, bundled_motions  # noqa: E402
from phynes_core.maps.material_edit import look_up  # noqa: E402

CLIPS = ("walk", "run", "kick", "dance_a")
MORPHS = (0, 4, 8, 16)
SIDES = (512, 1024, 2048)
POINTS = 20_000


def main() -> None:
    """Print both tables."""
    body = BodyState(str(bundled_avatars()["josh"].resolve()))
    motions = tuple(str(bundled_motions()[name]) for name in CLIPS)
    subject = AvatarExportJob(ViewState(body), AvatarExportState(motions=motions)).subject()
    rig, poses = make_rig(subject), poses_of(subject)
    print(f"four weights: {weight_error(subject, rig, poses)}")
    for count in MORPHS:
        morphs = pose_morphs(subject, rig, count)
        meshes = [morphs.applied(rig, morphs.weights(subject, rig, pose)) for pose in poses]
        print(f"{count} morph targets: {pose_error(subject, rig, poses, meshes)}", flush=True)
    uv = surface_uv(subject.avatar.body)
    albedo = linear_to_srgb(subject.avatar.query_albedo(uv, subject.material_pose))
    roughness = subject.avatar.query_roughness(uv, subject.material_pose)
    for side in SIDES:
        base, rough = textures(subject, side)
        print(
            f"{side}: base color {psnr(look_up(base, uv), albedo):.1f} dB, "
            f"roughness {psnr(look_up(rough, uv)[:, 1], roughness):.1f} dB",
            flush=True,
        )


def textures(subject: ExportSubject, side: int) -> tuple[Tensor, Tensor]:  # [R, R, 3] each, in [0, 1]
    """Base color and roughness as files hold them."""
    made = bake(subject, make_rig(subject), export_mesh(subject.avatar.body), side, lambda done, of: None)
    images = made.base_color_bytes(), made.roughness_bytes()
    base, rough = (torch.from_numpy(image.astype(np.float32) / 255.0) for image in images)
    return base, rough


def surface_uv(body: BodyModel) -> Tensor:  # [POINTS, 2]
    """Texel coordinates of points spread evenly over the surface."""
    generator = torch.Generator().manual_seed(0)
    area = face_cross_products(body.v_template, body.faces).norm(dim=-1)
    face = torch.multinomial(area, POINTS, replacement=True, generator=generator)
    root, along = torch.rand(2, POINTS, 1, generator=generator)
    a, b, c = body.uv[body.uv_faces[face]].unbind(1)
    return (1 - root.sqrt()) * a + root.sqrt() * (1 - along) * b + root.sqrt() * along * c


def psnr(first: Tensor, second: Tensor) -> float:
    """In dB, of values in [0, 1]."""
    return float(-10.0 * (first - second).square().mean().log10())


if __name__ == "__main__":
    main()
