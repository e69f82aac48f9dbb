"""Modules joined into one script, and the files that a page is made of."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from phynes_core.export.page import Fallback, page_files, page_html
from phynes_core.export.page_modules import joined_modules, module_files
from tests.app.web.modules import WEB, run_modules
from tests.export.page_browser import web_folder

PACKET = b"numbers"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder / "main.js"


def test_joined_modules_do_what_the_modules_do(tmp_path):
    files = {
        "main.js": 'import { twice as double, Place } from "./math.js";\nimport {\n    name,\n} from "./words.js";\n'
        'globalThis.found = [double(4), new Place(3).x, name(), own];\nconst own = "mine";\n'.replace(
            "globalThis", "const own_first = 1;\nglobalThis"
        ).replace(", own]", ", own_first]"),
        "math.js": 'import { name } from "./words.js";\nconst own = 2;\nexport const twice = (x) => own * x;\n'
        "export class Place { constructor(x) { this.x = x; this.of = name(); } }\n",
        "words.js": 'const own = "word";\nexport function name() { return own; }\nexport async function later() {}\n',
    }
    entry = write(tmp_path, files)
    assert [path.name for path in module_files(entry)] == ["words.js", "math.js", "main.js"]
    (tmp_path / "joined.mjs").write_text(joined_modules(entry))
    script = f'await import("{(tmp_path / "joined.mjs").as_uri()}");\nanswer(globalThis.found);'
    assert run_modules(tmp_path, script) == [8, 3, "word", 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import "./words.js";\n', 'import "./words.js";'),
        ('import * as words from "./words.js";\n', "import \\* as words"),
        ("export default 3;\n", "export default 3;"),
        ("export let x = 3;\n", "export let x"),
        ('const x = "</script>";\n', "</script"),
        ('const x = "<!--";\n', "<!--"),
        ('import { main } from "./main.js";\n', "imports itself"),
    ],
)
def test_what_is_not_understood_is_refused(text, expected, tmp_path):
    with pytest.raises(ValueError, match=expected):
        joined_modules(write(tmp_path, {"main.js": text, "words.js": ""}))


def test_the_pages_own_modules_are_joined():
    script = joined_modules(WEB / "page" / "main.js")
    assert "class Renderer" in script and not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_a_page_holds_all_that_it_needs_and_lets_nothing_out(tmp_path):
    html = page_html(WEB, "<josh>", PACKET, Fallback(b"still"))
    assert html == page_html(WEB, "<josh>", PACKET, Fallback(b"still"))
    assert "<title>&lt;josh&gt;</title>" in html and "<!--" not in html
    assert base64.b64encode(PACKET).decode() in html and "data:image/png;base64," in html
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy and policy[1].startswith("default-src 'none';") and "unsafe" not in policy[1]
    for element, source in (("script", "script-src"), ("style", "style-src")):
        content = re.findall(rf'<{element}(?: type="module")?>(.*?)</{element}>', html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content[-1].encode()).digest()).decode()
        assert len(content) == 1 and f"{source} 'sha256-{digest}'" in policy[1]
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)


def test_a_folder_names_only_files_that_it_holds():
    files = page_files(WEB, "josh", PACKET, Fallback(b"still", b"video"))
    html = files["index.html"].decode()
    named = re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"', html)
    assert set(named) == {"page/page.css", "page/main.js", "turntable.webm"} and set(named) <= set(files)
    assert files["avatar.bin"] == PACKET and "'unsafe" not in html
    for name, content in files.items():
        for source in re.findall(r'from "([^"]+)"', content.decode()) if name.endswith(".js") else []:
            assert (Path("/") / name).parent.joinpath(source).resolve().relative_to("/").as_posix() in files


def test_a_shell_without_a_place_for_the_numbers_is_refused(tmp_path):
    web = web_folder(tmp_path)
    shell = web / "page" / "page.html"
    shell.write_text(shell.read_text().replace("<!--packet-->", ""))
    with pytest.raises(ValueError, match="<!--packet-->"):
        page_html(web, "josh", PACKET)
