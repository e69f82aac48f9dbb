"""How well stage 2 finds roughness on variations of the synthetic subjects, as a table for docs/training.md.

    python docs/measure_roughness.py --out data/roughness

renders small captures (192 x 192, 10 frames, 4 cameras, 2 held out; the extra `synthetic`), trains stage 2 on the
geometry of the shipped avatars, so that rows differ in light and materials alone, and compares with the truth on
held-out views. Started again it goes on where it was: captures and results that exist are kept.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from phynes_core.avatar.avatar import Avatar, AvatarRecord  # noqa: E402
from phynes_core.avatar.checkpoint import load_checkpoint  # noqa: E402
from phynes_core.body.files import load_bundled_body  # noqa: E402
from phynes_core.body.model import BodyModel, Pose  # noqa: E402
from phynes_core.data.native.reader import load_capture  # noqa: E402
from phynes_core.evaluation.evaluate import evaluate  # noqa: E402
from phynes_core.evaluation.options import EvaluateOptions  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402
from phynes_core.maps.neural_map import PoseBatch  # noqa: E402
from phynes_core.synthetic import plan as plans  # noqa: E402
from phynes_core.synthetic.ground_truth import synthesize  # noqa: E402
from phynes_core.synthetic.subjects.subject import Subject  # noqa: E402
from phynes_core.synthetic.subjects.textures import Materials  # noqa: E402
from phynes_core.synthetic.surface.subdivision import Array, SurfaceMesh  # noqa: E402
from phynes_core.training.frames import load_training_frames  # noqa: E402
from phynes_core.training.optimizer import ScheduledAdam, map_rates  # noqa: E402
from phynes_core.training.pixel_normals import gather_pixels  # noqa: E402
from phynes_core.training.presets import FAST, TrainingConfig, with_overrides  # noqa: E402
from phynes_core.training.stage import StageSetup  # noqa: E402
from phynes_core.training.stage2 import DISTIL_BATCH, DISTIL_RATES, Stage2  # noqa: E402
from phynes_core.training.surface_pixels import SurfacePixels  # noqa: E402

Change = Callable[[np.ndarray], np.ndarray]
BRUSH_STEPS = 200  # in which the texture map learns the variation's colors


def _same(values: np.ndarray) -> np.ndarray:
    return values


@dataclass(frozen=True)
class Variation:
    """A subject under another light or with other materials."""

    subject: str
    probe: str = ""  # the training light; the subject's own unless given
    albedo: Change = _same
    roughness: Change = _same


VARIATIONS = {
    "josh": Variation("josh"),
    "josh_glossy": Variation("josh", roughness=lambda r: 0.6 * r),
    "josh_rough": Variation("josh", roughness=lambda r: 1.0 - 0.5 * (1.0 - r)),
    "josh_dark": Variation("josh", albedo=lambda a: 0.4 * a),
    "josh_light": Variation("josh", albedo=lambda a: 1.0 - (1.0 - a) ** 2.5),
    "josh_studio": Variation("josh", probe="studio"),  # a lamp of half the light
    "josh_sunset": Variation("josh", probe="sunset"),  # even light
    "ada": Variation("ada"),
}
SETTINGS = {
    "before": {"stage2.image_width": "0", "stage2.roughness_smoothness": "0.01", "stage2.normal_error_deg": "0"},
    "robust loss": {"stage2.roughness_smoothness": "0.01", "stage2.normal_error_deg": "0"},
    "and even gloss": {"stage2.normal_error_deg": "0"},
    "now": {},
}
SIZES = {"stage2.steps": "600", "stage2.pixels": "768"}


@dataclass(frozen=True)
class VariedSubject(Subject):
    """The geometry of a subject with its materials changed."""

    base: Subject
    variation: Variation

    @property
    def surface(self) -> SurfaceMesh:
        """The base's."""
        return self.base.surface

    def vertices(self, pose: Pose) -> Array:
        """The base's."""
        return self.base.vertices(pose)

    def paint(self, resolution: int) -> Materials:
        """The base's, changed."""
        painted = self.base.paint(resolution)
        albedo = np.clip(self.variation.albedo(painted.albedo), 0.01, 0.92)
        roughness = np.clip(self.variation.roughness(painted.roughness), 0.15, 0.98)
        return Materials(albedo.astype(np.float32), roughness.astype(np.float32))


def render(name: str, root: Path) -> None:
    """The capture of a variation, under that subject's name in the table of subjects."""
    variation = VARIATIONS[name]
    entry = plans.SUBJECTS[variation.subject]

    def dress(body: BodyModel) -> Subject:
        base = entry.dress(body)
        return VariedSubject(base.person, base.worn, base, variation)

    plans.SUBJECTS[name] = replace(entry, dress=dress)
    plan = plans.SynthesisPlan(
        subject=name, frames=10, size=192, spp=49, novel_frames=0, test_views=2, texture_size=1024, relight=(),
        probe=variation.probe or entry.probe, motion=entry.motion, novel_motion=entry.novel_motion,
    )  # fmt: skip
    synthesize(plan, load_bundled_body(), root, lambda done, total, what: None)


def train(name: str, root: Path, config: TrainingConfig) -> Avatar:
    """Stage 2 on the shipped geometry; the texture map learns the variation's colors first."""
    shipped = load_checkpoint(_shipped(name))
    capture = load_capture(root)
    torch.manual_seed(0)
    maps = (shipped.offset.config, shipped.texture.config, config.albedo, config.roughness)
    avatar = Avatar.untrained(shipped.body, name, *maps)
    avatar.offset.load_state_dict(shipped.offset.state_dict())
    avatar.record = AvatarRecord(name, provenance={"pixel_normals": int(shipped.record.has_detail)})
    avatar.betas = capture.poses[capture.frames[0]].betas.clone()
    frames = load_training_frames(capture, shipped.body, config.stage1.ring_px)
    avatar.training_poses = torch.stack([frame.pose_vector for frame in frames])
    setup = StageSetup(avatar, frames, config, torch.device("cpu"))
    pixels = gather_pixels(avatar, frames, config.stage2, 0, {})
    _color_texture(avatar, pixels, config)
    stage = Stage2(setup, pixels=pixels)
    stage.start()
    for step in range(config.stage2.steps):
        stage.step(step)
    return avatar.eval().requires_grad_(False)


def _shipped(name: str) -> Path:
    return PROJECT / "checkpoints" / f"{VARIATIONS[name].subject}.ckpt"


def _color_texture(avatar: Avatar, pixels: SurfacePixels, config: TrainingConfig) -> None:
    rates = map_rates("texture", avatar.texture, *DISTIL_RATES)
    optimizer = ScheduledAdam(rates, config.stage2.optimizer, BRUSH_STEPS)
    for step in range(BRUSH_STEPS):
        rows = np.random.default_rng(step).integers(0, pixels.count, DISTIL_BATCH)
        pose = PoseBatch(avatar.training_poses, torch.from_numpy(pixels.frame[rows].astype(np.int64)))
        ours = avatar.query_texture(torch.from_numpy(pixels.uv[rows]), pose)
        optimizer.step((ours - torch.from_numpy(pixels.color[rows].astype(np.float32) / 255.0)).square().mean(), step)


def measure(name: str, root: Path, setting: str) -> dict[str, float]:
    """Metrics of `evaluate` that the table shows."""
    has_detail = load_checkpoint(_shipped(name)).record.has_detail  # without, the map holds noise between the vertices
    detail = {"stage2.has_pixel_normals": str(has_detail).lower()}
    avatar = train(name, root, with_overrides(FAST, SIZES | SETTINGS[setting] | detail))
    metrics = evaluate(avatar, load_capture(root), EvaluateOptions(pictured=0)).metrics
    return metrics["roughness"] | {
        "light": metrics["light"]["irradiance_relative_rmse"],
        "normal": metrics["normal"]["degrees"],
        "albedo": metrics["albedo"]["psnr_foreground"],
        "view": metrics["novel_view"]["relit"]["psnr_foreground"],
    }


def table(results: dict[str, dict[str, float]]) -> str:
    """Markdown."""
    lines = [
        "| | | RMSE | best constant | ratio | bias | light | normals | albedo | novel view |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, row in results.items():
        name, setting = key.split("/")
        best = row["best_constant_rmse"]
        lines.append(
            f"| {name} | {setting} | {row['rmse']:.3f} | {best:.3f} | {row['rmse'] / best:.2f} | {row['bias']:+.3f} | "
            f"{100 * row['light']:.1f} % | {row['normal']:.1f}° | {row['albedo']:.1f} | {row['view']:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Fill the table row by row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of captures and results")
    parser.add_argument("--variations", default=",".join(VARIATIONS), help="names, separated by commas")
    parser.add_argument("--settings", default="before,now", help=f"some of: {', '.join(SETTINGS)}")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    stored = arguments.out / "results.json"
    results: dict[str, dict[str, float]] = json.loads(stored.read_text()) if stored.is_file() else {}
    for name in arguments.variations.split(","):
        for setting in arguments.settings.split(","):
            if f"{name}/{setting}" in results:
                continue
            render(name, arguments.out / name)
            results[f"{name}/{setting}"] = measure(name, arguments.out / name, setting)
            with replacing(stored) as temporary:
                temporary.write_text(json.dumps(results, indent=1))
            print(table(results), flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
