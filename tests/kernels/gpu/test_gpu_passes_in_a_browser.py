"""Every pass compiles in a browser, too: Debian's chromium checks WGSL by Tint and grants WebGPU's default limits."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from phynes_core.avatar.avatar import ALBEDO_MAP, OFFSET_MAP
from phynes_core.frame.gpu_maps import map_constants
from phynes_core.kernels.gpu.description import description
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-watchdog",
)
PATIENCE_S = 120.0
NARROW = map_constants(NeuralMap(OFFSET_MAP)), map_constants(NeuralMap(ALBEDO_MAP))
WIDE = (
    map_constants(NeuralMap(NeuralMapConfig(1, num_layers=5, hidden_width=256, frequency_octaves=10))),
    map_constants(NeuralMap(NeuralMapConfig(3, num_layers=3, hidden_width=1024, residual_output=True))),
)
PAGE = """<!doctype html><script>
const say = (found) => fetch("/found", {method: "POST", body: JSON.stringify(found)});
const compiled = async (device, pass) => {
    const module = device.createShaderModule({code: pass.code});
    const info = await module.getCompilationInfo();
    for (const message of info.messages) {
        if (message.type === "error") return `${pass.name}:${message.lineNum}: ${message.message}`;
    }
    const [first, second] = pass.entries;
    if (!pass.is_built) return "";
    const stage = (entryPoint) => ({module, entryPoint});
    try {
        if (second === undefined) {
            await device.createComputePipelineAsync({layout: "auto", compute: stage(first)});
        } else {
            await device.createRenderPipelineAsync({
                layout: "auto", vertex: stage(first), fragment: {...stage(second), targets: [{format: pass.target}]},
                depthStencil: {format: "depth32float", depthWriteEnabled: true, depthCompare: "greater"},
            });
        }
    } catch (error) {
        return `${pass.name}: ${error.message}`;
    }
    return "";
};
(async () => {
    try {
        const adapter = await navigator.gpu.requestAdapter();
        const device = await adapter.requestDevice();
        const passes = await (await fetch("/passes")).json();
        const errors = await Promise.all(passes.map((pass) => compiled(device, pass)));
        await say({count: passes.length, errors: errors.filter((error) => error)});
    } catch (error) {
        await say({count: 0, errors: [String(error)]});
    }
})();
</script>"""


def passes() -> list[dict]:
    """Source and entry points; those with constants for maps of several kinds."""
    found = []
    for each in description().passes.values():
        kinds = [{}] if not each.constants else WIDE if "WIDTH" in each.constants else NARROW
        for constants in kinds:
            found.append({
                "name": each.file, "code": each.source(constants), "entries": each.entries, "target": each.target,
                "is_built": not constants,  # SwiftShader takes ten seconds for each map
            })  # fmt: skip
    return found


class Pages(BaseHTTPRequestHandler):
    """The page, what it asks for, and what it found."""

    found: dict = {}  # noqa: RUF012 - of the class that each test makes
    said: threading.Event

    def do_GET(self):
        content = json.dumps(passes()) if self.path == "/passes" else PAGE if self.path == "/" else ""
        kind = "application/json" if self.path == "/passes" else "text/html; charset=utf-8"
        self._answer(content.encode(), kind)

    def do_POST(self):
        self.found.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b"", "text/plain")
        self.said.set()

    def log_message(self, *_):
        """Nothing."""

    def _answer(self, content, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def test_every_pass_compiles_in_a_browser(tmp_path):
    """Tint is stricter than naga: uniform control flow around barriers, unused results, limits of a stage."""
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    pages = type("PagesOfATest", (Pages,), {"found": {}, "said": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path}", address]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert pages.said.wait(PATIENCE_S), "the browser said nothing"
    finally:
        browser.terminate()
        browser.wait(30.0)
        server.shutdown()
        server.server_close()
    assert not pages.found["errors"], "\n".join(pages.found["errors"])
    assert pages.found["count"] >= len(description().passes)
