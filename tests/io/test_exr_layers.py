"""OpenEXR files of many layers: bands come back as one picture, and what went wrong leaves no file."""

import numpy as np
import OpenEXR
import pytest

from phynes_core.io.exr_layers import writing_layers
from phynes_core.io.image_files import LARGEST_HALF

CHANNELS = {"R": True, "depth.Z": False}


def band(first, end, width=5):
    """Row after row counted, far beyond what half precision tells apart."""
    values = np.arange(first * width, end * width, dtype=np.float64).reshape(-1, width)
    return {"R": values, "depth.Z": 1e5 + values / 64}


def test_bands_come_back_as_one_picture_in_the_precision_of_each_layer(tmp_path):
    path = tmp_path / "layers.exr"
    with writing_layers(path, 5, 7, CHANNELS) as append:
        append(band(0, 4))
        append({name: part.astype(np.float32) for name, part in band(4, 7).items()})
    with OpenEXR.File(str(path), separate_channels=True) as file:
        pixels = {name: channel.pixels for name, channel in file.channels().items()}
    assert {name: part.dtype for name, part in pixels.items()} == {"R": np.float16, "depth.Z": np.float32}
    for name, expected in band(0, 7).items():
        np.testing.assert_array_equal(pixels[name], expected.astype(pixels[name].dtype))


def test_values_too_large_for_half_precision_are_the_largest_it_has(tmp_path):
    with writing_layers(tmp_path / "a.exr", 2, 1, {"R": True}) as append:
        append({"R": np.array([[1e6, -1e6]])})
    with OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True) as file:
        assert file.channels()["R"].pixels.tolist() == [[LARGEST_HALF, -LARGEST_HALF]]


@pytest.mark.parametrize(
    "bands",
    [[band(0, 4)], [band(0, 7), band(0, 1)], [band(0, 7, width=4)], [{"R": band(0, 7)["R"]}], []],
    ids=["too few rows", "too many rows", "narrow rows", "a layer less", "nothing"],
)
def test_a_picture_that_is_not_whole_leaves_no_file(tmp_path, bands):
    with (
        pytest.raises(ValueError, match="rows: expected"),
        writing_layers(tmp_path / "a.exr", 5, 7, CHANNELS) as append,
    ):
        for rows in bands:
            append(rows)
    assert list(tmp_path.iterdir()) == []


def test_an_exception_in_between_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.exr"
    path.write_bytes(b"an older picture")
    with pytest.raises(KeyError), writing_layers(path, 5, 7, CHANNELS) as append:
        append(band(0, 4))
        raise KeyError("cancelled")
    assert path.read_bytes() == b"an older picture" and len(list(tmp_path.iterdir())) == 1
