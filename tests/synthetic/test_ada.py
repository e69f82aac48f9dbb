"""The second subject: a skirt round both legs, outside the body in every pose, and a gloss that josh lacks."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from phynes_core.body.model import Pose, pose_body
from phynes_core.body.motion.files import load_motion
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.io.shipped_files import bundled_motions
from phynes_core.synthetic.subjects.ada_garments import blouse_field
from phynes_core.synthetic.subjects.hair import bun_coordinates
from phynes_core.synthetic.subjects.skirt import COLUMNS, REFINE, RIM
from phynes_core.synthetic.subjects.textures import map_texels
from phynes_core.synthetic.surface.subdivision import vertex_normals

SKIN, SKIRT, EYES, SOLES, HAIR = range(5)
_RIM_ROWS = len(RIM)  # the hem's inside


@pytest.fixture(scope="module")
def stride(ada):
    """The widest step of the walk."""
    clip = load_motion(bundled_motions()["walk"])
    poses = [clip.pose_at(k / 8 * clip.duration_s, ada.betas) for k in range(8)]
    knees = [pose_body(ada.person.body, pose).joints[[4, 5]] for pose in poses]
    return poses[int(np.argmax([float((left - right).norm()) for left, right in knees]))]


@pytest.fixture(scope="module")
def striding(ada, stride):
    return ada.vertices(stride)


def cloth_grid(ada, vertices):  # -> [rows, columns, 3]
    return vertices[ada.slices()[SKIRT]].reshape(-1, COLUMNS * REFINE, 3)


def nearest(points, to, batch=400):  # [N, 3], [M, 3] -> [N]
    points, to = torch.from_numpy(points).float(), torch.from_numpy(to).float()  # off by 2e-6 m in a distance of 5e-2
    return torch.cat([torch.cdist(part, to).argmin(1) for part in points.split(batch)]).numpy()


def test_ada_differs_from_josh_in_build(ada, subject):
    heights = [np.ptp(s.person.rest[:, 1]) for s in (ada, subject)]
    assert heights[0] < 1.6 < heights[1]


def test_same_pose_gives_the_same_surface(ada, stride, striding):
    assert np.array_equal(ada.vertices(stride), striding)
    assert np.isfinite(striding).all() and len(striding) > ada.surface.faces.max()


def test_legs_stay_inside_the_skirt(ada, stride, striding):
    """Where the skirt's nearest point is, the leg lies behind its surface."""
    person, marks = ada.person, ada.person.marks
    bare = person.dense.refine(pose_body(person.body, stride).vertices.double().numpy())
    y = person.rest[:, 1]
    hem, waist = marks["left_knee"][1] + 0.085, marks["pelvis"][1] + 0.115
    covered = (np.abs(person.rest[:, 0]) < 0.3) & (y > hem + 0.03) & (y < waist - 0.05)
    points = bare[covered][::25]
    cloth = striding[ada.slices()[SKIRT]]
    normals = vertex_normals(striding, ada.surface.faces)[ada.slices()[SKIRT]]
    outer = len(cloth) - _RIM_ROWS * COLUMNS * REFINE
    k = nearest(points, cloth[:outer])
    behind = ((cloth[k] - points) * normals[k]).sum(1)
    assert len(points) > 300
    assert (behind > 0).mean() > 0.995 and behind.min() > -0.004


def test_skirt_is_near_enough_for_an_offset_map_yet_not_along_the_normals(ada, stride, striding):
    person = ada.person
    bare = person.dense.refine(pose_body(person.body, stride).vertices.double().numpy())
    normals = vertex_normals(bare, person.dense.faces)
    cloth = cloth_grid(ada, striding)[1:-_RIM_ROWS, ::6].reshape(-1, 3)
    k = nearest(cloth, bare)
    away = cloth - bare[k]
    distance = np.linalg.norm(away, axis=1)
    assert np.quantile(distance, 0.9) < 0.075 and distance.max() < 0.16
    trunk = nearest(cloth, bare[::5]) * 5  # a coarse vertex of the body, as a trained mesh has
    slant = ((cloth - bare[trunk]) * normals[trunk]).sum(1) / np.linalg.norm(cloth - bare[trunk], axis=1)
    assert (slant < 0.8).mean() > 0.1  # more than 37 degrees off


def test_hem_is_level_above_the_knees_and_one_tube(ada):
    rest = ada.vertices(dataclasses.replace(Pose.rest(), betas=ada.betas))
    cloth = cloth_grid(ada, rest)
    hem = cloth[-_RIM_ROWS - 1, :, 1]
    assert np.ptp(hem) < 0.03
    assert 0.05 < hem.mean() - ada.person.marks["left_knee"][1] < 0.12
    assert cloth[-_RIM_ROWS - 1, :, 0].min() < -0.1 and cloth[-_RIM_ROWS - 1, :, 0].max() > 0.1  # both legs


def test_only_the_outermost_surface_is_left(ada):
    """Nothing of the body far below the skirt; no edge with more than two faces."""
    visible = ada.parts[SKIN].visible
    y = ada.person.rest[visible, 1]
    trunk = np.abs(ada.person.rest[visible, 0]) < 0.3
    middle = ada.person.marks["left_hip"][1] - 0.10
    assert not (trunk & (np.abs(y - middle) < 0.08)).any()
    faces = ada.surface.faces
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert uses.max() == 2


def test_turning_the_root_turns_skirt_and_all(ada, body, stride, striding):
    turn = axis_angle_to_matrix(torch.tensor([0.0, math.radians(50), 0.0])).double()
    about = axis_angle_to_matrix(stride.global_orient[None])[0].double()
    angle = torch.arccos(((turn @ about).trace() - 1) / 2)
    spun = turn @ about
    axis = torch.stack([spun[2, 1] - spun[1, 2], spun[0, 2] - spun[2, 0], spun[1, 0] - spun[0, 1]])
    turned_pose = dataclasses.replace(stride, global_orient=(axis / axis.norm() * angle).float())
    pelvis = pose_body(body, stride).joints[0].double().numpy()
    expected = (striding - pelvis) @ turn.numpy().T + pelvis
    error = np.linalg.norm(ada.vertices(turned_pose) - expected, axis=1)
    assert np.quantile(error, 0.99) < 2e-4 and error.max() < 5e-3  # rays are single precision


def test_bun_is_a_ball_behind_the_head(ada):
    person = ada.person
    at = bun_coordinates(person.rest, person.marks)
    ball = ada.worn[at.share == 1]
    center = 0.5 * (ball.min(0) + ball.max(0))
    radius = np.linalg.norm(ball - center, axis=1)
    assert len(ball) > 200
    assert 0.028 < np.median(radius) < 0.045 and np.ptp(np.quantile(radius, [0.05, 0.95])) < 0.015
    assert center[2] < person.marks["head"][2] - 0.08
    lifted = np.linalg.norm(ball - person.rest[at.share == 1], axis=1)
    assert 0.04 < lifted.max() < 0.09


def test_satin_is_glossy_and_the_print_bold(ada):
    size = 384
    materials, texels = ada.paint(size), map_texels(ada.surface, size)
    albedo, roughness = materials.albedo.reshape(-1, 3)[texels.texel], materials.roughness.ravel()[texels.texel]
    skin, cloth = ada.slices()[SKIN], ada.slices()[SKIRT]
    on_body = (texels.vertex < skin.stop).all(1)
    on_skirt = ((texels.vertex >= cloth.start) & (texels.vertex < cloth.stop)).all(1)
    visible = ada.parts[SKIN].visible
    body = dataclasses.replace(texels.restricted(on_body), vertex=visible[texels.vertex[on_body]])
    blouse = blouse_field(body.sample(ada.person.rest), ada.person.marks) > 0.05
    assert 0.18 <= roughness[on_body][blouse].min() and 0.2 < np.median(roughness[on_body][blouse]) < 0.32
    assert np.median(roughness[on_skirt]) > 0.6
    assert albedo[on_skirt].std(0).min() > 0.12  # josh's tartan: 0.08 and more
    assert albedo.max() <= 0.92 and albedo.min() >= 0.01 - 1e-6
