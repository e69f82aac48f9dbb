"""What imperfect captures cost, as the table of docs/training.md.

    python docs/measure_imperfections.py --out data/imperfections
    python docs/measure_imperfections.py --out data/imperfections --captures josh_256,ada_256 --length full
    python docs/measure_imperfections.py --out data/imperfections --code ../before --label before

degrades the sample captures in each way, trains, and judges every avatar on the exact capture: true poses, shape and
cameras. `--code` trains with another checkout of this project, to compare with; degrading and judging are always done
by this one. Started again it goes on where it was: what was trained or measured is kept.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from phynes_core.body.files import load_bundled_body  # noqa: E402
from phynes_core.body.model import pose_body  # noqa: E402
from phynes_core.data.capture import Capture  # noqa: E402
from phynes_core.data.native.reader import load_capture  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402
from phynes_core.registration.capture_fit import CaptureFit  # noqa: E402
from phynes_core.training.run.run_folder import RunFolder  # noqa: E402

IMPERFECTIONS = {
    "exact": (),
    "body 1°, 5 mm": ("--body-noise", "1deg,5mm"),
    "body 2°, 1 cm": ("--body-noise", "2deg,10mm"),
    "masks 2 px": ("--mask-noise", "2px"),
    "colors 5 %": ("--color-noise", "5%"),
    "cameras 0.1°, 2 mm": ("--camera-noise", "0.1deg,2mm"),
    "all, as on real rigs": ("--preset", "real"),
}
LENGTHS = {
    "short": ("stage1.steps=1200", "stage1.rays=512", "stage2.steps=600", "stage2.pixels=1024"),
    "full": (),
}
COLUMNS = (
    ("novel view", ("novel_view", "relit")), ("albedo", ("albedo",)), ("relighting", ("relighting",)),
)  # fmt: skip


def run(code: Path, *arguments: object) -> None:
    """A command of the project; its output goes where this one's goes."""
    line = [sys.executable, "launch.py", *map(str, arguments)]
    subprocess.run(line, cwd=code, check=True, stdout=subprocess.DEVNULL)


def pose_error_mm(exact: Capture, other: Capture) -> float:
    """Mean distance of the bodies' vertices over the training frames."""
    body, errors = load_bundled_body(), []
    for frame in exact.frames:
        if exact.frame_split[frame] == "train":
            ours, theirs = (pose_body(body, capture.poses[frame]).vertices for capture in (other, exact))
            errors.append(float((ours - theirs).norm(dim=1).mean()))
    return 1e3 * float(np.mean(errors))


def fitted(run_folder: Path, degraded: Capture) -> Capture:
    """The capture as training came to see it."""
    stored = RunFolder(run_folder).load().part("registration.")
    kinds = ("pose.", "camera.")
    return CaptureFit.from_tensors({k: v for k, v in stored.items() if k.startswith(kinds)}).applied_to(degraded)


def measure(capture: str, kind: str, length: str, code: Path, folder: Path) -> dict[str, float]:
    """Degrade, train, judge; whatever exists already is kept."""
    source = PROJECT / "assets" / "captures" / capture
    degraded = folder.parent.parent / "captures" / f"{capture}_{list(IMPERFECTIONS).index(kind)}"
    if not IMPERFECTIONS[kind]:
        degraded = source
    elif not degraded.exists():
        run(PROJECT, "degrade", "--data", source, "--out", degraded, *IMPERFECTIONS[kind])
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, run_folder = (folder / "avatar.ckpt").resolve(), (folder / "run").resolve()
    if not checkpoint.is_file():
        settings = [word for setting in LENGTHS[length] for word in ("--set", setting)]
        state = ["--resume"] if RunFolder(run_folder).state_path.is_file() else []
        where = ["--data", degraded.resolve(), "--out", checkpoint, "--run-folder", run_folder]
        run(code, "train", *where, "--no-evaluate", *settings, *state)
    report = folder / "report"
    if not (report / "metrics.json").is_file():
        run(PROJECT, "evaluate", "--avatar", checkpoint, "--data", source, "--out", report.resolve(), "--max-images", 6)
    metrics = json.loads((report / "metrics.json").read_text(encoding="utf-8"))
    row: dict[str, float] = {}
    for name, path in COLUMNS:
        part = metrics
        for key in path:
            part = part[key]
        row |= {name: part["psnr"], f"{name} foreground": part["psnr_foreground"]}
    row |= {"P2S": metrics["geometry"]["p2s_cm"], "CD": metrics["geometry"]["cd_cm"]}
    row["roughness"] = metrics["roughness"]["rmse"]
    row["minutes"] = RunFolder(run_folder).load().seconds / 60.0
    exact, given = load_capture(source), load_capture(degraded)
    row["given mm"] = pose_error_mm(exact, given)
    row["found mm"] = pose_error_mm(exact, fitted(run_folder, given))
    return row


def table(results: dict[str, dict[str, float]]) -> str:
    """Markdown; full picture and, in brackets, foreground in dB, lengths in cm, vertices in mm."""
    lines = [
        "| | | | novel view | albedo | relighting | P2S / CD | roughness | vertices, given and found | minutes |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, row in results.items():
        decibels = " | ".join(f"{row[name]:.1f} ({row[f'{name} foreground']:.1f})" for name, _ in COLUMNS)
        geometry = f"{row['P2S']:.3f} / {row['CD']:.3f} | {row['roughness']:.3f}"
        vertices = f"{row['given mm']:.1f} → {row['found mm']:.1f}"
        lines.append(f"| {' | '.join(key.split('/'))} | {decibels} | {geometry} | {vertices} | {row['minutes']:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Fill the table row by row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of captures, avatars and results")
    parser.add_argument("--captures", default="josh_256", help="names in assets/captures, separated by commas")
    parser.add_argument("--kinds", default=";".join(IMPERFECTIONS), help="some of them, separated by semicolons")
    parser.add_argument("--length", default="short", choices=list(LENGTHS), help="1,200 + 600 steps, or the preset's")
    parser.add_argument("--code", type=Path, default=PROJECT, help="the checkout that trains")
    parser.add_argument("--label", default="now", help="names the rows and the folders of that checkout")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    stored = arguments.out / "results.json"
    for capture in arguments.captures.split(","):
        for kind in arguments.kinds.split(";"):
            results = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {}
            key = f"{capture}, {arguments.length}/{kind}/{arguments.label}"
            if key not in results:
                name = f"{capture}_{arguments.length}_{list(IMPERFECTIONS).index(kind)}_{arguments.label}"
                folder = arguments.out / "runs" / name
                results[key] = measure(capture, kind, arguments.length, arguments.code.resolve(), folder)
                with replacing(stored) as temporary:
                    temporary.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
            print(table(results), flush=True)


if __name__ == "__main__":
    main()
