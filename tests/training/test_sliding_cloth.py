"""Cloth that slides sideways with the pose: vectors learn what offsets along the normals cannot represent."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.atlas import corner_uv
from phynes_core.body.model import SMPL_PARENTS, BodyModel, Pose, displaced, pose_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.rasterize import rasterize
from phynes_core.training.frames import TrainingFrame, TrainingView
from phynes_core.training.losses import slide_loss
from phynes_core.training.presets import preset, surface_maps, with_overrides
from phynes_core.training.sampling import sample_rays, step_generator
from phynes_core.training.shells import DisplacedShell
from phynes_core.training.stage import StageSetup
from phynes_core.training.stage1 import Stage1

RADIUS_M, HEIGHT_M = 0.2, 0.5
ROWS, COLUMNS = 17, 32
SLIDE_RAD = 0.08  # around the axis, to either side: 16 mm
SLIDES_RAD = (-SLIDE_RAD, -SLIDE_RAD / 3, SLIDE_RAD / 3, SLIDE_RAD)  # of the frames
AZIMUTHS_DEG = (0.0, 90.0, 180.0, 270.0)
SIZE_PX = 64
SETTINGS = {
    "stage1.steps": "400", "stage1.rays": "192", "stage1.coarse_samples": "24", "stage1.fine_samples": "8",
    "stage1.silhouette_turns": "8", "stage1.frames_per_step": "4", "stage1.pose_gain": "1",
    "stage1.optimizer.nets": "4e-3", "stage1.offsets": "vector",
}  # fmt: skip


def _cylinder() -> BodyModel:
    """A tube with two lids, moved by the root alone; its uv are columns and rows, its lids two discs beside."""
    angle = torch.arange(COLUMNS + 1) / COLUMNS * 2 * math.pi
    height = torch.linspace(-0.5, 0.5, ROWS) * HEIGHT_M
    side = [[RADIUS_M * a.sin(), y, RADIUS_M * a.cos()] for y in height for a in angle[:-1]]
    vertices = torch.tensor([*side, [0.0, -HEIGHT_M / 2, 0.0], [0.0, HEIGHT_M / 2, 0.0]])
    row, column = (
        part.reshape(-1) for part in torch.meshgrid(torch.arange(ROWS - 1), torch.arange(COLUMNS), indexing="ij")
    )

    def quads(width: int, wraps: bool) -> Tensor:
        after = (column + 1) % COLUMNS if wraps else column + 1
        a, b, c, d = row * width + column, row * width + after, (row + 1) * width + after, (row + 1) * width + column
        return torch.cat([torch.stack([a, b, c], 1), torch.stack([a, c, d], 1)])

    uv = [[0.02 + 0.96 * k / COLUMNS, 0.25 + 0.7 * j / (ROWS - 1)] for j in range(ROWS) for k in range(COLUMNS + 1)]
    faces, uv_faces = [quads(COLUMNS, True)], [quads(COLUMNS + 1, False)]
    for lid, first, middle in ((0, 0, 0.13), (1, (ROWS - 1) * COLUMNS, 0.4)):
        start, ring = len(uv), torch.arange(COLUMNS)
        uv += [[middle + 0.1 * float(a.sin()), 0.12 + 0.1 * float(a.cos())] for a in angle[:-1]] + [[middle, 0.12]]
        around = [ring, (ring + 1) % COLUMNS] if lid else [(ring + 1) % COLUMNS, ring]
        center = torch.full((COLUMNS,), len(side) + lid)
        faces.append(torch.stack([first + around[0], first + around[1], center], 1))
        uv_faces.append(torch.stack([start + around[0], start + around[1], torch.full((COLUMNS,), start + COLUMNS)], 1))
    count = len(vertices)
    weights = torch.zeros(count, 24)
    weights[:, 0] = 1.0
    return BodyModel(
        name="cylinder", v_template=vertices, shapedirs=torch.zeros(count, 3, 10), posedirs=torch.zeros(207, count * 3),
        joint_regressor=torch.full((24, count), 1.0 / count), weights=weights, parents=SMPL_PARENTS,
        faces=torch.cat(faces), uv=torch.tensor(uv), uv_faces=torch.cat(uv_faces), uv_is_unwrapped=True,
        content_hash="cylinder",
    )  # fmt: skip


def _pose(slide: float) -> Pose:
    """The root leans, so that the T-pose's axes are not the world's; an elbow says how far the cloth has slid."""
    body_pose = torch.zeros(23, 3)
    body_pose[17, 1] = slide / SLIDE_RAD
    return replace(Pose.rest(), body_pose=body_pose, global_orient=torch.tensor([0.0, 0.0, 0.3]))


def _slid(body: BodyModel, slide: float) -> Tensor:  # [V, 3] vectors in the T-pose's axes
    x, y, z = body.v_template.unbind(1)
    cosine, sine = math.cos(slide), math.sin(slide)
    return torch.stack([cosine * x + sine * z, y, cosine * z - sine * x], 1) - body.v_template


def _pattern(uv: Tensor) -> Tensor:  # [N, 2] -> [N, 3]
    """Smooth waves of 10 cm, the same across the seam."""
    around, up = 2 * math.pi * 12 * (uv[:, 0] - 0.02) / 0.96, 2 * math.pi * 5 * uv[:, 1]
    waves = torch.stack([around.sin() * up.cos(), (around + up).cos(), (around - 2 * up).sin()], 1)
    return 0.5 + 0.35 * waves


def _frame(body: BodyModel, number: int, slide: float) -> TrainingFrame:
    pose = _pose(slide)
    posed = pose_body(body, pose)
    true = posed.vertices + (posed.blend @ _slid(body, slide)[..., None])[..., 0]
    views = tuple(
        _view(body, true, orbit_camera(torch.zeros(3), turn, 10.0, 1.6, SIZE_PX, SIZE_PX))
        for turn in (0.0, 90.0, 180.0, 270.0)
    )
    bare = posed.vertices.numpy()
    normals = vertex_normals(posed.vertices, body.faces).numpy()
    return TrainingFrame(number, pose, pose.vector(), bare, normals, Bvh(bare, body.faces.numpy()), views)


def _view(body: BodyModel, vertices: Tensor, camera: Camera) -> TrainingView:
    fragments = rasterize(vertices, body.faces, camera)
    normals = vertex_normals(vertices, body.faces)
    gbuffer = build_gbuffer(fragments, vertices, body.faces, normals, corner_uv(body), camera)
    image = np.zeros((SIZE_PX * SIZE_PX, 3), np.uint8)
    image[gbuffer.pixel.numpy()] = np.round(255 * _pattern(gbuffer.uv).numpy()).astype(np.uint8)
    covered = (fragments.face_index >= 0).numpy()
    mask_pixels = np.nonzero(covered.ravel())[0].astype(np.int32)
    ring_pixels = np.nonzero(~covered.ravel())[0].astype(np.int32)
    coverage = covered.astype(np.uint8) * 255
    return TrainingView(
        "camera", camera, image.reshape(SIZE_PX, SIZE_PX, 3), coverage, mask_pixels, ring_pixels, coverage > 255
    )


def _true_vertices(body: BodyModel, slide: float) -> Tensor:
    posed = pose_body(body, _pose(slide))
    return displaced(posed, body.faces, _slid(body, slide))


def test_vectors_learn_a_slide_that_no_offset_along_normals_can_make():
    """Material points travel 32 mm from the first pose to the last. Measured: vectors miss that by 6 mm."""
    torch.manual_seed(0)
    body, config = _cylinder(), with_overrides(preset("fast"), SETTINGS)
    offset, texture = surface_maps(config)
    avatar = Avatar.untrained(body, "cylinder", offset, texture)
    frames = [_frame(body, number, slide) for number, slide in enumerate(SLIDES_RAD)]
    stage = Stage1(StageSetup(avatar, frames, config, torch.device("cpu")))
    for step in range(config.stage1.steps):
        stage.step(step)
    with torch.no_grad():
        learned = avatar.displaced_vertices(frames[-1].pose) - avatar.displaced_vertices(frames[0].pose)
    first, last = (_true_vertices(body, slide) for slide in (SLIDES_RAD[0], SLIDES_RAD[-1]))
    travel, normals = last - first, vertex_normals(first, body.faces)
    side = slice(2 * COLUMNS, (ROWS - 2) * COLUMNS)
    beside = travel - (travel * normals).sum(1, keepdim=True) * normals  # what is left to any offset along normals
    assert beside[side].norm(dim=1).mean() > 0.031
    assert (learned - travel)[side].norm(dim=1).mean() < 0.010


def test_the_slide_loss_sees_only_what_moves_along_the_surface():
    """Of a step of 1 cm: its square where it lies in the surface, nothing where it stands on it."""
    body = _cylinder()
    posed = pose_body(body, _pose(0.0))
    outward = torch.nn.functional.normalize(body.v_template * torch.tensor([1.0, 0.0, 1.0]), dim=1)
    is_side = torch.arange(body.num_vertices).div(COLUMNS, rounding_mode="floor") % (ROWS - 1) != 0
    for steps, expected in ((outward, 0.0), (torch.tensor([0.0, 1.0, 0.0]).expand_as(outward), 1e-4)):
        vectors = 0.01 * steps * is_side[:, None]
        vertices = displaced(posed, body.faces, vectors)
        share = is_side.float().mean().item()
        found = slide_loss(vertices, vectors, posed.blend, body.faces).item()
        assert found == pytest.approx(expected * share, abs=4e-6)


def test_samples_follow_the_map_to_first_order():
    """What a change of the map does to distances and places under the samples: predicted, and measured on the mesh."""
    torch.manual_seed(0)
    body, config = _cylinder(), with_overrides(preset("fast"), SETTINGS).stage1
    avatar = Avatar.untrained(body, "cylinder", *surface_maps(with_overrides(preset("fast"), SETTINGS)))
    frame = _frame(body, 0, 0.0)
    shell = DisplacedShell(avatar, [frame], torch.device("cpu"))
    bias, change = avatar.offset.head.bias, torch.tensor([0.005, 0.01, 0.004])  # 0.5, 1 and 0.4 mm
    bias.data.copy_(torch.tensor([0.05, 0.02, 0.0]))
    before = shell.displaced(0).vertices.detach()
    surface = shell.draw(sample_rays([frame], config, step_generator(0, 1, 0)), config, 3e-3, step_generator(0, 1, 1))()
    samples = surface.samples
    bias.data.add_(change)
    after = shell.displaced(0).vertices.detach()

    def seen(vertices: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        found = Bvh(vertices.numpy(), body.faces.numpy()).closest(points.numpy())
        face, weights = torch.from_numpy(found[0]).long(), torch.from_numpy(found[1])[..., None]
        foot = (vertices[body.faces[face]] * weights).sum(1)
        normal = (vertex_normals(vertices, body.faces)[body.faces[face]] * weights).sum(1)
        side = ((points - foot) * normal).sum(1).sign()
        return side * torch.from_numpy(found[2]), (corner_uv(body)[face] * weights).sum(1)

    weights = samples.barycentric[..., None]
    corners = body.faces[samples.face]
    normal = torch.nn.functional.normalize((vertex_normals(before, body.faces)[corners] * weights).sum(1), dim=1)
    points = (before[corners] * weights).sum(1) + samples.height[:, None] * normal
    (height, uv), (later, moved_uv) = seen(before, points), seen(after, points)
    is_plain = (samples.uv[:, 1] > 0.3) & (samples.uv[:, 1] < 0.9) & (samples.uv[:, 0] - 0.5).abs().lt(0.45)
    is_plain &= ((moved_uv - uv).norm(dim=1) < 0.01) & ((samples.uv - uv).norm(dim=1) < 2e-3)
    assert is_plain.float().mean() > 0.4
    offset = surface.offset(samples.uv, samples.ray)
    assert offset.detach().abs().max() < 1e-6  # the map is its vertices' interpolation
    draw = torch.randn(3, len(points), generator=torch.Generator().manual_seed(0)) * is_plain
    for predicted, measured, kept in (
        (offset, height - later, draw[0] + is_plain),
        (samples.uv, moved_uv - uv, draw[1:].T + is_plain[:, None]),
    ):
        (slope,) = torch.autograd.grad((predicted * kept).sum(), bias, retain_graph=True)
        assert (slope @ change).item() == pytest.approx((measured * kept).sum().item(), rel=0.05)
