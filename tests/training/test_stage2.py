"""Stage 2 on the tiny capture: its balance of light and albedo, its normals, its memory, and how it goes on."""

import dataclasses

import numpy as np
import pytest
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.render.brdf import widened_roughness
from phynes_core.render.lighting import Lighting
from phynes_core.render.shade import Surface, shade_reference
from phynes_core.render.visibility import unpack_bits
from phynes_core.training.frames import load_training_frames
from phynes_core.training.pixel_normals import half_variance
from phynes_core.training.presets import PAPER, STILL_ALBEDO_MAP, STILL_ROUGHNESS_MAP, Stage2Config, TrainingConfig
from phynes_core.training.stage import StageSetup
from phynes_core.training.stage2 import Stage2, gather_pixels

CPU = torch.device("cpu")
FEW = Stage2Config(
    steps=6, pixels=128, smooth_pixels=32, albedo_samples=1, albedo_from_texture_steps=2, has_pixel_normals=True,
    offset_rate=1e-2, calm_steps=2,
)  # fmt: skip


@pytest.fixture
def avatar():
    torch.manual_seed(0)
    made = Avatar.untrained(load_bundled_body(), albedo=STILL_ALBEDO_MAP, roughness=STILL_ROUGHNESS_MAP)
    made.offset.head.weight.data.normal_(0.0, 0.02)  # some relief, on the vertices and between them
    made.offset.get_parameter("encoding.grid").data.uniform_(-0.3, 0.3)
    return made


@pytest.fixture
def frames(tiny):
    return load_training_frames(tiny, load_bundled_body(), 3)


def _stage(avatar, frames, config, stored=None):
    return Stage2(StageSetup(avatar, frames, TrainingConfig(stage2=config), CPU), stored or {})


def test_training_normals_are_those_of_the_renderer(avatar, frames, tiny):
    stage = _stage(avatar, frames, FEW)
    assert stage._normals is not None
    pixels, frame = stage._pixels, frames[0]
    view = frame.views[0]
    options = RenderOptions(frozenset({"normal", "uv"}), has_pixel_normals=True)
    shown = FrameRenderer().render(Scene((PosedAvatar(avatar, frame.pose),), view.camera, Lighting()), options)
    rows = np.arange(40)  # the first pixels of the first view, in image order
    normal = stage._normals.at(rows, torch.from_numpy(pixels.uv[rows]), stage._pose(torch.zeros(40, dtype=torch.int64)))
    uv = shown.image("uv").view(-1, 2)
    for row in rows:
        place = (uv - torch.from_numpy(pixels.uv[row])).abs().sum(1).argmin()
        assert torch.allclose(shown.image("normal").view(-1, 3)[place], normal[row], atol=2e-4)
    assert (normal.detach() - torch.from_numpy(pixels.normal[rows])).norm(dim=1).mean() > 0.01  # there is detail


def test_light_shapes_the_detail_and_the_resumed_run_ends_where_the_whole_one_does(avatar, frames):
    start = {name: value.clone() for name, value in avatar.state_dict().items()}
    whole = _stage(avatar, frames, FEW)
    whole.start()
    for step in range(3):
        terms = whole.step(step)
    assert terms["offset_moved"] > 0.0 and terms["tilt"] > 0.0
    moved = avatar.state_dict()["offset.encoding.grid"] != start["offset.encoding.grid"]
    assert moved.any() and torch.equal(avatar.state_dict()["offset.head.weight"], start["offset.head.weight"])
    stored = {name: value.clone() for name, value in whole.tensors().items()}
    halfway = {name: value.clone() for name, value in avatar.state_dict().items()}
    for step in range(3, 6):
        whole.step(step)
    ended = {name: value.clone() for name, value in avatar.state_dict().items()}
    avatar.load_state_dict(halfway)
    resumed = _stage(avatar, frames, FEW, stored)
    for step in range(3, 6):
        resumed.step(step)
    assert all(torch.equal(value, ended[name]) for name, value in avatar.state_dict().items())


def test_balance_keeps_diffuse_radiance_and_moves_light_over_albedo(avatar, frames):
    stage = _stage(avatar, frames, dataclasses.replace(FEW, has_pixel_normals=False))
    stage.start()
    uv, pose = torch.rand(50, 2), torch.zeros(72)
    with torch.no_grad():
        avatar.albedo.head.bias.fill_(-3.0)  # dark, where a sigmoid is an exponential
        albedo, light = avatar.query_albedo(uv, pose), stage.light().clone()
        stage._balance.fill_(0.1)
        stage._rebalance()
        assert torch.allclose(stage.light(), light * float(np.exp(0.1)), rtol=1e-4)
        assert torch.allclose(avatar.query_albedo(uv, pose) * float(np.exp(0.1)), albedo, rtol=0.03)
    assert not stage._balance.any()


def test_light_starts_so_that_the_albedo_has_its_expected_mean(avatar, frames):
    stage = _stage(avatar, frames, dataclasses.replace(FEW, mean_albedo=0.18))
    stage.start()
    color = torch.from_numpy(stage._pixels.color.astype(np.float32) / 255.0)
    linear = torch.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    assert float(stage.light().detach().mean()) == pytest.approx(float(linear.mean()) / 0.18, rel=0.05)


def test_few_pixels_of_every_picture_are_kept_when_there_are_too_many(avatar, frames):
    everything = gather_pixels(avatar, frames, FEW, 0, {})
    some = gather_pixels(avatar, frames, dataclasses.replace(FEW, most_pixels=everything.count // 2), 0, {})
    again = gather_pixels(avatar, frames, dataclasses.replace(FEW, most_pixels=everything.count // 2), 0, {})
    assert 0.3 * everything.count < some.count <= 0.51 * everything.count
    assert np.array_equal(some.uv, again.uv)
    assert set(some.frame) == set(everything.frame)
    known = {tuple(uv) for uv in everything.uv.tolist()}
    assert all(tuple(uv) in known for uv in some.uv.tolist())


def test_a_pixel_takes_no_more_memory_than_the_preset_says(avatar, frames):
    pixels = gather_pixels(avatar, frames, FEW, 0, {})
    columns = (pixels.uv, pixels.uv_per_px, pixels.normal, pixels.wo, pixels.face, pixels.barycentric, pixels.frame)
    per_pixel = sum(column.nbytes for column in (*columns, pixels.color)) / pixels.count
    assert per_pixel == 71
    assert per_pixel * Stage2Config().most_pixels < 1.0e9


def test_radiance_and_its_slopes_are_the_references_where_normals_lean_away_from_the_eye(avatar, frames):
    """Values and gradients by albedo, roughness and normal of half leaning normals. Measured: 1.4e-6, slopes 2e-5."""
    stage = _stage(avatar, frames, FEW)
    pixels, generator = stage._pixels, torch.Generator().manual_seed(0)
    rows = np.arange(0, pixels.count, max(1, pixels.count // 60))[:60]
    wo = torch.from_numpy(pixels.wo[rows])
    normal = torch.from_numpy(pixels.normal[rows])
    normal[::2] = torch.nn.functional.normalize(normal[::2] - 1.5 * wo[::2], dim=-1)
    assert 25 < ((normal * wo).sum(-1) < 0).sum() < 45
    given = [
        torch.rand(len(rows), 3, generator=generator), 0.4 + 0.5 * torch.rand(len(rows), generator=generator), normal,
    ]  # fmt: skip
    weights = torch.rand(len(rows), 3, generator=generator)

    ours = [value.clone().requires_grad_() for value in given]
    radiance = stage._shade(rows, *ours)
    (radiance * weights).sum().backward()

    exact = [value.double().requires_grad_() for value in given]
    bits = torch.from_numpy(
        pixels.visibility_bits.view(np.int32)[pixels.frame[rows][:, None], pixels.faces[pixels.face[rows]]]
    )
    corners = torch.stack([unpack_bits(bits[:, corner], 512).double() for corner in range(3)], 1)
    visibility = (corners * torch.from_numpy(pixels.barycentric[rows]).double()[:, :, None]).sum(1)
    wide = widened_roughness(exact[1], half_variance(stage.config.normal_error_deg))
    surface = Surface(exact[2], wo.double(), exact[0], wide, stage.config.f0)
    power = (stage.light() * stage._solid_angle).detach().double()
    expected = shade_reference(surface, torch.from_numpy(stage._directions).double(), power, visibility).radiance
    (expected * weights.double()).sum().backward()

    torch.testing.assert_close(radiance.double(), expected, rtol=1e-4, atol=1e-6)
    for mine, true in zip(ours, exact, strict=True):
        assert mine.grad is not None and true.grad is not None
        scale = true.grad.abs().max()
        assert ((mine.grad - true.grad).abs() / scale).max() < 1e-3


def test_lobes_are_widened_by_the_error_of_normals_and_by_a_cell_and_not_at_all_in_the_paper():
    assert half_variance(PAPER.stage2.normal_error_deg) == 0.0
    cell = np.radians(11.25) / 2  # of the half vector: a mirror turns light by twice its own turn
    assert half_variance(3.3) == pytest.approx(np.radians(3.3) ** 2 + cell**2 / 12)
    uniform = np.random.default_rng(0).uniform(-0.5, 0.5, 100_000) * cell
    assert half_variance(1e-6) == pytest.approx(uniform.var(), rel=0.02)
