"""What hash encoding, mesh losses and a split mesh cost and gain, beside the paper, as the tables of docs/training.md.

    python docs/measure_ablations.py --out data/ablations

times steps of stage 1 with every setting in turn, so that other load on the machine is on all of them alike (processor
time of one thread), and trains stage 1 with and without mesh losses from the same seed. Started again it goes on where
it was: results that exist are kept.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from phynes_core.avatar.avatar import Avatar  # noqa: E402
from phynes_core.body.files import load_bundled_body  # noqa: E402
from phynes_core.body.subdivide import split_body  # noqa: E402
from phynes_core.data.capture import Capture  # noqa: E402
from phynes_core.data.native.reader import load_capture  # noqa: E402
from phynes_core.evaluation import paper  # noqa: E402
from phynes_core.evaluation.metrics.errors import surface_distances  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402
from phynes_core.training.frames import TrainingFrame, load_training_frames  # noqa: E402
from phynes_core.training.presets import ABLATIONS, TrainingConfig, preset, with_overrides  # noqa: E402
from phynes_core.training.stage import StageSetup  # noqa: E402
from phynes_core.training.stage1 import Stage1  # noqa: E402

STEPS = 500  # an epoch, which the paper times
TIMED = {
    "hash encoding": "",
    "plain maps": "plain-maps",
    "mesh split": "split-mesh",
    "no mesh losses": "no-mesh-losses",
}
WARM_UP, ROUND = 4, 4  # steps; the silhouette loss of `fast` comes every fourth
SIZES = {"stage1.steps": "600", "stage1.rays": "512"}
NO_LOSSES = ABLATIONS["no-mesh-losses"]
PAPERS_WEIGHTS = {"stage1.edge_weight": "1", "stage1.normal_weight": "0.01", "stage1.laplacian_weight": "0.1"}
NO_SILHOUETTE = {"stage1.silhouette_weight": "0"}
RUNS: dict[str, tuple[str, dict[str, str]]] = {  # preset and settings
    "fast, none": ("fast", NO_LOSSES),
    "fast": ("fast", {}),
    "fast, the paper's weights": ("fast", PAPERS_WEIGHTS),
    "fast without silhouettes, none": ("fast", NO_SILHOUETTE | NO_LOSSES),
    "fast without silhouettes, the paper's weights": ("fast", NO_SILHOUETTE | PAPERS_WEIGHTS),
    "paper, none": ("paper", NO_LOSSES),
    "paper": ("paper", {}),
}
ROWS = (  # title, runs without and with mesh losses
    ("fast: a tenth of the paper's weights", "fast, none", "fast"),
    ("fast at the paper's weights", "fast, none", "fast, the paper's weights"),
    (
        "the same without `fast`'s silhouette loss",
        "fast without silhouettes, none",
        "fast without silhouettes, the paper's weights",
    ),
    ("paper", "paper, none", "paper"),
)


class Frames:
    """Training frames by what they depend on: the body's splits and the ring around the masks."""

    def __init__(self, capture: Capture) -> None:
        self._capture, self._loaded = capture, {}

    def of(self, config: TrainingConfig) -> tuple[TrainingFrame, ...]:
        """Those of a configuration."""
        key = (config.mesh_splits, config.stage1.ring_px)
        if key not in self._loaded:
            body = split_body(load_bundled_body(), config.mesh_splits)
            self._loaded[key] = load_training_frames(self._capture, body, config.stage1.ring_px)
        return self._loaded[key]


def stage(config: TrainingConfig, frames: tuple[TrainingFrame, ...]) -> tuple[Stage1, Avatar]:
    """Stage 1 before its first step."""
    torch.manual_seed(config.seed)
    body = split_body(load_bundled_body(), config.mesh_splits)
    maps = (config.offset, config.texture, config.albedo, config.roughness)
    avatar = Avatar.untrained(body, "ablation", *maps)
    with torch.no_grad():
        for neural_map in (avatar.offset, avatar.texture):
            if neural_map.pose is not None:
                neural_map.pose.weight.mul_(config.stage1.pose_gain)
    avatar.betas = frames[0].pose.betas.clone()
    avatar.training_poses = torch.stack([frame.pose_vector for frame in frames])
    return Stage1(StageSetup(avatar, frames, config, torch.device("cpu"))), avatar


def cost(frames: Frames, rounds: int) -> dict[str, float]:
    """Seconds of one core for `STEPS` steps, by preset and setting."""
    stages = {}
    for name in ("fast", "paper"):
        for title, ablation in TIMED.items():
            config = with_overrides(preset(name), ABLATIONS[ablation] if ablation else {})
            stages[f"{name}/{title}"] = stage(config, frames.of(config))[0]
    seconds: dict[str, list[float]] = {key: [] for key in stages}
    for step in range(WARM_UP + rounds * ROUND):
        for key, trained in stages.items():
            started_s = time.process_time()
            trained.step(step)
            seconds[key].append(time.process_time() - started_s)
    return {key: STEPS * float(np.mean(values[WARM_UP:])) for key, values in seconds.items()}


def distances(config: TrainingConfig, frames: Frames, capture: Capture) -> dict[str, float]:
    """Mean P2S and CD in cm over the training frames whose true surface is known, after stage 1."""
    truth = capture.ground_truth
    if truth is None:
        raise SystemExit(f"{capture.root}: expected a capture with ground truth")
    trained, avatar = stage(config, frames.of(config))
    for step in range(config.stage1.steps):
        terms = trained.step(step)
    found = []
    for frame in frames.of(config):
        if truth.has_geometry(frame.number):
            with torch.no_grad():
                vertices = avatar.displaced_vertices(frame.pose)
            found.append(surface_distances(vertices, avatar.body.faces, *truth.outer_mesh(frame.number)))
    p2s, cd = np.mean(found, 0)
    return {"p2s_cm": float(p2s), "cd_cm": float(cd), "beta_mm": terms["beta_mm"]}


def cost_table(seconds: dict[str, float]) -> str:
    """Markdown; the paper's row is minutes for as many steps, and for an epoch of Table S-III."""
    lines = ["| | hash encoding | plain maps | mesh split once | no mesh losses |", "|---|---|---|---|---|"]
    plain, hashed = paper.MINUTES_OF_500_STEPS["plain maps"], paper.MINUTES_OF_500_STEPS["hash encoding"]
    split = paper.MESH_SPLIT.figures["mesh split"][paper.AVERAGE][0] or 0.0
    for name in ("fast", "paper"):
        base = seconds[f"{name}/hash encoding"]
        cells = [f"{seconds[f'{name}/{title}']:.0f} s ({seconds[f'{name}/{title}'] / base:.2f})" for title in TIMED]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append(
        f"| the paper, V100 | {hashed:g} min (1.00) | {plain:g} min ({plain / hashed:.2f}) | "
        f"{split:g} min ({split / hashed:.2f}) | |"
    )
    return "\n".join(lines)


def distance_table(results: dict[str, dict[str, float]]) -> str:
    """Markdown: P2S / CD in cm without and with mesh losses."""
    lines = ["| P2S / CD, cm | without mesh losses | with | beta at the end |", "|---|---|---|---|"]
    for title, *runs in ROWS:
        cells = [f"{results[run]['p2s_cm']:.3f} / {results[run]['cd_cm']:.3f}" for run in runs]
        lines.append(f"| {title} | {' | '.join(cells)} | {results[runs[1]]['beta_mm']:.2g} mm |")
    printed = paper.MESH_LOSSES.figures
    cells = ["{:.2f} / {:.2f}".format(*printed[f"{kind} mesh losses"][paper.AVERAGE]) for kind in ("without", "with")]
    lines.append(f"| the paper, SyntheticHuman | {' | '.join(cells)} | |")
    return "\n".join(lines)


def main() -> None:
    """Time, then train row by row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--data", type=Path, default=PROJECT / "assets" / "captures" / "josh_256")
    parser.add_argument("--rounds", type=int, default=3, help=f"of {ROUND} timed steps for each setting")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    stored = arguments.out / "results.json"
    results = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {"cost": {}, "distances": {}}

    def keep() -> None:
        with replacing(stored) as temporary:
            temporary.write_text(json.dumps(results, indent=1), encoding="utf-8")

    capture = load_capture(arguments.data)
    frames = Frames(capture)
    if not results["cost"]:
        results["cost"] = cost(frames, arguments.rounds)
        keep()
    print(cost_table(results["cost"]), flush=True)
    for name, (base, settings) in RUNS.items():
        if name not in results["distances"]:
            results["distances"][name] = distances(with_overrides(preset(base), SIZES | settings), frames, capture)
            keep()
    print(distance_table(results["distances"]))


if __name__ == "__main__":
    main()
