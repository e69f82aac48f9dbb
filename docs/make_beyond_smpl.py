"""Make docs/pictures/beyond_smpl.webp: close-ups of the true subjects, of avatars on SMPL and on their own templates.

    python docs/make_beyond_smpl.py --smpl data/smpl --template checkpoints

The folders hold josh.ckpt, ada.ckpt and noa.ckpt, trained with `--template smpl` and `--template auto` on the same
captures. Needs the extra `synthetic`: the truth is path traced. Every picture of a row has one camera and one light.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

PROJECT = Path(__file__).resolve().parent.parent
SIZE, PATHS, TEXTURE = 300, 64, 3072
LIGHT, EXPOSURE, GRAY = "studio", 1.6, 0.2  # an environment, a factor of all radiance, what stands behind the person

sys.path.insert(0, str(PROJECT))
import phynes_core as phynes  # noqa: E402
from phynes_core.body.files import load_bundled_body  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402
from phynes_core.synthetic.lights import load_light  # noqa: E402
from phynes_core.synthetic.mitsuba.rendering import render_radiance  # noqa: E402
from phynes_core.synthetic.mitsuba.scene import Crop, make_environment  # noqa: E402
from phynes_core.synthetic.plan import find_subject  # noqa: E402
from phynes_core.synthetic.subjects.subject import PreparedSubject, pose_subject, prepare_subject  # noqa: E402


@dataclass(frozen=True)
class Spot:
    """What one column shows."""

    subject: str
    title: str
    pose: str  # a shipped pose, or clip@share of its duration
    joints: tuple[str, ...]  # the camera looks at their mean
    shift_m: tuple[float, float, float]
    azimuth_deg: float
    elevation_deg: float
    distance_m: float


SPOTS = (
    Spot("josh", "feet", "walk@0.4", ("left_foot", "right_foot"), (0.0, 0.05, 0.0), 30.0, 15.0, 1.5),
    Spot("josh", "face", "relaxed", ("head",), (0.0, 0.03, 0.03), 20.0, 3.0, 0.65),
    Spot("josh", "hand", "wave", ("right_hand",), (0.0, 0.03, 0.0), 15.0, 5.0, 0.6),
    Spot("josh", "hem", "walk@0.4", ("pelvis",), (0.0, -0.1, 0.0), 20.0, 0.0, 1.3),
    Spot("ada", "wide step", "stride", ("left_knee", "right_knee"), (0.0, 0.1, 0.0), 35.0, 5.0, 2.0),
    Spot("ada", "seated", "sitting", ("left_knee", "right_knee"), (0.0, 0.05, 0.0), 35.0, 10.0, 2.0),
    Spot("ada", "hair", "relaxed", ("head",), (0.0, 0.05, 0.0), 130.0, 8.0, 0.8),
    Spot("noa", "coat", "walk@0.3", ("pelvis",), (0.0, -0.1, 0.0), 30.0, 5.0, 3.0),
    Spot("noa", "locks and hat", "relaxed", ("neck",), (0.0, 0.05, 0.0), 150.0, 8.0, 1.3),
)


def posed_as(name: str, betas: Tensor) -> phynes.Pose:
    """A shipped pose, or a moment of a shipped clip as clip@share, of a body of this shape."""
    clip, _, share = name.partition("@")
    if not share:
        return phynes.read_pose(phynes.bundled_poses()[name]).pose(betas)
    motion = phynes.load_motion(phynes.bundled_motions()[clip])
    return motion.pose_at(float(share) * motion.duration_s, betas)


def camera_of(spot: Spot, pose: phynes.Pose) -> phynes.Camera:
    """The camera of a column, placed by the bundled body's joints."""
    joints = phynes.pose_body(load_bundled_body(), pose).joints
    center = torch.stack([joints[phynes.JOINT_NAMES.index(name)] for name in spot.joints]).mean(0)
    target = center + torch.tensor(spot.shift_m)
    return phynes.orbit_camera(target, spot.azimuth_deg, spot.elevation_deg, spot.distance_m, SIZE, SIZE)


def true_picture(spot: Spot, prepared: PreparedSubject, pose: phynes.Pose) -> np.ndarray:
    """The path-traced subject, [SIZE, SIZE, 3] uint8."""
    posed = pose_subject(prepared, 0, pose)
    emitter = make_environment(load_light(LIGHT))
    radiance, coverage = render_radiance(posed.mesh, emitter, camera_of(spot, pose), Crop(0, 0, SIZE, SIZE), PATHS, 1)
    return developed(radiance, coverage)


def drawn_picture(spot: Spot, avatar: phynes.Avatar, pose: phynes.Pose) -> np.ndarray:
    """The avatar, [SIZE, SIZE, 3] uint8."""
    lighting = phynes.Lighting(phynes.Environment(load_light(LIGHT)))
    scene = phynes.Scene((phynes.PosedAvatar(avatar, pose),), camera_of(spot, pose), lighting)
    frame = phynes.FrameRenderer().render(scene, phynes.RenderOptions(supersample=3))
    return developed(frame.image("radiance"), frame.mask[..., 0])


def developed(radiance: Tensor, coverage: Tensor) -> np.ndarray:
    """Linear radiance over gray as sRGB."""
    over = EXPOSURE * radiance + (1.0 - coverage[..., None]) * GRAY
    return (phynes.linear_to_srgb(over.clamp(0.0, 1.0)) * 255.0 + 0.5).byte().numpy()


def main() -> None:
    """Render every column and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smpl", type=Path, required=True, help="a folder of avatars on SMPL's mesh")
    parser.add_argument("--template", type=Path, default=PROJECT / "checkpoints", help="of avatars on templates")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "pictures" / "beyond_smpl.webp")
    arguments = parser.parse_args()
    body, prepared = load_bundled_body(), dict[str, PreparedSubject]()
    for name in dict.fromkeys(spot.subject for spot in SPOTS):
        prepared[name] = prepare_subject(find_subject(name).dress(body), TEXTURE)
    rows = ("true", "SMPL", "template")
    sheet = Image.new("RGB", (len(SPOTS) * SIZE, len(rows) * SIZE + 28), (18, 19, 23))
    font = ImageFont.truetype(PROJECT / "assets" / "fonts" / "Inter_400Regular.ttf", 18)
    for column, spot in enumerate(SPOTS):
        pose = posed_as(spot.pose, prepared[spot.subject].subject.betas)
        pictures = [true_picture(spot, prepared[spot.subject], pose)]
        for folder in (arguments.smpl, arguments.template):
            pictures.append(drawn_picture(spot, phynes.load_checkpoint(folder / f"{spot.subject}.ckpt"), pose))
        for row, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (column * SIZE, 28 + row * SIZE))
        title = f"{spot.subject}: {spot.title}"
        ImageDraw.Draw(sheet).text((column * SIZE + SIZE // 2, 4), title, (220, 222, 228), font, anchor="ma")
        print(title, flush=True)
    for row, name in enumerate(rows):
        ImageDraw.Draw(sheet).text((6, 28 + row * SIZE + 4), name, (220, 222, 228), font)
    with replacing(arguments.out) as partial:
        sheet.save(partial, "WEBP", quality=88)


if __name__ == "__main__":
    main()
