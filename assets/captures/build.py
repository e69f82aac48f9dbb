"""Make a compact sample capture from a full one: half the size, fewer ground-truth frames, hash-checked.

    python launch.py synthesize --subject josh --out data/josh --spp 100
    python assets/captures/build.py data/josh assets/captures/josh_256 1

The number is that of the training frames, and of the novel poses, that have ground truth: 2 unless it is given. Test
cameras have pictures of two of each in any case.

Pictures and materials are exact 2 x 2 means in linear light. Normals, depth and the center mask belong to pixel
centers, which move: they are rasterized anew from the stored ground-truth mesh. Vertices are rounded to 0.1 mm.
"""

import hashlib
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

PROJECT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT))

from phynes_core.body.model import Pose  # noqa: E402
from phynes_core.conventions import srgb_to_linear  # noqa: E402
from phynes_core.data.capture import Capture  # noqa: E402
from phynes_core.data.native import layout  # noqa: E402
from phynes_core.data.native.reader import load_capture  # noqa: E402
from phynes_core.data.native.writer import (  # noqa: E402
    save_body_parameters,
    save_buffer,
    save_cameras,
    save_center_mask,
    save_geometry,
    save_topology,
    save_view,
)
from phynes_core.geometry.mesh import vertex_normals  # noqa: E402
from phynes_core.io.exr_files import write_exr  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402
from phynes_core.render.camera import Camera  # noqa: E402
from phynes_core.render.rasterize import rasterize  # noqa: E402

JUDGED_FRAMES = 2  # of the training frames and of the novel poses: test cameras have pictures of them
VERTEX_STEP_M = 1e-4
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Selection:
    """Which frames the sample keeps."""

    train: tuple[int, ...]
    judged: tuple[int, ...]  # seen by test cameras: a few training frames, and novel poses
    with_truth: tuple[int, ...]  # those of them that have ground truth

    @property
    def all(self) -> tuple[int, ...]:
        """In order."""
        return tuple(sorted({*self.train, *self.judged}))


def build(source: Path, target: Path, frames_with_truth: int) -> None:
    """Write the sample; a file that exists is replaced."""
    capture = load_capture(source)
    kept = select(capture, frames_with_truth)
    cameras = {name: camera.resized(camera.width // 2, camera.height // 2) for name, camera in capture.cameras.items()}
    save_cameras(target, cameras, capture.camera_split)
    poses: dict[int, Pose] = {frame: capture.poses[frame] for frame in kept.all}
    splits = {frame: capture.frame_split[frame] for frame in kept.all}
    save_body_parameters(target, poses, splits, capture.body_name, capture.body_hash)
    for name, split in capture.camera_split.items():
        for frame in kept.all if split == "train" else kept.judged:
            save_picture(capture, target, name, frame)
            if split == "test" and frame in kept.with_truth:
                save_ground_truth(capture, target, name, frame, cameras[name])
    truth = capture.ground_truth
    assert truth is not None, f"{source}: expected a synthetic capture with ground_truth"
    save_topology(target, truth.faces, truth.outer)
    for frame in kept.with_truth:
        save_geometry(target, frame, (truth.vertices(frame) / VERTEX_STEP_M).round() * VERTEX_STEP_M)
    for light in (layout.TRAIN_LIGHT, *truth.lights):
        write_exr(layout.light_path(target, light), truth.light_image(light).numpy(), half=True)
    for path in sorted((target / layout.GROUND_TRUTH / "geometry").glob("*.npz")):
        pack(path)
    write_sums(target)


def select(capture: Capture, frames_with_truth: int) -> Selection:
    """All training frames; pictures, and ground truth for the first of either kind, of frames that test cameras saw."""
    test_camera = next(name for name, split in capture.camera_split.items() if split == "test")
    seen = [frame for frame in capture.frames if capture.has_image(test_camera, frame)]
    train = [frame for frame in seen if capture.frame_split[frame] == "train"]
    novel = [frame for frame in seen if capture.frame_split[frame] == "novel_pose"]
    kinds = (spread(train, JUDGED_FRAMES), spread(novel, JUDGED_FRAMES))
    with_truth = tuple(frame for kind in kinds for frame in kind[:frames_with_truth])
    every = tuple(frame for frame in capture.frames if capture.frame_split[frame] == "train")
    return Selection(every, (*kinds[0], *kinds[1]), with_truth)


def spread(frames: list[int], count: int) -> list[int]:
    """`count` of the frames, evenly spaced."""
    return [frames[int((k + 0.5) * len(frames) / count)] for k in range(count)]


def halve(image: Tensor) -> Tensor:  # [2H, 2W, C] linear -> [H, W, C]
    """Mean of each 2 x 2 block."""
    height, width, channels = image.shape
    return image.reshape(height // 2, 2, width // 2, 2, channels).mean((1, 3))


def save_picture(capture: Capture, target: Path, name: str, frame: int) -> None:
    """A camera's picture and its mask."""
    radiance = halve(srgb_to_linear(capture.image(name, frame)))
    save_view(target, name, frame, radiance, halve(capture.mask(name, frame)[..., None])[..., 0])


def save_ground_truth(capture: Capture, target: Path, name: str, frame: int, camera: Camera) -> None:
    """Every ground-truth picture of one view."""
    truth = capture.ground_truth
    assert truth is not None
    save_buffer(target, "albedo", name, frame, halve(truth.albedo(name, frame)))
    save_buffer(target, "roughness", name, frame, halve(truth.roughness(name, frame)))
    for light in truth.lights:
        save_buffer(target, "relit", name, frame, halve(truth.relit(light, name, frame)), light)
    for light in (layout.TRAIN_LIGHT, *truth.lights):
        save_buffer(target, "shading", name, frame, halve(truth.shading(light, name, frame)), light)
    vertices, faces = truth.vertices(frame), truth.faces
    fragments = rasterize(vertices, faces, camera)
    hit = fragments.face_index >= 0
    corners = faces[fragments.face_index[hit].long()]
    normal = torch.zeros(camera.height, camera.width, 3)
    blended = (vertex_normals(vertices, faces)[corners] * fragments.barycentric[hit][..., None]).sum(1)
    normal[hit] = torch.nn.functional.normalize(blended, dim=-1)
    save_buffer(target, "normal", name, frame, normal)
    save_buffer(target, "depth", name, frame, fragments.depth[..., None])
    save_center_mask(target, name, frame, hit)


def pack(path: Path) -> None:
    """The same .npz, deflated as far as it goes and dated 1980: the same bytes every time."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, compresslevel=9)


def write_sums(target: Path) -> None:
    """SHA256SUMS over every file, in sha256sum's format."""
    files = sorted(path for path in target.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(target).as_posix()}" for path in files
    ]
    (target / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: python assets/captures/build.py FULL_CAPTURE TARGET [FRAMES_WITH_TRUTH]")
    build(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) == 4 else JUDGED_FRAMES)
