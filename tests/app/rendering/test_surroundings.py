"""The surroundings: floor, environment, checkerboard and balls; and light written as a file."""

import math

import numpy as np
import pytest
import torch

from app.cli import main
from app.model.lamps import LampState
from app.model.lights import LightState, Surroundings
from app.rendering.lighting import BuiltLight, LightingCache, ShownEnvironment
from app.rendering.surroundings import CHECKER_SHADE, checker, environment_behind, over_backdrop
from app.rendering.tiles import Tile
from phynes_core.conventions import latlong_directions, latlong_solid_angles
from phynes_core.frame.buffers import FrameBuffers
from phynes_core.io.exr_files import read_exr
from phynes_core.io.image_files import read_png
from phynes_core.io.radiance_files import read_hdr
from phynes_core.render.camera import orbit_camera
from phynes_core.render.ground import over_ground
from phynes_core.render.lighting import Lighting

SIZE = 48
ORIGIN = torch.zeros(3)
CAMERA = orbit_camera(ORIGIN, 0.0, 0.0, 3.0, SIZE, SIZE)


def half_covered(ground=None):
    mask = torch.zeros(SIZE, SIZE, 1)
    mask[:, SIZE // 2 :] = 1.0
    face = torch.zeros(SIZE, SIZE, dtype=torch.int32)
    return FrameBuffers(mask=mask, face_index=face, radiance=0.5 * mask.expand(-1, -1, 3), ground=ground)


def over_surroundings(surroundings, light, buffers, is_screen=True):
    picture = over_ground(torch.cat([buffers.radiance, buffers.mask], -1), buffers.ground, is_screen)
    return over_backdrop(picture, surroundings, light, CAMERA, ORIGIN)


def environment_of(image, yaw=0.0, scale=(1.0, 1.0, 1.0)):
    half = image.numpy().astype(np.float16)
    return ShownEnvironment(half, half, yaw, scale)


def test_a_backdrop_of_color_does_not_change_the_picture():
    buffers = half_covered()
    picture = over_surroundings(Surroundings(), BuiltLight(Lighting(), torch.zeros(16, 32, 3), None), buffers)
    assert torch.equal(picture, torch.cat([buffers.radiance, buffers.mask], -1))


def test_the_environment_is_seen_in_the_directions_of_its_light():
    """Light from -Z is behind the avatar in the front view; turned by 90 degrees it is at -X."""
    image = (latlong_directions(32, 64)[..., 2:] < -0.5).float().expand(-1, -1, 3)
    assert environment_behind(environment_of(image), False, CAMERA).min() == 1.0
    assert environment_behind(environment_of(image, yaw=90.0), False, CAMERA).max() == 0.0
    from_right = orbit_camera(ORIGIN, 90.0, 0.0, 3.0, SIZE, SIZE)
    assert environment_behind(environment_of(image, yaw=90.0, scale=(2.0, 1.0, 0.0)), False, from_right)[
        5, 5
    ].tolist() == [2, 1, 0]


@pytest.mark.parametrize("backdrop", ["environment", "blurred"])
def test_the_environment_fills_the_background(backdrop):
    light = BuiltLight(Lighting(), torch.zeros(16, 32, 3), environment_of(torch.full((16, 32, 3), 0.25)))
    picture = over_surroundings(Surroundings(backdrop), light, half_covered())
    assert (picture[..., 3] == 1).all()
    assert (picture[:, : SIZE // 2, :3] == 0.25).all() and (picture[:, SIZE // 2 :, :3] == 0.5).all()


def test_a_checkerboard_shades_every_other_square_of_any_color():
    board = checker(SIZE, Tile(0, SIZE, SIZE, SIZE))
    assert board[..., :3].max() == 0 and set(np.unique(board[..., 3].round(decimals=3))) == {
        0.0,
        np.float32(CHECKER_SHADE),
    }
    assert board[0, 0, 3] != board[0, 2, 3] and board[0, 0, 3] == board[2, 2, 3]


def test_shadows_darken_a_background_in_linear_light():
    """With half of the light, an sRGB background falls to 0.5^(1 / 2.2) of its code; linear files get alpha 0.5."""
    ground = torch.zeros(SIZE, SIZE, 4)
    ground[..., 3] = 0.5
    light = BuiltLight(Lighting(), torch.zeros(16, 32, 3), None)
    assert over_surroundings(Surroundings(), light, half_covered(ground))[0, 0, 3].item() == pytest.approx(
        1 - 0.5 ** (1 / 2.2)
    )
    assert over_surroundings(Surroundings(), light, half_covered(ground), is_screen=False)[0, 0, 3] == 0.5
    assert over_surroundings(Surroundings(), light, half_covered(ground))[0, -1].tolist() == [0.5, 0.5, 0.5, 1.0]


def test_balls_are_in_the_lower_left_corner():
    light = LightingCache(lambda path: torch.zeros(1)).build(torch.full((16, 32, 3), 0.5), LightState(), ORIGIN)
    picture = over_surroundings(Surroundings(has_balls=True), light, half_covered())
    assert picture[-5, 4, :3].tolist() == pytest.approx([0.5, 0.5, 0.5], abs=0.01)  # the mirror
    assert picture[-5, 10, :3].tolist() == pytest.approx([0.09, 0.09, 0.09], abs=0.01)  # 18 % gray
    assert picture[0, 0, 3] == 0 and picture[-1, -1, 3] == 1


def test_painted_cells_are_part_of_the_backdrop():
    cache = LightingCache(lambda path: torch.zeros(1))
    captured = torch.full((16, 32, 3), 0.5)
    built = cache.build(captured, LightState(probe_edits=((5, (7.0, 7.0, 7.0)),)), ORIGIN)
    assert built.environment is not None and built.environment.sharp[0, 5, 0] == 7.0
    again = cache.build(captured, LightState(probe_edits=((5, (7.0, 7.0, 7.0)),), lamps=(LampState(),)), ORIGIN)
    assert (
        again.environment is built.environment and len(again.lighting.lamps) == 1
    )  # unchanged while a lamp is dragged


def test_render_draws_the_surroundings_and_exports_the_light(avatar_file, tmp_path, capsys):
    command = [
        "render", "--avatar", str(avatar_file), "--out", str(tmp_path), "--size", "64", "--ground", "--balls",
        "--camera", "10,15,4.5", "--probe", "none", "--lamp", "0,60,3", "--lamp-samples", "2",
    ]  # fmt: skip
    exported = tmp_path / "light.hdr"
    assert main([*command, "--export-probe", str(exported), "--probe-rows", "24"]) == 0
    alpha = read_png(tmp_path / "radiance.png")[..., 3]
    assert 0 < (alpha < 255).mean() < 1 and ((alpha > 20) & (alpha < 235)).any()  # a soft shadow, else transparent
    light = read_hdr(exported)
    power = (light * latlong_solid_angles(24, 48).numpy()[..., None]).sum((0, 1))
    assert light.shape == (24, 48, 3) and power == pytest.approx([3.0, 3.0, 3.0], rel=0.01)
    assert main([*command, "--format", "exr", "--background", "blurred"]) == 0
    assert read_exr(tmp_path / "radiance.exr").shape == (64, 64, 4)
    capsys.readouterr()
    assert main([*command, "--export-probe", str(tmp_path / "light.png")]) == 2
    assert ".hdr or .exr" in capsys.readouterr().err and math.isfinite(power.sum())
