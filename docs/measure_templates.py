"""What the person's own mesh, offsets that slide and refined poses gain, as the tables of docs/training.md.

    python docs/measure_templates.py --out data/templates
    python docs/measure_templates.py --out data/templates --captures josh_256,noa_256 --steps 1200

trains on the sample captures in each way, briefly, and judges every avatar on the exact capture. Started again it goes
on where it was: what was trained or measured is kept.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from phynes_core.training.run.run_folder import RunFolder  # noqa: E402

EXACT = ("--set", "registration.steps=0")  # poses of exact captures are trusted
NOISE = ("--body-noise", "1deg,5mm")


@dataclass(frozen=True)
class Way:
    """How an avatar is trained."""

    options: tuple[str, ...]
    is_noisy: bool = False  # whether the bodies' fits are wrong
    borrows: bool = False  # the mesh of the way "template", so that only what is compared differs


WAYS = {
    "the body's mesh": Way((*EXACT, "--template", "smpl")),
    "template": Way(EXACT),
    "template, vectors": Way((*EXACT, "--set", "stage1.offsets=vector"), borrows=True),
    "template, vectors, pose_gain=1": Way(
        (*EXACT, "--set", "stage1.offsets=vector", "--set", "stage1.pose_gain=1"), borrows=True
    ),
    "template, pose_gain=1": Way((*EXACT, "--set", "stage1.pose_gain=1"), borrows=True),
    "template, fits off by 1°, 5 mm": Way(EXACT, is_noisy=True),
    "the same, refined poses": Way((), is_noisy=True),
}
COLUMNS = {"novel view": ("novel_view", "relit"), "novel pose": ("novel_pose", "relit"), "albedo": ("albedo",)}


def run(*arguments: object) -> None:
    """A command of the project."""
    line = [sys.executable, "launch.py", *map(str, arguments)]
    subprocess.run(line, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


def measure(capture: str, name: str, steps: int, out: Path) -> dict[str, float]:
    """Train and judge one way; whatever exists already is kept."""
    way, source = WAYS[name], PROJECT / "assets" / "captures" / capture
    data, folder = source, out / "runs" / f"{capture}_{list(WAYS).index(name)}"
    if way.is_noisy:
        data = out / "captures" / capture
        if not data.exists():
            run("degrade", "--data", source, "--out", data, *NOISE)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "avatar.ckpt"
    numbers = {"stage1.steps": steps, "stage1.rays": 512, "stage2.steps": steps // 2, "stage2.pixels": 1024}
    settings = [word for key, value in numbers.items() for word in ("--set", f"{key}={value}")]
    if way.borrows:
        first = out / "runs" / f"{capture}_{list(WAYS).index('template')}" / "avatar.ckpt"
        settings += ["--template", str(first)]
    if not checkpoint.is_file():
        where = ["--data", data, "--out", checkpoint, "--run-folder", folder / "run"]
        state = ["--resume"] if RunFolder(folder / "run").state_path.is_file() else []
        run("train", *where, "--no-evaluate", "--no-inspect", *way.options, *settings, *state)
    report = folder / "report"
    if not (report / "metrics.json").is_file():
        run("evaluate", "--avatar", checkpoint, "--data", source, "--out", report, "--max-images", 6)
    metrics = json.loads((report / "metrics.json").read_text(encoding="utf-8"))
    row = {"minutes": RunFolder(folder / "run").load().seconds / 60.0}
    for column, path in COLUMNS.items():
        part = metrics
        for key in path:
            part = part[key]
        row |= {column: part["psnr"], f"{column} foreground": part["psnr_foreground"]}
    for key in ("p2s_cm", "cd_cm", "novel_pose_p2s_cm", "novel_pose_cd_cm"):
        row[key] = metrics["geometry"][key]
    return row


def line(title: str, row: dict[str, float]) -> str:
    """Full picture and, in brackets, foreground in dB; lengths in cm."""
    decibels = " | ".join(f"{row[name]:.2f} ({row[f'{name} foreground']:.2f})" for name in COLUMNS)
    seen, novel = (f"{row[f'{kind}p2s_cm']:.3f} / {row[f'{kind}cd_cm']:.3f}" for kind in ("", "novel_pose_"))
    return f"| {title} | {decibels} | {seen} | {novel} | {row['minutes']:.1f} |"


def main() -> None:
    """Fill the table row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of captures, avatars and reports")
    parser.add_argument("--captures", default="josh_256,noa_256", help="names in assets/captures, with commas between")
    parser.add_argument("--ways", default=";".join(WAYS), help="some of them, with semicolons between")
    parser.add_argument("--steps", type=int, default=600, help="of stage 1; stage 2 has half of them")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| | novel view | novel pose | albedo | P2S / CD | in novel poses | minutes |\n|---|---|---|---|---|---|---|")
    for capture in options.captures.split(","):
        for name in options.ways.split(";"):
            row = measure(capture, name, options.steps, options.out.resolve())
            print(line(f"{capture.removesuffix('_256')}, {name}", row), flush=True)


if __name__ == "__main__":
    main()
