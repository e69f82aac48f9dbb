"""Make docs/pictures/page.webp, the page of josh in a browser: `python docs/make_page_picture.py` from the root.

Needs Debian's chromium. Where SwiftShader computes, its picture of 1200 x 660 pixels takes a minute.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

PROJECT = Path(__file__).resolve().parent.parent
PICTURE = PROJECT / "docs" / "pictures" / "page.webp"
SIZE = (1200, 720)
DRAFT = "Object.defineProperty(window, 'devicePixelRatio', { value: 0.15 });"  # what is drawn before the last picture
STAGE = """() => {
    phynes.store.post((state) => ({
        ...state, clip: { ...state.clip, index: 1, time: 1.3 }, light: { index: 1, rotation: 30, gain: 0.5 },
        camera: { ...state.camera, azimuth: -18, elevation: 4, distance: 0.9 * state.camera.distance },
        floor: { ...state.floor, on: true }, curve: "filmic",
        lamps: [{
            kind: "sun", azimuth: 55, elevation: 30, angle: 2, distance: 1.5, radius: 0.1, color: [1, 0.8, 0.5],
            intensity: 7, on: true,
        }],
    }));
    phynes.dock.toggle("light");
}"""
LAY_OVER = """async () => {
    const { clientWidth: width, clientHeight: height } = phynes.canvas;
    const pixels = await phynes.renderer.readPixels(phynes.renderer.last, { width, height });
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    Object.assign(canvas.style, { position: "absolute", inset: "0", width: "100%", height: "100%" });
    phynes.canvas.after(canvas);
}"""

sys.path.insert(0, str(PROJECT))
from app.serving.page_recipe import PageRecipe  # noqa: E402
from phynes_core.io.shipped_files import bundled_avatars  # noqa: E402
from tests.app.web.shown_pages import PATIENCE_MS, chromium  # noqa: E402


def main() -> None:
    """Export, pose, light, save."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page, shot = Path(folder) / "josh.html", Path(folder) / "page.png"
        page.write_bytes(PageRecipe(bundled_avatars()["josh"]).make())
        tab = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme="dark")
        tab.set_default_timeout(10 * PATIENCE_MS)
        tab.add_init_script(DRAFT)
        tab.goto(page.as_uri())
        _wait(tab, "globalThis.phynes?.loop.isStill")
        tab.evaluate(STAGE)
        _wait(tab, "phynes.loop.isStill")
        tab.evaluate(LAY_OVER)
        tab.screenshot(path=shot)
        Image.open(shot).convert("RGB").save(PICTURE, quality=88)
    print(PICTURE)


def _wait(tab, condition: str) -> None:
    """Until an expression is true; the page's policy forbids what playwright's own waiting evaluates."""
    look = f"const look = () => {condition} ? done() : setTimeout(look, 50); look();"
    tab.evaluate(f"() => new Promise((done) => {{ {look} }})")


if __name__ == "__main__":
    main()
