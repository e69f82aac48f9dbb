"""Head and hands: where they are in a picture, and creases that the truth has not."""

import math

import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.parts import head_and_hands
from phynes_core.evaluation.head_and_hands import (
    crease_degrees,
    crease_numbers,
    head_and_hands_mask,
)
from phynes_core.render.camera import framing_distance, orbit_camera

PLANE = (torch.tensor([[-9.0, 0, -9], [-9.0, 0, 9], [9.0, 0, 9], [9.0, 0, -9]]), torch.tensor([[0, 1, 2], [0, 2, 3]]))


def _roof(turn_deg: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Two triangles that share an edge along x and turn by this angle."""
    half = math.radians(0.5 * turn_deg)
    across = torch.tensor([0.0, -math.sin(half), math.cos(half)])
    corners = torch.stack(
        [torch.tensor([-1.0, 0, 0]), torch.tensor([1.0, 0, 0]), across, across * torch.tensor([1, 1, -1])]
    )
    return corners, torch.tensor([[0, 2, 1], [0, 1, 3]])


def _tube(sides: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The side of a cylinder of radius 1 about x."""
    angle = torch.arange(sides) * (2 * math.pi / sides)
    ring = torch.stack([torch.zeros(sides), angle.cos(), angle.sin()], 1)
    vertices = torch.cat([ring - torch.tensor([1.0, 0, 0]), ring + torch.tensor([1.0, 0, 0])])
    low, up = torch.arange(sides), torch.arange(sides).roll(-1)
    faces = torch.cat([torch.stack([low, low + sides, up], 1), torch.stack([up, low + sides, up + sides], 1)])
    return vertices, faces


@pytest.mark.parametrize("turn", [0.0, 20.0, 120.0])
def test_a_fold_over_a_plane_is_as_large_as_it_turns(turn):
    corners, faces = _roof(turn)
    excess = crease_degrees(corners, faces, torch.tensor([[0, 1]]), *PLANE)
    torch.testing.assert_close(excess, torch.tensor([turn], dtype=torch.float64), atol=1e-3, rtol=0)


def test_a_coarse_mesh_of_a_round_finger_has_no_creases():
    vertices, faces = _tube(8)
    sides = torch.tensor([[i, 8 + (i - 1) % 8] for i in range(8)])  # faces on both sides of the edges along the tube
    excess = crease_degrees(vertices, faces, sides, *_tube(400))
    assert float(excess.max()) < 1.0
    flat = crease_degrees(vertices, faces, sides, *PLANE)
    torch.testing.assert_close(flat, torch.full_like(flat, 45.0), atol=1e-3, rtol=0)


def test_a_body_has_no_creases_against_itself_and_some_where_one_vertex_sticks_out():
    body = load_bundled_body()
    vertices = pose_body(body, Pose.rest()).vertices
    own = crease_numbers(vertices, body, vertices, body.faces)
    assert own["crease_degrees_p99"] < 30.0
    nose = int((vertices[:, 2] - 10.0 * ~head_and_hands(body)["head"]).argmax())
    torn = vertices.clone()
    torn[nose, 2] += 0.03
    other = crease_numbers(torn, body, vertices, body.faces)
    assert other["crease_share"] > own["crease_share"]


def test_the_region_is_small_and_holds_head_and_hands():
    body = load_bundled_body()
    vertices = pose_body(body, Pose.rest()).vertices
    camera = orbit_camera(vertices.mean(0), 20.0, 10.0, framing_distance(2.2), 128, 128)
    mask = head_and_hands_mask(vertices, body, camera)
    for chosen in head_and_hands(body).values():
        pixel = camera.project(vertices[chosen].mean(0))[:2].long()
        assert bool(mask[pixel[1], pixel[0]])
    knee = camera.project(vertices[body.weights[:, 4] > 0.9].mean(0))[:2].long()
    assert not bool(mask[knee[1], knee[0]])
    assert 0.005 < float(mask.float().mean()) < 0.1
