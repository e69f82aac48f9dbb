"""The page's reader of Radiance pictures against the desktop's, on intact and on damaged files."""

import base64
import random
from pathlib import Path

import numpy as np
import pytest

from phynes_core.errors import ImageError
from phynes_core.io.image_files import ENVIRONMENT
from phynes_core.io.radiance_files import read_hdr, write_hdr
from tests.app.web.modules import run_modules

SCRIPT = """
import { PictureError, readRadiance } from "web/page/radiance_file.js";
answer(given.map((text) => {
    try {
        const { width, height, rgbe, exposure } = readRadiance(new Uint8Array(Buffer.from(text, "base64")));
        return { width, height, exposure, rgbe: Buffer.from(rgbe).toString("base64") };
    } catch (error) {
        if (!(error instanceof PictureError)) throw error;
        return { refused: error.message };
    }
}));
"""
HEADER = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n"


def packed_rows(rows: int, columns: int, rng: random.Random) -> bytes:
    """A picture in the new run-length coding."""
    content = bytearray()
    for _ in range(rows):
        content += bytes([2, 2, columns >> 8, columns & 255])
        for _ in range(4):
            left = columns
            while left:
                count = rng.randint(1, min(left, 127))
                if rng.random() < 0.5:
                    content += bytes([128 + count, rng.randrange(256)])
                else:
                    content += bytes([count]) + rng.randbytes(count)
                left -= count
    return bytes(content)


def read_by_page(folder: Path, contents: list[bytes]) -> list[dict]:
    return run_modules(folder, SCRIPT, [base64.b64encode(content).decode() for content in contents])


def radiance_of(answer: dict) -> np.ndarray:
    rgbe = np.frombuffer(base64.b64decode(answer["rgbe"]), np.uint8).reshape(answer["height"], answer["width"], 4)
    scale = np.where(rgbe[..., 3:] > 0, np.ldexp(1.0 / answer["exposure"], rgbe[..., 3:].astype(int) - 136), 0.0)
    return rgbe[..., :3] * scale


def test_pictures_are_read_as_on_the_desktop(tmp_path):
    rng = random.Random(0)
    write_hdr(tmp_path / "flat.hdr", np.random.default_rng(0).random((4, 8, 3)) * 50.0)
    contents = [
        (tmp_path / "flat.hdr").read_bytes(),
        HEADER + b"EXPOSURE=2.0\nEXPOSURE=0.25\n\n-Y 8 +X 16\n" + packed_rows(8, 16, rng),
        HEADER + b"\n-Y 2 +X 4\n" + bytes([1, 2, 3, 130, 1, 1, 1, 5, 9, 9, 9, 128, 4, 4, 4, 4]),  # the old coding
        HEADER + b"\n-Y 300 +X 600\n" + bytes([7, 7, 7, 129, 1, 1, 1, 255, 1, 1, 1, 255, 1, 1, 1, 255]) + bytes(6000),
        HEADER + b"\n-Y 4 +X 8\n" + bytes([1, 1, 1, 3]) + bytes(range(128)),  # a repeat of nothing
    ]
    for number, (content, answer) in enumerate(zip(contents, read_by_page(tmp_path, contents), strict=True)):
        (tmp_path / f"{number}.hdr").write_bytes(content)
        expected = read_hdr(tmp_path / f"{number}.hdr", ENVIRONMENT)
        assert "refused" not in answer, answer
        np.testing.assert_allclose(radiance_of(answer), expected, rtol=1e-6, atol=1e-36)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "another kind of file"),
        (b"#?RADIANCE\n", "another kind of file"),
        (HEADER + b"\n-Y 99999 +X 199998\n", "at most 8192 x 4096"),
        (HEADER + b"\n-Y 4096 +X 8192\n" + bytes(100), "do not fit"),
        (HEADER + b"\n-Y 4 +X 4\n" + bytes(64), "twice as wide as high"),
        (HEADER + b"\n+Y 4 +X 8\n" + bytes(128), "unrotated"),
        (HEADER + b"EXPOSURE=0\n\n-Y 4 +X 8\n" + bytes(128), "exposure"),
        (HEADER + b"EXPOSURE=nan\n\n-Y 4 +X 8\n" + bytes(128), "exposure"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 4 +X 8\n" + bytes(128), "XYZE"),
        (HEADER + b"\n-Y 4 +X 8\n" + bytes(100), "ends early"),
        (HEADER + b"\n-Y 4 +X 8\n" + bytes([2, 2, 0, 8, 0]) + bytes(100), "ends early"),
    ],
)
def test_files_that_ask_for_too_much_or_are_damaged_are_refused(tmp_path, content, reason):
    assert reason in read_by_page(tmp_path, [content])[0]["refused"]


def test_mutants_are_accepted_and_refused_as_on_the_desktop(tmp_path):
    rng = random.Random(1)
    good = HEADER + b"EXPOSURE=1.5\n\n-Y 8 +X 16\n" + packed_rows(8, 16, rng)
    mutants = []
    for _ in range(400):
        content = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(content))
            content[at : at + rng.randint(0, 2)] = rng.randbytes(rng.randint(0, 2))
        mutants.append(bytes(content))
    accepted = 0
    for content, answer in zip(mutants, read_by_page(tmp_path, mutants), strict=True):
        (tmp_path / "mutant.hdr").write_bytes(content)
        try:
            expected = read_hdr(tmp_path / "mutant.hdr", ENVIRONMENT)
        except ImageError:
            expected = None
        if expected is not None and expected.shape[1] != 2 * expected.shape[0]:
            expected = None  # the desktop refuses it where it becomes an environment
        assert (expected is None) == ("refused" in answer), (answer, content[:60])
        if expected is not None:
            accepted += 1
            np.testing.assert_allclose(radiance_of(answer), expected, rtol=1e-6, atol=1e-36)
    assert 20 < accepted < 380
