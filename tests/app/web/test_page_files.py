"""Dropped lights, saved pictures and videos of the page."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from phynes_core.io.radiance_files import write_hdr

DROP = """([name, text]) => {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        window.dispatchEvent(new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
    }
}"""


def drop(page, name: str, content: bytes) -> None:
    page.run("() => { document.getElementById('notice').textContent = ''; }")
    page.run(DROP, [name, base64.b64encode(content).decode()])
    page.wait("document.getElementById('notice').textContent !== ''")


def picture_file(kind: str, width: int, height: int) -> bytes:
    """Blue from the left, black elsewhere."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 8 : width // 3, 2] = 255
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.fixture
def files(page):
    """The page without dropped lights of other tests."""
    page.run("() => { phynes.renderer.frames.environments.splice(3); }")
    page.run("() => phynes.store.post((state) => ({ ...state, background: [0, 0, 0] }))")
    yield page
    page.reset()
    page.run("() => { for (const each of phynes.dock.lights.splice(3)) each.remove(); }")
    page.run("() => { phynes.renderer.frames.environments.splice(3); phynes.dropped.splice(0); }")


@pytest.mark.parametrize("suffix", ["hdr", "png", "jpg"])
def test_a_dropped_picture_lights_the_avatar(files, tmp_path, suffix):
    if suffix == "hdr":
        light = np.zeros((16, 32, 3), np.float32)
        light[:, 4:11, 2] = 2.0
        write_hdr(tmp_path / "light.hdr", light)
        content = (tmp_path / "light.hdr").read_bytes()
    else:
        content = picture_file({"png": "PNG", "jpg": "JPEG"}[suffix], 64, 32)
    drop(files, f"blue.{suffix}", content)
    assert files.state["light"]["index"] == 3
    assert files.tab.locator("#strip button").count() == 4
    assert files.tab.locator("#caption").inner_text() == "blue"
    red, _, blue = np.moveaxis(files.picture().astype(int), -1, 0)
    assert (blue > 2 * red + 20).sum() > 60


def test_the_way_of_a_dropped_light_is_the_viewers(files):
    """The left window of the page, saved and dropped, is the same light."""
    script = """async () => {
        const view = (index) => ({ ...phynes.renderer.home, environment: { index, rotation: 0, gain: 1 } });
        const size = { width: 48, height: 48 };
        const radiance = new Float32Array(3 * 512).fill(0.02);
        for (let row = 4; row < 8; row++) radiance.fill(30, 3 * (32 * row + 4), 3 * (32 * row + 8));
        const index = phynes.renderer.addEnvironment({ name: "same", width: 32, height: 16, radiance });
        const own = await phynes.renderer.readPixels(view(2), size);
        const dropped = await phynes.renderer.readPixels(view(index), size);
        return Math.max(...own.data.map((value, at) => Math.abs(value - dropped.data[at])));
    }"""
    assert files.run(script) <= 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exr", b"v/1", "expected an .hdr, .png or .jpg picture"),
        ("a.png", b"GIF89a" + bytes(40), "expected a PNG or a JPEG"),
        ("a.png", picture_file("PNG", 60, 20), "twice as wide as high"),
        ("a.jpg", picture_file("JPEG", 32, 16)[:60], "does not say its size"),
        ("a.jpg", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff" + bytes(20), "at most 8192 x 4096"),
        ("a.png", picture_file("PNG", 64, 32)[:70], "cannot read"),
        ("a.hdr", b"#?RADIANCE\n\n-Y 4096 +X 8192\n", "do not fit"),
        ("<img src=x onerror=alert(1)>.hdr", b"", "another kind of file"),
        ("black.png", b"", "expected a PNG or a JPEG"),
    ],
)
def test_what_is_no_light_is_refused_in_a_sentence(files, name, content, reason):
    before = files.state
    drop(files, name, content)
    notice = files.tab.locator("#notice").inner_text()
    assert reason in notice and "<" not in notice
    assert files.state == before and files.tab.locator("#strip button").count() == 3


def test_a_black_picture_is_no_light(files):
    file = io.BytesIO()
    Image.new("RGB", (64, 32)).save(file, "PNG")
    drop(files, "black.png", file.getvalue())
    assert "expected some light" in files.tab.locator("#notice").inner_text()


def test_a_saved_picture_is_clear_behind_the_avatar(page):
    page.tab.locator("[data-panel=save]").click()
    page.tab.get_by_label("clear behind").check()
    with page.tab.expect_download() as download:
        page.tab.locator("#save-picture").click()
    assert download.value.suggested_filename == "small.png"
    picture = Image.open(download.value.path())
    canvas = page.run("() => phynes.pixels(1)")
    assert picture.mode == "RGBA" and picture.size == (canvas["width"], canvas["height"])
    alpha = np.asarray(picture)[..., 3]
    assert alpha.min() == 0 and alpha.max() == 255 and alpha[0, 0] == 0
    page.tab.get_by_label("clear behind").uncheck()
    with page.tab.expect_download() as download:
        page.tab.locator("#save-picture").click()
    solid = np.asarray(Image.open(download.value.path()))
    assert (solid[..., 3] == 255).all()
    background = np.round(255 * np.array(page.state["background"]))
    assert np.abs(solid[0, 0, :3] - background).max() <= 1


def small_video(page, seconds: float) -> None:
    """Record few and small frames."""
    page.run(
        "(seconds) => { phynes.saving.length = () => String(seconds); phynes.saving.videoSize = () => '32';"
        "phynes.store.post((state) => ({ ...state, buffer: 'albedo' })); phynes.dock.toggle('save'); }",
        seconds,
    )


def test_a_turntable_becomes_a_video(page, tmp_path):
    import imageio.v3 as imageio

    small_video(page, 0.3)
    with page.tab.expect_download() as download:
        page.tab.locator("#record").click()
        assert page.tab.locator("#progress").is_visible()
    assert download.value.suggested_filename == "small.webm"
    content = download.value.path().read_bytes()
    assert content[:4] == b"\x1a\x45\xdf\xa3"
    (tmp_path / "small.webm").write_bytes(content)
    frames = imageio.imread(tmp_path / "small.webm", plugin="FFMPEG")
    assert len(frames) >= 1 and frames.shape[1:3] == (32, 32)  # SwiftShader's capture leaves most frames out
    assert not page.tab.locator("#progress").is_visible()


def test_a_video_can_be_cancelled(page):
    small_video(page, 30)
    page.tab.keyboard.press("r")
    page.tab.locator("#cancel").click()
    page.wait("document.getElementById('notice').textContent === 'The video is cancelled'")
    assert page.run("() => phynes.saving.recording") is None
    assert not page.tab.locator("#record").is_disabled()


def test_a_page_goes_on_as_another_one_was_left(files):
    """As when a watched avatar has changed: dropped lights, edits and steps to undo; there are more lights here."""
    before = files.run(
        """async () => {
            const blue = { name: "blue", width: 4, height: 2, radiance: new Float32Array(24).fill(0.5) };
            const first = { ...phynes.first, light: { index: 2, rotation: 30, gain: 1 }, buffer: "normal" };
            const state = { ...first, exposure: 1.5, mirrors: true, clip: { ...first.clip, index: 7, playing: true } };
            const store = { state, before: [first], after: [] };
            await phynes.takeOver({ store, first, held: { environments: 2, clips: 8 }, dropped: [blue] });
            return phynes.renderer.description.environments[phynes.store.state.light.index].name;
        }"""
    )
    state = files.state
    assert before == "blue" and state["light"] == {"index": 3, "rotation": 30, "gain": 1}
    assert (state["exposure"], state["mirrors"]) == (1.5, True)
    assert (state["clip"]["index"], state["clip"]["playing"]) == (-1, False)  # there are fewer clips
    files.run("() => phynes.store.undo()")
    assert (files.state["exposure"], files.state["light"]["index"]) == (0, 3)
