"""Pictures and videos of any shape: the height shows what a square's does, and sides come beside it."""

from dataclasses import replace

import imageio_ffmpeg
import numpy as np
import OpenEXR
import pytest

from app import cli
from app.model.avatar_row import BodyState
from app.model.cameras import CameraState
from app.model.exports import StillState, TurntableState, size_of, size_text
from app.model.view_state import ViewState
from app.rendering import tiles
from app.rendering.exports.export_jobs import StillJob
from app.rendering.render_service import RenderService
from phynes_core.io.image_files import read_png

SIDE, WIDE = 64, 96


@pytest.fixture(scope="module")
def service() -> RenderService:
    return RenderService()


@pytest.fixture
def state(avatar_file) -> ViewState:
    state = ViewState(BodyState(str(avatar_file.resolve())), camera=CameraState(azimuth_deg=20.0, distance_m=4.0))
    return replace(state, surroundings=replace(state.surroundings, has_ground=True))


def test_a_wide_picture_is_the_square_with_more_beside_it(service, state):
    square = service.render(state, SIDE, is_final=True).pixels.astype(np.float32)
    wide = service.render(state, (WIDE, SIDE), is_final=True).pixels.astype(np.float32)
    assert wide.shape == (SIDE, WIDE, 4)
    margin = (WIDE - SIDE) // 2
    # rays from another column of the same plane round differently: a few edge pixels of antialiasing differ
    assert np.abs(wide[:, margin:-margin] - square).mean() < 2e-3
    assert square[..., 3].sum() <= wide[..., 3].sum() + 1.0


def test_a_tall_picture_is_the_square_without_its_sides(service, state):
    tall = service.render(state, (32, SIDE), is_final=True).pixels.astype(np.float32)
    square = service.render(state, SIDE, is_final=True).pixels.astype(np.float32)
    assert tall.shape == (SIDE, 32, 4) and np.abs(tall - square[:, 16:-16]).mean() < 2e-3


@pytest.mark.parametrize("shape", [(WIDE, SIDE), (32, WIDE)])
def test_tiles_of_any_shape_join(service, state, monkeypatch, shape):
    state = replace(state, surroundings=replace(state.surroundings, backdrop="checker", has_balls=True))
    whole = service.render(state, shape, is_final=True)
    monkeypatch.setattr(tiles, "TILE_PIXELS", shape[0] * 20)
    assert len(tiles.tiles_of(shape)) > 1
    joined = service.render_large(state, shape, lambda done, of: True)
    assert joined is not None and joined.size == shape
    apart = np.abs(service.to_bytes(whole, state.display).astype(int) - service.to_bytes(joined, state.display))
    assert apart.max() <= 2  # rays through a cropped picture round differently


def test_layers_have_the_shape(service, state, tmp_path):
    path = tmp_path / "layers.exr"
    settings = StillState(WIDE, True, str(path), height=SIDE)
    assert StillJob(state, settings).run(service, lambda done, of, frame: True, lambda: False)
    with OpenEXR.File(str(path), separate_channels=True) as file:
        assert {channel.pixels.shape for channel in file.channels().values()} == {(SIDE, WIDE)}


def test_commands_take_a_shape(avatar_file, tmp_path):
    common = ["--avatar", str(avatar_file), "--size", "96x64"]
    assert cli.main(["render", *common, "--out", str(tmp_path / "p.png")]) == 0
    assert read_png(tmp_path / "p.png").shape[:2] == (64, 96)
    assert cli.main(["render", *common, "--out", str(tmp_path / "folder")]) == 0
    assert read_png(tmp_path / "folder" / "radiance.png").shape[:2] == (64, 96)
    video = ["--seconds", "0.2", "--fps", "10", "--out", str(tmp_path / "t.mp4")]
    assert cli.main(["turntable", *common, *video]) == 0
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "t.mp4"))
    assert next(reader)["size"] == (96, 64)


@pytest.mark.parametrize(
    "size, message",
    [
        ("wide", "--size: expected a number of pixels, or WIDTHxHEIGHT as in 1920x1080, got 'wide'"),
        ("96x", "--size: expected a number of pixels"),
        ("96x64x3", "--size: expected a number of pixels"),
        ("96x4", "--size: expected a finite number of at least 16 up to 8192, got 4"),
        ("90000x64", "--size: expected a finite number of at least 16 up to 8192, got 90000"),
    ],
)
def test_a_size_that_is_none_is_refused(avatar_file, tmp_path, refuse, size, message):
    assert message in refuse("render", "--avatar", avatar_file, "--out", tmp_path / "p", "--size", size)


def test_sizes_are_written_as_they_are_read():
    assert size_text(size_of(512, 0)) == size_text(size_of(512, 512)) == "512"
    assert size_text(TurntableState(size=1920, height=1080).shape) == "1920x1080"
