"""An avatar as a web page: one file that asks nobody for anything, or a folder for a web server.

The page's own files lie in app/web/: `page/page.html` with places for style, script and numbers, and plain modules. All
pixels are computed by the visitor's GPU; a still stands in the page for browsers without WebGPU.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from phynes_core.export.page_modules import joined_modules, module_files

MOST_BYTES = 64 << 20  # of a page that a browser opens without trouble
_ENTRY, _STYLE, _SHELL = "page/main.js", "page/page.css", "page/page.html"
_ALONE = "default-src 'none'; img-src data: blob:; media-src data: blob:; base-uri 'none'; form-action 'none'"
_BESIDE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Fallback:
    """What browsers without WebGPU show."""

    still: bytes  # a PNG
    video: bytes = b""  # a WebM that plays in a loop; empty: there is none


def page_html(web: Path, name: str, packet: bytes, fallback: Fallback | None = None) -> str:
    """The page as one file. `web`: the folder app/web; `packet`: as page_packet makes it; equal input, equal file."""
    style, script = _text(web / _STYLE), joined_modules(web / _ENTRY)
    policy = f"{_ALONE}; script-src {_digest(script)}; style-src {_digest(style)}"
    numbers = f'<script type="application/octet-stream" id="avatar">{_base64(packet)}</script>'
    places = {
        "policy": _policy(policy),
        "style": f"<style>{style}</style>",
        "still": "" if fallback is None else _fallback(name, _data("image/png", fallback.still), _video(fallback)),
        "packet": numbers,
        "script": f'<script type="module">{script}</script>',
    }
    return _filled(_text(web / _SHELL), name, places)


def page_files(web: Path, name: str, packet: bytes, fallback: Fallback | None = None) -> dict[str, bytes]:
    """The page as files of a folder, by their paths in it, for any static web server."""
    modules = module_files(web / _ENTRY)
    files = {path.relative_to(web.resolve()).as_posix(): path.read_bytes() for path in modules}
    files |= {_STYLE: (web / _STYLE).read_bytes(), "avatar.bin": packet}
    if fallback is not None:
        files |= {"still.png": fallback.still} | ({"turntable.webm": fallback.video} if fallback.video else {})
    places = {
        "policy": _policy(_BESIDE),
        "style": f'<link rel="stylesheet" href="{_STYLE}">',
        "still": "" if fallback is None else _fallback(
            name, "still.png", _video_element("turntable.webm") if fallback.video else ""
        ),
        "packet": "",
        "script": f'<script type="module" src="{_ENTRY}"></script>',
    }  # fmt: skip
    return files | {"index.html": _filled(_text(web / _SHELL), name, places).encode()}


def _filled(shell: str, name: str, places: Mapping[str, str]) -> str:
    for place, content in places.items():
        mark = f"<!--{place}-->"
        if shell.count(mark) != 1:
            raise ValueError(f"{_SHELL}: expected one {mark}, got {shell.count(mark)}")
        before, _, after = shell.partition(mark)
        shell = before + content + after
    begin, end = shell.index("<title>"), shell.index("</title>")
    return f"{shell[:begin]}<title>{escape(name)}{shell[end:]}"


def _policy(policy: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def _digest(content: str) -> str:
    """An inline element's name in a policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _fallback(name: str, still: str, video: str) -> str:
    return video or f'<img src="{still}" alt="{escape(name)}">'


def _video(fallback: Fallback) -> str:
    return _video_element(_data("video/webm", fallback.video)) if fallback.video else ""


def _video_element(source: str) -> str:
    return f'<video src="{source}" autoplay muted loop playsinline controls></video>'


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{_base64(content)}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
