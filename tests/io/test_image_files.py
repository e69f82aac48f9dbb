"""Pictures survive a round trip, bad ones are refused in one line, and writing is all or nothing."""

import os
import struct

import numpy as np
import pytest

from phynes_core.errors import ImageError, OutputError
from phynes_core.io.exr_files import read_exr, write_exr
from phynes_core.io.image_files import picture_size, read_png, write_png
from phynes_core.io.output_files import replacing
from phynes_core.io.radiance_files import read_hdr, write_hdr
from phynes_core.io.shipped_files import ASSETS


@pytest.fixture
def linear_image():
    return (np.random.default_rng(0).random((5, 9, 3)) * 50).astype(np.float32)


def planar_rgbe(pixels):
    """Radiance's new run-length coding of uint8 [H, W, 4], written by hand: runs of equal bytes, else literals."""
    height, width, _ = pixels.shape
    out = bytearray(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + f"-Y {height} +X {width}\n".encode())
    for row in pixels:
        out += struct.pack(">BBH", 2, 2, width)
        for component in row.T:
            start = 0
            while start < width:
                length = 1
                while start + length < width and length < 127 and component[start + length] == component[start]:
                    length += 1
                out += bytes([128 + length, component[start]]) if length > 2 else bytes([1, component[start]])
                start += length if length > 2 else 1
    return bytes(out)


def test_exr_round_trip_is_exact_in_float32(tmp_path, linear_image):
    write_exr(tmp_path / "a.exr", linear_image)
    np.testing.assert_array_equal(read_exr(tmp_path / "a.exr"), linear_image)


def test_exr_half_keeps_three_digits_and_stays_finite(tmp_path, linear_image):
    linear_image[0, 0, 0] = 1e6
    write_exr(tmp_path / "a.exr", linear_image, half=True)
    back = read_exr(tmp_path / "a.exr")
    assert back[0, 0, 0] == 65504
    np.testing.assert_allclose(back[1:], linear_image[1:], rtol=5e-4)


def test_exr_single_and_named_channels(tmp_path, linear_image):
    write_exr(tmp_path / "depth.exr", linear_image[..., 0])
    assert read_exr(tmp_path / "depth.exr").shape == (5, 9, 1)
    write_exr(tmp_path / "uv.exr", linear_image[..., :2], channel_names=("U", "V"))
    np.testing.assert_array_equal(read_exr(tmp_path / "uv.exr"), linear_image[..., :2])
    rgba = np.concatenate([linear_image, linear_image[..., :1]], -1)
    write_exr(tmp_path / "rgba.exr", rgba)
    np.testing.assert_array_equal(read_exr(tmp_path / "rgba.exr"), rgba)


def test_a_shipped_probe_decodes_to_finite_light():
    image = read_exr(ASSETS / "probes" / "studio.exr")
    assert image.shape == (512, 1024, 3)
    assert np.isfinite(image).all()
    assert 0.05 < image.mean() < 5


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
def test_png_round_trip(tmp_path, shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    write_png(tmp_path / "a.png", pixels)
    np.testing.assert_array_equal(read_png(tmp_path / "a.png").reshape(shape), pixels)


def test_png_of_sixteen_bits_and_of_a_palette(tmp_path):
    from PIL import Image

    Image.fromarray(np.array([[0, 257, 65535]], np.uint16)).save(tmp_path / "gray16.png")
    assert read_png(tmp_path / "gray16.png").tolist() == [[[0], [1], [255]]]
    Image.fromarray(np.full((2, 2, 3), 200, np.uint8)).convert("P").save(tmp_path / "palette.png")
    assert read_png(tmp_path / "palette.png").shape == (2, 2, 3)


def test_what_strangers_save_is_read_as_gray_or_colors(tmp_path):
    """A palette with a clear entry, one bit, print colors, an animation: the first picture, in channels we know."""
    from PIL import Image

    colors = np.random.default_rng(2).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    picture, path = Image.fromarray(colors), tmp_path / "a.png"
    picture.quantize(8).save(path, transparency=0)
    assert read_png(path).shape == (6, 5, 4) and picture_size(path) == (5, 6)
    Image.fromarray(colors[..., 0] > 99).save(path)
    assert np.array_equal(read_png(path), np.repeat(255 * (colors[..., :1] > 99), 3, -1))
    picture.save(path, save_all=True, append_images=[Image.fromarray(255 - colors)])
    assert np.array_equal(read_png(path), colors)
    picture.convert("CMYK").save(tmp_path / "a.jpg")
    assert read_png(tmp_path / "a.jpg").shape == (6, 5, 3) and picture_size(tmp_path / "a.jpg") == (5, 6)


def test_hdr_planar_coding_matches_the_formula(tmp_path):
    rng = np.random.default_rng(2)
    pixels = rng.integers(1, 256, (3, 300, 4), dtype=np.uint8)
    pixels[..., 3] = rng.integers(120, 140, (3, 300))
    pixels[1, 20:290] = (9, 8, 7, 128)  # a run over 127 bytes
    pixels[2, 5] = 0
    (tmp_path / "a.hdr").write_bytes(planar_rgbe(pixels))
    expected = pixels[..., :3] * 2.0 ** (pixels[..., 3:].astype(float) - 136)
    expected[2, 5] = 0
    np.testing.assert_allclose(read_hdr(tmp_path / "a.hdr"), expected, rtol=1e-6)


@pytest.mark.parametrize("width", [5, 32])
def test_a_written_hdr_reads_back_within_a_mantissa_step(tmp_path, width):
    """RGBE keeps 8 bits of the largest channel: half a step is 1 / 256 of it. Black, suns and rounding up included."""
    pixels = np.exp(np.random.default_rng(3).uniform(-9, 11, (7, width, 3))).astype(np.float32)
    pixels[0, 0], pixels[1, 1], pixels[2, 2] = 0.0, (255.9 / 256, 0.5, 0.0), (-1.0, 2.0, 1.0)
    write_hdr(tmp_path / "light.hdr", pixels)
    wanted = pixels.clip(0.0)
    error = np.abs(read_hdr(tmp_path / "light.hdr") - wanted) / np.maximum(wanted.max(-1, keepdims=True), 1e-30)
    assert error.max() <= 1 / 256 + 1e-6


def test_hdr_flat_old_coding_and_exposure(tmp_path):
    head = b"#?RGBE\nFORMAT=32-bit_rle_rgbe\nEXPOSURE= 2.0\n\n-Y 1 +X 4\n"
    (tmp_path / "flat.hdr").write_bytes(head + bytes([128, 64, 32, 129] * 4))
    np.testing.assert_allclose(read_hdr(tmp_path / "flat.hdr")[0, 3], [0.5, 0.25, 0.125])
    (tmp_path / "old.hdr").write_bytes(head + bytes([128, 64, 32, 129, 1, 1, 1, 3]))
    np.testing.assert_allclose(read_hdr(tmp_path / "old.hdr")[0], [[0.5, 0.25, 0.125]] * 4)


@pytest.mark.parametrize("read, name", [(read_exr, "a.exr"), (read_png, "a.png"), (read_hdr, "a.hdr")])
@pytest.mark.parametrize("kind", ["missing", "empty", "foreign", "truncated", "folder"])
def test_unreadable_pictures_are_one_line_image_errors(tmp_path, linear_image, read, name, kind):
    path = tmp_path / name
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "foreign":
        path.write_bytes(b"hello, this is not a picture\n\n")
    elif kind == "folder":
        path.mkdir()
    elif kind == "truncated":
        write_exr(tmp_path / "whole.exr", linear_image)
        write_png(tmp_path / "whole.png", linear_image.astype(np.uint8))
        (tmp_path / "whole.hdr").write_bytes(planar_rgbe(np.full((4, 40, 4), 130, np.uint8)))
        whole = (tmp_path / f"whole{path.suffix}").read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if name != "a.hdr" else whole[:-1])
    with pytest.raises(ImageError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("bad", [b"-Y 0 +X 4\n", b"+Y 2 +X 4\n", b"-Y 99999999 +X 99999999\n", b"-Y a +X 4\n", b""])
def test_hdr_with_a_bad_resolution_is_refused(tmp_path, bad):
    (tmp_path / "a.hdr").write_bytes(b"#?RADIANCE\n\n" + bad)
    with pytest.raises(ImageError):
        read_hdr(tmp_path / "a.hdr")


def test_wrong_arrays_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(TypeError, match="uint8"):
        write_png(tmp_path / "a.png", np.zeros((2, 2, 3), np.float32))
    with pytest.raises(ValueError, match=r"\[H, W"):
        write_exr(tmp_path / "a.exr", np.zeros(3))
    with pytest.raises(ValueError, match="channel_names"):
        write_exr(tmp_path / "a.exr", np.zeros((2, 2, 3)), channel_names=("U", "V"))
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for write, name, image in (
        (write_png, "a.png", np.zeros((2, 2, 3), np.uint8)),
        (write_exr, "a.exr", np.zeros((2, 2, 3), np.float32)),
    ):
        with pytest.raises(OutputError, match="cannot write here"):
            write(tmp_path / "file" / name, image)
    (tmp_path / "a.png").mkdir()
    with pytest.raises(OutputError):
        write_png(tmp_path / "a.png", np.zeros((2, 2, 3), np.uint8))
    assert sorted(os.listdir(tmp_path)) == ["a.png", "file"]


def test_a_failure_while_writing_keeps_the_old_file(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]
