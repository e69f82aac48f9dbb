"""The engine of an exported page in a real browser, without the page's controls: numbers of pictures, and pixels."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.model import pose_joints
from phynes_core.body.motion.files import load_motion
from phynes_core.export.page import page_html
from phynes_core.export.page_packet import PageContent, PageLight, page_packet
from phynes_core.io.shipped_files import bundled_avatars, bundled_environments, bundled_motions
from phynes_core.render.probes import load_environment_image
from tests.source_files import ROOT

LIGHTS, CLIPS = ("sunset",), ("kick",)
SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><!--policy--><title></title>
<link rel="icon" href="data:,"><!--style--></head>
<body><canvas id="picture" width="64" height="64"></canvas><!--still--><!--packet--><!--script--></body></html>
"""
MAIN = """
import { embeddedPacket } from "../engine/packet.js";
import { Renderer } from "../engine/renderer.js";

const packet = embeddedPacket(document);
const canvas = document.getElementById("picture");
const said = [];
const open = async () => Renderer.create(canvas, await packet, {
    onLost: (reason) => said.push(`lost: ${reason}`), onError: (message) => said.push(`error: ${message}`),
});
const bytes = (values) => {
    const all = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    let text = "";
    for (let at = 0; at < all.length; at += 8192) {
        text += String.fromCharCode(...all.subarray(at, at + 8192));
    }
    return btoa(text);
};
Object.assign(globalThis, { open, bytes, said, canvas });
"""


def web_folder(folder: Path) -> Path:
    """The page's engine under a shell that draws nothing by itself."""
    (folder / "engine").symlink_to(ROOT / "app" / "web" / "engine")
    (folder / "page").mkdir()
    (folder / "page" / "page.html").write_text(SHELL)
    (folder / "page" / "page.css").write_text("body { margin: 0; }\n")
    (folder / "page" / "main.js").write_text(MAIN)
    return folder


def content_of(name: str) -> PageContent:
    """A bundled avatar with a light and a clip."""
    avatar = load_checkpoint(bundled_avatars()[name]).requires_grad_(False)
    joints = pose_joints(avatar.body, avatar.rest_pose()).positions
    clips = tuple(load_motion(bundled_motions()[clip]).placed_on(joints) for clip in CLIPS)
    lights = tuple(PageLight(light, load_environment_image(bundled_environments()[light])) for light in LIGHTS)
    pose, has_detail = avatar.training_poses[0], avatar.record.has_detail
    return PageContent(avatar, avatar.betas, pose, has_detail, clips, lights)


def write_page(web: Path, name: str, path: Path) -> Path:
    """The exported file."""
    path.write_text(page_html(web, name, page_packet(content_of(name)).to_bytes()))
    return path


class EnginePage:
    """A page, and all that it says and asks for."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.page = browser.new_page()
        self.page.set_default_timeout(600_000)  # SwiftShader on a busy machine
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address = path.as_uri()
        self.page.goto(self.address)
        self.run("async () => { globalThis.renderer = await open(); }")
        self.home: dict[str, Any] = self.run("() => renderer.home")

    def run(self, script: str, given: Any = None) -> Any:
        """What a function in the page gives back."""
        return self.page.evaluate(script, given)

    def buffer(self, view: dict[str, Any], size: int, part: str = "image") -> torch.Tensor:  # [size, size, 4]
        """The numbers of a view's buffer."""
        text = self.run(
            "async ([view, size, part]) => bytes(await renderer.readBuffer(view, { width: size, height: size, part }))",
            [view, size, part],
        )
        return torch.from_numpy(np.frombuffer(base64.b64decode(text), np.float32).reshape(size, size, 4).copy())

    def pixels(self, view: dict[str, Any], width: int, height: int, alpha: bool = False) -> np.ndarray:  # [H, W, 4]
        """A picture as a visitor saves it."""
        text = self.run(
            "async ([view, size]) => bytes((await renderer.readPixels(view, size)).data)",
            [view, {"width": width, "height": height, "alpha": alpha}],
        )
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)
