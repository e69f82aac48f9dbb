"""Invalid environments, motions and numbers: an error of one line that names the option or file, and the remedy."""

import numpy as np
import pytest

from phynes_core.io.exr_files import write_exr

BAD_PROBES = {
    "absent.exr": ["studio"],
    "text.exr": ["OpenEXR"],
    "text.hdr": ["Radiance"],
    "text.png": ["picture"],
    "square.exr": ["twice as wide as high", "64 x 64"],
    "sky.jpeg": [".exr, .hdr or .png"],
    "black.exr": ["some light"],
}


@pytest.mark.parametrize("name", BAD_PROBES)
def test_a_bad_probe_names_the_file_and_the_remedy(refuse, avatar_file, tmp_path, name):
    path = tmp_path / name
    if name.startswith(("text", "sky")):
        path.write_text("this is no picture")
    elif name == "square.exr":
        write_exr(path, np.ones((64, 64, 3), np.float32))
    elif name == "black.exr":
        write_exr(path, np.zeros((16, 32, 3), np.float32))
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--probe", path)
    assert name in line
    assert all(part in line for part in BAD_PROBES[name]), line


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--lamp", "10,20"], "--lamp: expected az,el,intensity[,radius]"),
        (["--lamp", "10,20,-1"], "--lamp"),
        (["--camera", "0,0,0"], "--camera: distance_m: expected 0.05 to 1000 metres, got 0"),
        (["--camera", "0,0,inf"], "--camera: expected az,el,dist"),
        (["--size", "0"], "--size"),
        (["--size", "100000"], "--size"),
        (["--probe-yaw", "nan"], "--probe-yaw"),
        (["--probe-intensity", "-1"], "--probe-intensity"),
        (["--buffers", "radiance,albdo"], "--buffers"),
        (["--format", "jpg"], "--format"),
        (["--frame", "3"], "--motion"),
        (["--motion", "walk", "--frame", "100000"], "--frame: expected 0 to"),
        (["--motion", "wlak"], "walk"),
        (["--supersample", "0"], "--supersample"),
        (["--bright-sources", "-1"], "--bright-sources"),
        (["--bufers", "all"], "did you mean --buffers?"),
    ],
)
def test_a_bad_value_names_the_option(refuse, avatar_file, tmp_path, options, expected):
    assert expected in refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", *options)


def test_a_motion_of_the_wrong_shape_is_named(refuse, avatar_file, tmp_path):
    path = tmp_path / "bad.npz"
    np.savez(path, global_orient=np.zeros((4, 3)), body_pose=np.zeros((4, 21, 3)), transl=np.zeros((4, 3)), fps=30.0)
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--motion", path)
    assert "body_pose" in line and str(path) in line
