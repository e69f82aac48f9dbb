"""The exported page of a small avatar in Debian's chromium, driven as a visitor drives it; SwiftShader is its GPU."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from phynes_core.body.model import pose_joints
from phynes_core.body.motion.files import load_motion
from phynes_core.export.page import Fallback, page_html
from phynes_core.export.page_packet import PageContent, PageLight, page_packet
from phynes_core.io.shipped_files import bundled_motions
from tests.app.web.modules import WEB
from tests.export.conftest import small_avatar

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless=new", "--no-sandbox", "--enable-unsafe-webgpu", "--enable-unsafe-swiftshader", "--disable-gpu-watchdog",
    # without these SwiftShader computes, but its pictures reach no canvas
    "--enable-features=Vulkan", "--use-vulkan=swiftshader", "--use-webgpu-adapter=swiftshader", "--use-angle=vulkan",
)  # fmt: skip
PATIENCE_MS = 120_000  # for a machine that does other things
DENSITY = 0.25  # of pixels: software shades some thousands of them in a second
STILL = (255, 0, 255)  # the color of the still in these pages


def write_small_page(path: Path) -> Path:
    """The page of a body of a few hundred faces with two clips and two lights beside the learned one."""
    avatar = small_avatar()
    joints = pose_joints(avatar.body, avatar.rest_pose()).positions
    clips = tuple(load_motion(bundled_motions()[name]).placed_on(joints) for name in ("walk", "kick"))
    left = torch.full((16, 32, 3), 0.02)
    left[4:8, 4:8] = 30.0
    lights = (PageLight("gray", torch.full((16, 32, 3), 0.5)), PageLight("left window", left))
    content = PageContent(avatar, avatar.betas, torch.zeros(69), False, clips, lights)
    still = io.BytesIO()
    Image.new("RGB", (8, 8), STILL).save(still, "PNG")
    path.write_text(page_html(WEB, "small", page_packet(content).to_bytes(), Fallback(still.getvalue())))
    return path


@contextmanager
def chromium(flags: tuple[str, ...] = FLAGS) -> Iterator[Any]:
    """A browser; skips where there is none. `browser.browser_type.launch` starts others beside it."""
    if not CHROMIUM.exists():
        pytest.skip("chromium is missing")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(flags))
        try:
            yield browser
        finally:
            browser.close()


class ShownPage:
    """A page, and all that it says and asks for."""

    def __init__(self, browser: Any, address: str, width: int = 320, height: int = 420, **context: Any) -> None:
        context = {"accept_downloads": True, "device_scale_factor": DENSITY, **context}
        self.context = browser.new_context(viewport={"width": width, "height": height}, **context)
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(PATIENCE_MS)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address = address
        self.tab.goto(address)
        self.wait("document.documentElement.dataset.state !== 'starting'")

    def close(self) -> None:
        self.context.close()

    def run(self, script: str, given: Any = None) -> Any:
        """What an expression or a function in the page gives back."""
        return self.tab.evaluate(script, given)

    def wait(self, condition: str, patience_ms: int = PATIENCE_MS) -> None:
        """Until an expression is true; the page's own policy forbids what playwright would do."""
        self.run(
            f"() => new Promise((done, fail) => {{ const end = Date.now() + {patience_ms}; const look = () => {{"
            f"if ({condition}) done(); else if (Date.now() > end) fail(new Error({condition!r} + ' stays false'));"
            "else setTimeout(look, 20); }; look(); })"
        )

    @property
    def state(self) -> dict[str, Any]:
        """Everything that a visitor can change."""
        return self.run("() => phynes.store.state")

    @property
    def frames(self) -> int:
        return self.run("() => phynes.loop.frames")

    def rest(self) -> None:
        """Wait until the full picture is shown."""
        self.wait("phynes.loop.isStill || phynes.loop.isStopped")
        assert not self.run("() => phynes.loop.isStopped"), self.tab.locator("#notice").inner_text()

    def reset(self) -> None:
        """As the page was when it was opened."""
        self.run("() => { document.getElementById('help').close(); phynes.dock.toggle(''); }")
        self.run("() => { phynes.store.show(phynes.first); phynes.store.endGesture(); }")

    def picture(self) -> np.ndarray:  # [H, W, 3] sRGB
        """What stands in the picture now."""
        self.rest()
        shown = self.tab.locator("#picture").screenshot()
        return np.asarray(Image.open(io.BytesIO(shown)).convert("RGB"))

    def middle(self) -> tuple[float, float]:
        """The middle of the picture in the window."""
        box = self.tab.locator("#picture").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, start: tuple[float, float], end: tuple[float, float], button: str = "left", key: str = "") -> None:
        """Press, move in three steps, release."""
        mouse = self.tab.mouse
        if key:
            self.tab.keyboard.down(key)
        mouse.move(*start)
        mouse.down(button=button)
        mouse.move(*end, steps=3)
        mouse.up(button=button)
        if key:
            self.tab.keyboard.up(key)
