"""`render` into a folder, `render` into a file and the viewer make the same picture."""

from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.commands import render
from app.model.view_state import ViewState
from app.options.exports import Render
from app.options.view import open_render_service, view_from_options
from app.rendering.scenes import SMOOTH_LIVE
from phynes_core.io.exr_files import read_exr
from tests.app.rendering.test_export_jobs import read_layers

SIZE = 48
HALF_ROUNDING = 2.0**-11  # of a number in half precision
SCENES = {
    "lamps": ("--probe", "none", "--lamp", "60,30,3.14", "--lamp", "area:0.5,0.5,1,2"),
    "environment": ("--probe", "studio", "--background", "environment", "--balls", "--camera", "20,10,4"),
    "pose": ("--motion", "walk", "--frame", "10", "--pixel-normals", "on"),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_folder_a_file_and_the_viewer_show_the_same_radiance(name, avatar_file, tmp_path):
    described = ["--avatar", str(avatar_file), "--size", str(SIZE), *SCENES[name]]
    folder, file = tmp_path / "buffers", tmp_path / "layers.exr"
    # with the quality that files and pictures at rest have
    fine = ["--format", "exr", "--supersample", "2", "--antialias"]
    assert cli.main(["render", *described, "--out", str(folder), *fine]) == 0
    assert cli.main(["render", *described, "--out", str(file)]) == 0
    options = cli._parse("render", render, ["--out", str(file), *described])
    service, view = open_render_service(options, view_from_options(options))
    shown = service.render(view, SIZE, is_final=True).pixels[..., :3].astype(np.float32)
    numbers, layers = read_exr(folder / "radiance.exr")[..., :3], read_layers(file)
    assert view != ViewState() and numbers.max() > 0.1
    for other in (shown, np.stack([layers[channel] for channel in "RGB"], -1)):
        assert np.allclose(other, numbers, rtol=2 * HALF_ROUNDING, atol=1e-7)


def test_a_live_frame_equals_the_buffers_at_live_quality(avatar_file):
    """Measured: equal bit for bit after rounding to half precision, once all shadows are up to date."""
    options = Render(avatar=(str(avatar_file),), out=Path("unused"), size=str(SIZE), lamp=("60,30,3.14",))
    service, view = open_render_service(options, view_from_options(options))
    shown = service.render(view, SIZE)
    radiance = service.buffers(view, SIZE, frozenset({"radiance"}), SMOOTH_LIVE).buffers.image("radiance").numpy()
    assert shown.is_converged and np.array_equal(shown.pixels[..., :3], radiance.astype(np.float16))
