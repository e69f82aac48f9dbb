"""The floor that catches shadows: empty under open light, dark where the closed form says, a faint mirror."""

import math

import pytest
import torch
import trimesh

from phynes_core.render.camera import look_at
from phynes_core.render.ground import Ground, GroundGrids, grid_points, ground_layer, mirrored_camera, open_share
from phynes_core.render.lamps import AreaLamp, Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment
from phynes_core.render.visibility import Occluder

UNIFORM = Environment(torch.full((16, 32, 3), 0.8))
GRIDS = GroundGrids(sky_cells=40, lamp_cells=120, lamp_samples=16)
GROUND = Ground(-1.0, radius_m=2.0)


def quad(half, height, x=0.0):
    corners = [[x - half, height, -half], [x + half, height, -half], [x + half, height, half], [x - half, height, half]]
    return torch.tensor(corners), torch.tensor([[0, 1, 2], [0, 2, 3]])


def share_at(share, x, z):
    cells = share.shape[0]
    column, row = (int((value / GROUND.radius_m + 1.0) * 0.5 * cells) for value in (x, z))
    return share[row, column]


def test_light_that_nothing_blocks_leaves_no_trace():
    """Furnace: a white floor under uniform light, a sun and a lamp is unchanged; so is the background behind it."""
    lighting = Lighting(UNIFORM, (Lamp(30.0, 50.0),), (), (AreaLamp((1.0, 0.5, 0.0)),))
    share = open_share(GROUND, Occluder(*quad(0.1, -50.0)), lighting, GRIDS)
    assert (share - 1.0).abs().max() < 1e-5
    layer = ground_layer(GROUND, look_at(torch.tensor([0.0, 1.0, 4.0]), torch.zeros(3), 64, 64), share)
    assert layer.abs().max() < 1e-5


def test_a_sun_throws_the_shadow_where_the_closed_form_says():
    """A square 1 m over the floor, sun from +X at 45 degrees: its shadow lies 1 m toward -X, as large as it is."""
    lighting = Lighting(None, (Lamp(90.0, 45.0, 2.0, angular_radius_deg=0.1),))
    share = open_share(GROUND, Occluder(*quad(0.3, 0.0)), lighting, GRIDS)[..., 0]
    x, z = (grid_points(GROUND, 120).view(120, 120, 3)[..., axis] for axis in (0, 2))
    inside = ((x + 1.0).abs() < 0.28) & (z.abs() < 0.28)
    outside = ((x + 1.0).abs() > 0.32) | (z.abs() > 0.32)
    assert share[inside].max() == 0.0 and share[outside].min() == 1.0


def test_a_lamp_throws_a_shadow_by_similar_triangles():
    """A lamp 2 m over the floor, a square halfway: the shadow is twice as wide."""
    lighting = Lighting(None, (), (), (AreaLamp((0.0, 1.0, 0.0), radius_m=1e-3),))
    share = open_share(GROUND, Occluder(*quad(0.4, 0.0)), lighting, GRIDS)[..., 0]
    x, z = (grid_points(GROUND, 120).view(120, 120, 3)[..., axis] for axis in (0, 2))
    reach = torch.maximum(x.abs(), z.abs())
    assert share[reach < 0.78].max() == 0.0 and share[reach > 0.82].min() == 1.0


@pytest.mark.parametrize("height, radius", [(0.5, 0.5), (1.0, 0.5)])
def test_under_a_disc_a_uniform_sky_is_dimmed_by_its_form_factor(height, radius):
    """E / E0 = h^2 / (h^2 + r^2) below the middle; 512 cells know the rim to some percent."""
    disc = trimesh.creation.cylinder(radius=radius, height=1e-3, sections=64)
    vertices = torch.tensor(disc.vertices).float()[:, [0, 2, 1]] + torch.tensor([0.0, height - 1.0, 0.0])
    share = open_share(GROUND, Occluder(vertices, torch.tensor(disc.faces)), Lighting(UNIFORM), GRIDS)
    expected = height**2 / (height**2 + radius**2)
    assert share_at(share, 0.0, 0.0)[0].item() == pytest.approx(expected, abs=0.06)
    assert share_at(share, 1.9, 0.0)[0] > share_at(share, 0.0, 0.0)[0]  # darker where the contact is


def test_colors_of_the_shadow_are_those_of_the_light_that_is_left():
    lighting = Lighting(
        None, (Lamp(90.0, 45.0, 1.0, (1.0, 0.0, 0.0), 0.1), Lamp(-90.0, 45.0, 1.0, (0.0, 0.0, 1.0), 0.1))
    )
    share = open_share(GROUND, Occluder(*quad(0.3, 0.0)), lighting, GRIDS)
    assert share_at(share, -1.0, 0.0).tolist() == pytest.approx([0.0, 1.0, 1.0], abs=1e-6)
    assert share_at(share, 1.0, 0.0).tolist() == pytest.approx([1.0, 1.0, 0.0], abs=1e-6)


def test_the_layer_shows_the_shadow_in_perspective_and_fades_at_the_edge():
    share = torch.ones(120, 120, 3)
    share[:, :60] = 0.25  # the half at -X
    camera = look_at(torch.tensor([0.0, 1.0, 9.0]), torch.tensor([0.0, -1.0, 0.0]), 80, 80)
    hidden = ground_layer(GROUND, camera, share)[..., 3]
    column, row, _ = camera.project(torch.tensor([[-0.5, -1.0, 0.0]]))[0].round().int().tolist()
    assert hidden[row, column].item() == pytest.approx(0.75, abs=1e-3)
    x, y, _ = camera.project(torch.tensor([[0.5, -1.0, 0.0]]))[0].round().int().tolist()
    assert hidden[y, x] == 0
    far = camera.project(torch.tensor([[-2.1, -1.0, 0.0]]))[0].round().int().tolist()
    assert hidden[far[1], far[0]] == 0
    half = ground_layer(Ground(-1.0, radius_m=2.0, shadow=0.5), camera, share)
    assert half[row, column, 3].item() == pytest.approx(0.375, abs=1e-3)


def test_from_below_the_floor_is_not_seen():
    camera = look_at(torch.tensor([0.0, -2.0, 5.0]), torch.zeros(3), 32, 32)
    assert ground_layer(GROUND, camera, torch.zeros(8, 8, 3)).abs().max() == 0


def test_the_mirrored_camera_sees_a_point_where_its_mirror_image_lies():
    camera = look_at(torch.tensor([1.0, 1.5, 4.0]), torch.zeros(3), 100, 80)
    point = torch.tensor([[0.3, 0.4, -0.2]])
    image = point * torch.tensor([1.0, -1.0, 1.0]) + torch.tensor([0.0, -2.0, 0.0])  # over y = -1
    torch.testing.assert_close(mirrored_camera(camera, GROUND).project(point), camera.project(image))


def test_a_reflection_is_faint_from_above_stronger_at_grazing_angles_and_fades_with_height():
    share, white = torch.ones(4, 4, 3), torch.ones(16, 16, 4)
    layers = []
    for elevation in (80.0, 10.0):
        angle = math.radians(elevation)
        eye = torch.tensor([0.0, 3.0 * math.sin(angle), 3.0 * math.cos(angle)]) + torch.tensor([0.0, -1.0, 0.0])
        camera = look_at(eye, torch.tensor([0.0, -1.0, 0.0]), 16, 16, fov_deg=5.0)
        for height in (1e-3, 0.7):
            layers.append(ground_layer(GROUND, camera, share, white, torch.full((16, 16, 1), height))[8, 8, 0].item())
    assert layers[0] == pytest.approx(0.15, rel=0.01) and layers[1] == pytest.approx(0.15 / math.e, rel=0.02)
    assert layers[2] > 2 * layers[0]
