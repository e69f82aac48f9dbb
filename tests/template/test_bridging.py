"""Loose cloth: found where it joins the legs, widened to its convex hull, and moved so by pose directions."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.template import NUM_DIRECTIONS, template_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.template.binding import bind
from phynes_core.template.bridging import LooseCloth, directions, feature, is_torn, loose_cloth, usual_poses, widened
from phynes_core.template.decimate import decimate
from phynes_core.template.fairing import smoothed
from phynes_core.template.isosurface import closed_surface
from phynes_core.template.meshing import PersonMesh
from phynes_core.template.rest_shape import CELL_M, RestShape
from phynes_core.template.solid import Grid

HEM_M = -0.55  # of the skirt, below the pelvis' height of the carving pose; the knees are 0.1 m above it


@pytest.fixture(scope="module")
def rest():
    return RestShape(load_bundled_body(), torch.zeros(10))


def solid_of(rest: RestShape, has_skirt: bool) -> tuple[Grid, np.ndarray]:
    """The body a centimetre wider, in a skirt that spans the legs or in none."""
    solid = 0.01 - rest.distance
    grid = Grid(rest.low, CELL_M, solid.shape)
    if has_skirt:
        points = grid.points(np.argwhere(np.ones(solid.shape, bool))).reshape(*solid.shape, 3)
        legs = rest.vertices[rest.body.weights.numpy()[:, [1, 2]].sum(1) > 0.5]
        ahead = 0.12 - np.abs(points[..., 2] - legs[:, 2].mean())
        beside = 0.17 + 0.25 * (legs[:, 1].max() - points[..., 1]) - np.abs(points[..., 0])
        inside = np.minimum(np.minimum(ahead, beside), points[..., 1] - HEM_M)
        solid = np.maximum(solid, np.minimum(inside, legs[:, 1].max() - points[..., 1]))
    return grid, solid.astype(np.float32)


def dressed(rest: RestShape, has_skirt: bool):
    """Its template without directions, and its loose cloth."""
    grid, solid = solid_of(rest, has_skirt)
    vertices, faces = closed_surface(solid)
    vertices, faces, _ = decimate(smoothed(grid.low + vertices * CELL_M, faces), faces, 2500)
    mesh = PersonMesh(vertices, faces, np.full(len(vertices), -1), np.zeros((len(vertices), 3)), (), 0)
    template = bind(rest, mesh)
    body = template_body(template, rest.body)
    normals = vertex_normals(torch.from_numpy(vertices), body.faces).numpy()
    return template, body, loose_cloth(rest, vertices, faces, normals, body.weights.numpy(), grid, solid)


@pytest.fixture(scope="module")
def skirt(rest):
    return dressed(rest, has_skirt=True)


def test_a_skirt_is_loose_cloth_and_trousers_are_not(rest, skirt):
    cloth = skirt[2]
    assert cloth is not None and cloth.height.min() == pytest.approx(HEM_M, abs=0.04)
    assert dressed(rest, has_skirt=False)[2] is None


def test_a_row_grows_to_its_hull_and_nowhere_shrinks():
    """An ellipse with a dent, in a slanted plane."""
    angle = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
    dent = 1.0 - 0.5 * np.exp(-(((angle - 1.0) / 0.2) ** 2))
    ring = np.stack([0.2 * dent * np.cos(angle), 0.1 * np.sin(angle) * dent, 0.15 * np.sin(angle) * dent], 1)
    cloth = LooseCloth(np.arange(90), np.zeros(90), np.ones(90), np.ones(90, bool))
    added = widened(ring, cloth)
    whole = np.stack([0.2 * np.cos(angle), 0.1 * np.sin(angle), 0.15 * np.sin(angle)], 1)
    outer = np.linalg.norm(ring + added, axis=1) / np.linalg.norm(whole, axis=1)
    assert outer[np.abs(angle - 1.0) < 0.05].min() > 0.9  # was 0.5; the hull's edge passes inside the ellipse
    assert np.linalg.norm(added, axis=1)[np.abs(angle - 1.0) > 1.0].max() < 2e-3
    assert ((ring * added).sum(1) > -1e-9).all()
    assert not widened(ring, replace(cloth, is_outer=np.zeros(90, bool))).any()


def test_directions_add_to_a_pose_what_its_rows_lack(rest, skirt):
    template, body, cloth = skirt
    poses = usual_poses(rest.pose.betas)
    moved = directions(body, cloth, poses)
    made = template_body(
        replace(template, moved_vertex=torch.from_numpy(cloth.vertex), moved=torch.from_numpy(moved).float()), rest.body
    )
    assert torch.equal(pose_body(made, Pose.rest()).vertices, pose_body(body, Pose.rest()).vertices)
    step = Pose.rest()
    step.body_pose[0, 0], step.body_pose[1, 0] = -0.6, 0.4
    outer = cloth.is_outer & (cloth.share > 0.99)

    def lacks(each, pose):
        points = pose_body(each, pose).vertices[cloth.vertex].double().numpy()
        return np.linalg.norm(widened(points, cloth), axis=1)[outer].mean()

    rough, before, after = lacks(body, Pose.rest()), lacks(body, step), lacks(made, step)
    assert before > 0.01 and after - rough < 0.7 * (before - rough)
    others = np.setdiff1d(np.arange(body.num_vertices), cloth.vertex)
    assert torch.equal(pose_body(made, step).vertices[others], pose_body(body, step).vertices[others])


def test_directions_that_rip_the_cloth_are_found(rest, skirt):
    template, body, cloth = skirt
    vertices = pose_body(replace(body, posedirs=torch.zeros_like(body.posedirs)), rest.pose).vertices.numpy()
    assert not is_torn(body, vertices, cloth)
    wild = torch.randn(len(cloth.vertex), 3, NUM_DIRECTIONS, generator=torch.Generator().manual_seed(0))
    made = template_body(replace(template, moved_vertex=torch.from_numpy(cloth.vertex), moved=wild), rest.body)
    assert is_torn(made, vertices, cloth)


def test_features_are_those_of_the_pose_blend_shapes():
    pose = Pose.rest()
    pose.body_pose[3, 0] = 0.5  # the left knee
    found = feature(pose)
    assert len(found) == NUM_DIRECTIONS and not np.delete(found, slice(18, 27)).any()
    assert found[18:27].reshape(3, 3)[1, 1] == pytest.approx(np.cos(0.5) - 1.0)
