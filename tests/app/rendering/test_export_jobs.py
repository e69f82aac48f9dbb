"""Export jobs: tiles join to one picture, files hold what the window shows, mistakes are errors of one line."""

from dataclasses import replace

import numpy as np
import OpenEXR
import pytest

from app.cli import main
from app.model import edits
from app.model.avatar_row import BodyState
from app.model.cameras import CameraState
from app.model.comparison import CompareState
from app.model.exports import StillState
from app.model.lamps import add_lamp
from app.model.view_state import ViewState
from app.rendering import tiles
from app.rendering.exports.export_jobs import LightJob, StillJob, with_free_path
from app.rendering.exports.picture_files import LIGHT_ROWS, channel_kinds
from app.rendering.render_service import RenderService
from phynes_core.errors import PhynesError
from phynes_core.io.exr_files import read_exr
from phynes_core.io.image_files import read_png
from phynes_core.io.radiance_files import read_hdr

SIZE = 96


@pytest.fixture(scope="module")
def service() -> RenderService:
    return RenderService()


@pytest.fixture
def state(avatar_file) -> ViewState:
    """A body with floor, balls and checkerboard, which depend on the position in the picture."""
    state = ViewState(BodyState(str(avatar_file.resolve())), camera=CameraState(azimuth_deg=20.0, elevation_deg=12.0))
    return replace(
        add_lamp(state),
        surroundings=replace(state.surroundings, has_ground=True, has_balls=True, backdrop="checker"),
    )


def read_layers(path) -> dict[str, np.ndarray]:
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return {name: channel.pixels.astype(np.float32) for name, channel in file.channels().items()}


def is_made(service, state, settings) -> bool:
    return StillJob(state, settings).run(service, lambda done, of, frame: True, lambda: False)


@pytest.mark.parametrize("buffer", ["radiance", "depth", "normal"])
@pytest.mark.parametrize("backdrop", ["checker", "environment"])
def test_tiles_join_to_the_whole_picture(service, state, monkeypatch, buffer, backdrop):
    state = edits.edit_display(
        replace(state, surroundings=replace(state.surroundings, backdrop=backdrop)), buffer=buffer
    )
    state = edits.edit_display(state, has_wireframe=True, has_joints=True)
    whole = service.render(state, SIZE, is_final=True)
    monkeypatch.setattr(tiles, "TILE_PIXELS", SIZE * 20)
    monkeypatch.setattr("app.rendering.render_service.LARGEST_AT_ONCE", SIZE)
    shares = []
    large = service.render_large(state, SIZE, lambda done, of: shares.append(done / of) or True)
    assert shares == [0.2, 0.4, 0.6, 0.8, 1.0]
    apart = np.abs(service.to_bytes(whole, state.display).astype(int) - service.to_bytes(large, state.display))
    assert apart.max() <= 2  # measured 1: rays through a cropped picture round differently


def test_both_pictures_of_a_comparison_are_made(service, state):
    state = replace(state, compare=CompareState(True, "albedo"))
    shares = []
    frame = service.render_large(state, SIZE, lambda done, of: shares.append(done / of) or True)
    assert frame.other is not None and frame.other.state.display.buffer == "albedo" and shares == [0.5, 1.0]
    assert service.render_large(state, SIZE, lambda done, of: done < of) is None


def test_a_transparent_picture_over_its_background_is_the_shown_one(service, state, tmp_path):
    state = replace(state, surroundings=replace(state.surroundings, backdrop="color"))
    for name, has_alpha in (("clear.png", True), ("shown.png", False)):
        assert is_made(service, state, StillState(SIZE, has_alpha, str(tmp_path / name)))
    clear, shown = read_png(tmp_path / "clear.png"), read_png(tmp_path / "shown.png")
    assert clear.shape == (SIZE, SIZE, 4) and shown.shape == (SIZE, SIZE, 3)
    alpha = clear[..., 3:] / 255.0
    assert (alpha == 0).mean() > 0.3 and (alpha == 1).mean() > 0.05
    over = clear[..., :3] * alpha + 255.0 * np.array(state.display.background) * (1.0 - alpha)
    assert np.abs(over - shown).max() <= 2  # measured 1.2: alpha and color in 8 bits


def test_a_layered_exr_holds_every_buffer_in_the_engines_numbers(service, state, tmp_path, monkeypatch):
    monkeypatch.setattr(tiles, "TILE_PIXELS", SIZE * 20)
    path = tmp_path / "layers.exr"
    assert is_made(service, state, StillState(SIZE, True, str(path)))
    layers, buffers = read_layers(path), service.buffers(state, SIZE, frozenset({"normal", "depth", "albedo"})).buffers
    assert set(layers) == set(channel_kinds())
    covered = buffers.mask[..., 0].numpy() > 0.99
    assert np.abs(layers["depth.Z"] - buffers.depth[..., 0].numpy())[covered].max() < 1e-3
    assert np.abs(layers["normal.X"] - buffers.normal[..., 0].numpy())[covered].max() < 0.02
    assert layers["A"].min() == 0.0 and layers["mask.Y"].max() == 1.0
    assert (layers["A"] > 0.05).mean() > (layers["mask.Y"] > 0).mean()  # the floor's shadow
    assert read_exr(path).shape == (SIZE, SIZE, 4)  # the picture that other programs show


def test_a_cancelled_picture_leaves_no_file(service, state, tmp_path):
    for name in ("a.png", "a.exr"):
        job = StillJob(state, StillState(SIZE, False, str(tmp_path / name)))
        assert not job.run(service, lambda done, of, frame: False, lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_never_replaces_an_older_one(tmp_path):
    settings = StillState(path=str(tmp_path / "p.png"))
    assert with_free_path(settings) == settings
    for name in ("p.png", "p_2.png"):
        (tmp_path / name).write_bytes(b"")
    assert with_free_path(settings).path == str(tmp_path / "p_3.png")


@pytest.mark.parametrize(
    "options, message",
    [
        (["--out", "p.png", "--size", "5000"], "16 to 4096 pixels"),
        (["--out", "p.png", "--supersample", "2"], "--supersample: expected a folder as --out"),
        (["--out", "p.exr", "--save-scene"], "--save-scene: expected a folder"),
        (["--out", "file/p.png"], "cannot write here"),
    ],
)
def test_mistakes_in_options_are_refused_in_one_line(avatar_file, tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main(["render", "--avatar", str(avatar_file), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ") and message in error and len(error.splitlines()) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_an_exported_environment_lights_the_same(service, state, tmp_path):
    state = replace(state, surroundings=ViewState().surroundings)
    for name in ("light.hdr", "light.exr"):
        assert LightJob(state, str(tmp_path / name)).run(service, lambda done, of, frame: True, lambda: False)
    exact = read_exr(tmp_path / "light.exr")
    assert exact.shape == (LIGHT_ROWS, 2 * LIGHT_ROWS, 3) and read_hdr(tmp_path / "light.hdr").shape == exact.shape
    again = edits.edit_light(state, mode="environment", environment=str(tmp_path / "light.exr"), lamps=())
    pictures = [service.render(edits.edit_display(s, buffer="shading"), SIZE, True).pixels for s in (state, again)]
    lit = pictures[0][..., 3] > 0.99
    before, after = (picture[lit].astype(np.float32) for picture in pictures)
    apart = np.abs(after - before).mean() / before.mean()
    assert apart < 0.01  # measured 0.2 %: the lamp is read as a bright source


def test_light_is_not_written_in_another_format(service, state, tmp_path):
    with pytest.raises(PhynesError, match="ends in .hdr or .exr"):
        LightJob(state, str(tmp_path / "light.png")).run(service, lambda done, of, frame: True, lambda: False)
    assert not list(tmp_path.iterdir())
