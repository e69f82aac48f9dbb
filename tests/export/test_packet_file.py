"""The file of numbers of a page: written here, read by its JavaScript, which refuses damaged ones."""

import numpy as np
import pytest

from phynes_core.export.packet_file import PacketFile, stored_values
from tests.app.web.modules import run_modules

READ = """
import { readPacket } from "web/engine/packet.js";
try {
    const { head, arrays } = await readPacket(new Uint8Array(readFileSync(given)));
    answer({ head, arrays: Object.fromEntries([...arrays].map(([name, values]) => [name, Array.from(values)])) });
} catch (error) {
    answer({ error: `${error.constructor.name}: ${error.message}` });
}
"""


def read(tmp_path, content: bytes):
    (tmp_path / "avatar.bin").write_bytes(content)
    return run_modules(tmp_path, READ, str(tmp_path / "avatar.bin"))


def sample() -> PacketFile:
    packet = PacketFile({"name": "josh"})
    generator = np.random.default_rng(3)
    packet.add("exact", generator.normal(size=(5, 3)).astype(np.float32), "f32")
    packet.add("half", generator.normal(size=7).astype(np.float16).astype(np.float32), "f16")
    packet.add("steps", generator.uniform(-2.0, 3.0, 9).astype(np.float32), "n16")
    packet.add("large", np.array([0, 70_000, 2**32 - 1], np.uint32), "u32")
    packet.add("halves", np.array([[0x3C00_0001], [0xFFFF_8000]], np.uint32), "2x16")
    packet.add("small", np.array([0, 65_535], np.int64), "u16")
    packet.add("bytes", np.array([0, 255, 7], np.uint8), "u8")
    packet.add("none", np.zeros((0, 4), np.float32), "f32")
    return packet


def test_the_page_reads_what_was_written(tmp_path):
    found = read(tmp_path, sample().to_bytes())
    generator = np.random.default_rng(3)
    exact = generator.normal(size=15).astype(np.float32)
    half = generator.normal(size=7).astype(np.float16).astype(np.float32)
    steps = generator.uniform(-2.0, 3.0, 9).astype(np.float32)
    arrays = found["arrays"]
    assert found["head"]["name"] == "josh"
    assert np.array_equal(np.float32(arrays["exact"]), exact)
    assert np.array_equal(np.float32(arrays["half"]), half)
    assert np.allclose(arrays["steps"], stored_values(steps, "n16"), atol=1e-6)
    assert np.abs(np.array(arrays["steps"]) - steps).max() <= 0.5 * np.ptp(steps) / 65535 + 1e-6
    assert (arrays["large"], arrays["small"], arrays["bytes"]) == ([0, 70_000, 2**32 - 1], [0, 65_535], [0, 255, 7])
    assert arrays["halves"] == [0x3C00_0001, 0xFFFF_8000] and arrays["none"] == []


def test_equal_content_gives_equal_bytes():
    assert sample().to_bytes() == sample().to_bytes()


def test_half_floats_of_every_size_are_read(tmp_path):
    bits = np.array([0, 1, 0x3FF, 0x400, 0x3C00, 0x7BFF, 0x8000, 0x8001, 0xFBFF], np.uint16)
    values = bits.view(np.float16).astype(np.float32)
    packet = PacketFile({})
    packet.add("half", values, "f16")
    assert np.array_equal(np.float32(read(tmp_path, packet.to_bytes())["arrays"]["half"]), values)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda content: b"", "another"),
        (lambda content: b"NOTHING\n" + content[8:], "another"),
        (lambda content: content[:-1], "cut short"),
        (lambda content: content.replace(b'"count":15', b'"count":95'), "fewer numbers"),
        (lambda content: content.replace(b'"count":15', b'"count":11'), "more numbers"),
        (lambda content: content.replace(b'"count":15', b'"count":-5'), "damaged"),
        (lambda content: content.replace(b'"kind":"u16"', b'"kind":"x16"'), "damaged"),
        (lambda content: content.replace(b'{"name":"josh"', b'["name":"josh"'), "damaged"),
        (lambda content: content[:-40] + bytes(40), "damaged"),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(damage, expected, tmp_path):
    found = read(tmp_path, damage(sample().to_bytes()))
    assert found["error"].startswith("PacketError: avatar: ") and expected in found["error"]


def test_numbers_that_do_not_fit_their_kind_are_refused():
    with pytest.raises(ValueError, match="u16"):
        PacketFile({}).add("large", np.array([70_000]), "u16")
    with pytest.raises(ValueError, match="f16"):
        PacketFile({}).add("large", np.array([1e6], np.float32), "f16")
