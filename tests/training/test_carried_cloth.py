"""Cloth that another limb carries than the skin below it: pictures tell, and frames that took no part confirm it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.template import template_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.render.camera import orbit_camera
from phynes_core.render.rasterize import rasterize
from phynes_core.template.carrying import with_weights
from phynes_core.template.config import TemplateConfig
from phynes_core.training.carried_cloth import carry_cloth
from phynes_core.training.frames import TrainingFrame, TrainingView
from tests.body_template import body_as_template

SIZE_PX, FRAMES, AZIMUTHS_DEG = 112, 10, (0.0, 180.0)
PATTERN = 2 * math.pi / 0.14  # of colors, a metre
FEW_STEPS = TemplateConfig(carry_steps=3)
HELD = 0.35  # share of the thighs' weights that the pelvis has in truth, below the waist


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture(scope="module")
def template(body):
    """Cloth a centimetre off the skin of thighs and hips."""
    height = body.v_template[:, 1:2]
    share = ((height > -0.6) & (height < 0.0)).float()
    return replace(body_as_template(), offset=0.01 * vertex_normals(body.v_template, body.faces) * share)


def poses() -> list[Pose]:
    made = []
    for k in range(FRAMES):
        angle, body_pose = 0.5 * math.sin(2.1 * k), torch.zeros(23, 3)
        body_pose[0, 0], body_pose[1, 0] = -angle, angle
        made.append(Pose(body_pose, torch.tensor([0.0, 0.6 * math.sin(k), 0.0]), torch.zeros(3), torch.zeros(10)))
    return made


def held(template, body):
    """The truth: cloth that the pelvis holds."""
    weights = template_body(template, body).weights.double().numpy().copy()
    given = weights[:, [1, 2]] * HELD * (template.offset.norm(dim=-1, keepdim=True) > 0).numpy()
    weights[:, [1, 2]] -= given
    weights[:, 0] += given.sum(1)
    return with_weights(template, body, weights, poses())


def pictured(body) -> list[TrainingFrame]:
    """Frames of a body with a pattern that stays on its surface, in even light."""
    color = 0.5 + 0.4 * torch.sin(PATTERN * body.v_template[:, [1, 0, 2]] + torch.tensor([0.0, 1.0, 2.0]))
    middle = 0.5 * (body.v_template.amax(0) + body.v_template.amin(0))
    frames = []
    for number, pose in enumerate(poses()):
        vertices = pose_body(body, pose).vertices
        views = []
        for azimuth in AZIMUTHS_DEG:
            camera = orbit_camera(middle, azimuth, 5.0, 3.0, SIZE_PX, SIZE_PX)
            fragments = rasterize(vertices, body.faces, camera)
            covered = fragments.face_index >= 0
            corners = body.faces[fragments.face_index.clamp(min=0).long()]
            seen = (fragments.barycentric[..., None] * color[corners]).sum(2) * covered[..., None]
            image = np.round(seen.numpy() * 255.0).astype(np.uint8)
            mask = covered.numpy().astype(np.uint8) * 255
            none = np.zeros(0, np.int32)
            views.append(TrainingView(str(azimuth), camera, image, mask, none, none, np.zeros(mask.shape, bool)))
        points, faces = vertices.numpy(), body.faces.numpy().astype(np.int32)
        frames.append(TrainingFrame(number, pose, pose.vector(), points, points, Bvh(points, faces), tuple(views)))
    return frames


def test_weights_come_nearer_to_what_carries_the_cloth(body, template):
    truth = held(template, body)
    true_body, given = template_body(truth, body), template_body(template, body)
    found, gain = carry_cloth(template, body, pictured(true_body), FEW_STEPS)
    moved = template_body(found, body)
    step = torch.zeros(23, 3)
    step[0, 0], step[1, 0] = -0.4, 0.25
    novel = Pose(step, torch.zeros(3), torch.zeros(3), torch.zeros(10))
    height = body.v_template[:, 1]
    near = (template.offset.norm(dim=-1) > 0) & (height > -0.55) & (height < -0.1)  # where it slides

    def missed(other) -> float:
        away = pose_body(other, novel).vertices - pose_body(true_body, novel).vertices
        return float(away.norm(dim=-1)[near].square().mean().sqrt())

    assert gain > TemplateConfig().least_carry_gain
    assert missed(moved) < 0.7 * missed(given)


def test_weights_that_are_right_stay(body, template):
    found, gain = carry_cloth(template, body, pictured(template_body(template, body)), FEW_STEPS)
    assert found is template
    assert gain <= TemplateConfig().least_carry_gain


def test_nothing_is_asked_of_few_frames_or_of_none_of_the_steps(body, template):
    frames = pictured(template_body(template, body))[:2]
    assert carry_cloth(template, body, frames, TemplateConfig()) == (template, 0.0)
    assert carry_cloth(template, body, frames * 5, TemplateConfig(carry_steps=0)) == (template, 0.0)
