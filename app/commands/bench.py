"""Time the engine on this machine: frames a second while things change, and each stage against its torch reference.

Headless, default camera. "env", "lamp", "camera" and "pose" change that one thing every frame; "full" computes
everything every frame. References of the slow stages do a share of the work ("reference_share" in the JSON) and their
time is scaled up.

examples:
  python launch.py bench --avatar josh.ckpt
  python launch.py bench --avatar josh.ckpt --json bench.json --frames 100
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Options of `bench`."""

    avatar: str
    """A .ckpt file, or its bare name in checkpoints/."""
    device: Literal["cpu"] = "cpu"
    """Where to compute."""
    size: int = 512
    """Width and height in pixels."""
    frames: int = 30
    """Frames timed in each scenario."""
    probe: str = "studio"
    """The surrounding light, as in render."""
    pixel_normals: Literal["auto", "on", "off"] = "auto"
    """Normals with detail between the vertices, as in render."""
    references: bool = True
    """Also time the torch references, which takes a minute."""
    json: Path | None = None
    """Also write the numbers here."""
    smpl: Path | None = None
    """The licensed SMPL file of an avatar that was trained on one; or the environment variable PHYNES_SMPL."""
    smpl_uv: Path | None = None
    """OBJ with that body's UV atlas; or PHYNES_SMPL_UV."""


def run(args: Bench) -> int:
    from rich.console import Console

    from app import benchmark
    from app.cli import UsageError
    from app.outputs import check_file
    from app.scene_builder import build_scene, pixel_normals
    from app.scene_files import write_json
    from app.scene_options import SceneOptions

    if args.probe == "none":
        raise UsageError("--probe: expected a surrounding light to time, got none")
    if args.frames < 3:
        raise UsageError(f"--frames: expected at least 3, got {args.frames}")
    if args.json is not None:
        check_file(args.json)
    options = SceneOptions(
        avatar=(args.avatar,), probe=args.probe, size=args.size, smpl=args.smpl, smpl_uv=args.smpl_uv
    )
    detail = pixel_normals(args.pixel_normals)
    scene = build_scene(options)
    with Console(stderr=True).status("") as status:
        scenarios = benchmark.measure_scenarios(
            scene, args.frames, detail, lambda name: status.update(f"scenario {name}")
        )
        peak_mb = benchmark.peak_memory_mb()  # before the references, which hold more
        stages = benchmark.measure_stages(scene, 9, args.references, lambda name: status.update(f"stage {name}"))
    record = {
        "device": benchmark.device_name(),
        "commit": benchmark.commit(),
        "size": args.size,
        "stages": stages,
        "scenarios": scenarios,
        "peak_memory_mb": peak_mb,
    }
    _show(record)
    if args.json is not None:
        write_json(args.json, record)
    return 0


def _show(record: dict) -> None:
    print(f"{record['device']}, commit {record['commit']}, {record['size']} x {record['size']}")
    print(f"\n{'scenario':<18}{'fps (median)':>14}{'fps (slow 5 %)':>16}")
    for name, row in record["scenarios"].items():
        print(f"{name:<18}{row['fps_p50']:>14.1f}{row['fps_p5']:>16.1f}")
    print(f"\n{'stage':<18}{'fast ms':>14}{'reference ms':>16}{'ratio':>9}")
    for name, row in record["stages"].items():
        reference = "" if row["reference_ms"] is None else f"{row['reference_ms']:>16.1f}{row['ratio']:>9.1f}"
        print(f"{name:<18}{row['fast_ms']:>14.2f}{reference}")
    print(f"\npeak memory {record['peak_memory_mb']:.0f} MB")
