"""synthesis.json: with which settings a folder was synthesized, so that a run only goes on with its own."""

import json
from pathlib import Path
from typing import Any

from phynes_core.body.model import BodyModel
from phynes_core.data import layout
from phynes_core.errors import CaptureError
from phynes_core.io.atomic_file import replacing
from phynes_core.synthetic.plan import SynthesisPlan
from phynes_core.synthetic.subjects import find_subject

SETTINGS = "synthesis.json"
RENDER_VERSION = 2  # raised whenever lights, exposure or rendering change: a half-rendered capture must not mix two


def check_settings(plan: SynthesisPlan, body: BodyModel, root: Path) -> None:
    """CaptureError when `root` holds a capture made with other settings."""
    path = root / SETTINGS
    if not path.is_file():
        if (root / layout.CAMERAS).exists():
            raise CaptureError(f"{root}: holds a capture that was not synthesized here; choose an empty --out")
        return
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        difference, stored_body, version = plan.difference(stored["plan"]), stored["body"], stored["subject_version"]
        rendered = stored.get("render_version", 1)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaptureError(
            f"{path}: expected the settings of a run, got something else; choose another --out"
        ) from error
    if difference is None and stored_body != body.content_hash:
        difference = "body: another body model"
    current = find_subject(plan.subject).version
    if difference is None and version != current:
        difference = f"subject: the folder has version {version}, this program makes version {current}"
    if difference is None and rendered != RENDER_VERSION:
        difference = f"exposure: the folder has version {rendered}, this program makes version {RENDER_VERSION}"
    if difference is not None:
        raise CaptureError(f"{path}: made with other settings ({difference}); repeat those or choose another --out")


def save_settings(plan: SynthesisPlan, body: BodyModel, root: Path) -> None:
    """Write synthesis.json."""
    settings: dict[str, Any] = {
        "plan": plan.as_json(),
        "body": body.content_hash,
        "subject_version": find_subject(plan.subject).version,
        "render_version": RENDER_VERSION,
    }
    with replacing(root / SETTINGS) as temporary:
        temporary.write_text(json.dumps(settings, indent=1), encoding="utf-8")
