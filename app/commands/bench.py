"""Time the engine on this machine: frames a second while things change, and each operation against its reference.

Headless, default camera. "env", "lamp", "camera" and "pose" change that one thing every frame; "full" computes
everything every frame. An operation's reference is plain torch; for rays and rasterizing it is Warp on the CPU where
that is installed. References of slow operations do a share of the work ("reference_share" in the JSON); their time is
scaled up.

examples:
  python launch.py bench --avatar josh.ckpt
  python launch.py bench --avatar josh.ckpt --json bench.json --frames 100
  python launch.py bench --avatar josh.ckpt --profile         what each scenario's milliseconds are spent on
  python launch.py bench --avatar josh.ckpt --backends all    every backend that works here, operation by operation
  python launch.py bench --avatar josh.ckpt --device gpu      every pass of a GPU's frame, and what it costs on paper
  python launch.py bench --avatar josh.ckpt --sizes sizes     cost against image, probes and avatars, with a plot
"""

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import tyro

from app.options.backends import Device


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Options of `bench`."""

    avatar: str
    """A .ckpt file, or its bare name in checkpoints/."""
    device: Device = "auto"
    """Where to compute, as in render; the first picture of a GPU is compared with the CPU's."""
    gpu_adapter: str = ""
    """Part of the name of the GPU to use, as in render."""
    size: int = 512
    """Width and height in pixels."""
    frames: int = 30
    """Frames timed in each scenario."""
    probe: str = "studio"
    """The surrounding light, as in render."""
    pixel_normals: Literal["auto", "on", "off"] = "auto"
    """Normals with detail between the vertices, as in render."""
    references: Annotated[bool, tyro.conf.arg(help_behavior_hint="")] = True
    """Leave out the references, which take a minute; without --no-references they are timed, too."""
    profile: bool = False
    """Also print what each part of a frame takes within each scenario."""
    backends: Literal["auto", "all"] = "auto"
    """all: also time every operation by every backend that works here, and say why the others do not; and each scenario
    on the CPU, on CUDA and on any other GPU, side by side."""
    sizes: Path | None = None
    """Also measure how the cost grows with the image, the probes and the avatars; writes sizes.json and sizes.svg into
    this folder."""
    json: Path | None = None
    """Also write the numbers here."""
    smpl: Path | None = None
    """The licensed SMPL file of an avatar that was trained on one; or the environment variable PHYNES_SMPL."""
    smpl_uv: Path | None = None
    """OBJ with that body's UV atlas; or PHYNES_SMPL_UV."""


def run(args: Bench) -> int:
    from rich.console import Console

    from app.bench import machine
    from app.bench.gpu_passes import measure_passes, show_passes
    from app.bench.operations import frame_operations, measure_backends, measure_operations, training_operation
    from app.bench.scenarios import (
        CPU,
        devices_here,
        live_options,
        measure_devices,
        measure_scenarios,
        parity_db,
        walking,
    )
    from app.bench.textures import measure_textures, with_textures
    from app.files.scene_files import write_json
    from app.options.arguments import UsageError
    from app.options.view import SceneOptions, open_render_service, view_from_options
    from phynes_core.frame.scene import AvatarCopies
    from phynes_core.io.output_files import check_file, check_folder
    from phynes_core.kernels.gpu.device import GpuDevice

    if args.probe == "none":
        raise UsageError("--probe: expected a surrounding light to time, got none")
    if args.frames < 3:
        raise UsageError(f"--frames: expected at least 3, got {args.frames}")
    if args.json is not None:
        check_file(args.json)
    if args.sizes is not None:
        check_folder(args.sizes)
    options = SceneOptions(
        avatar=(args.avatar,), probe=args.probe, size=str(args.size), device=args.device, gpu_adapter=args.gpu_adapter,
        smpl=args.smpl, smpl_uv=args.smpl_uv, pixel_normals=args.pixel_normals, freeze_materials=False,
    )  # fmt: skip
    service, view = open_render_service(options, view_from_options(options))
    device, scene = service.device, service.scene(view, args.size).scene
    render_options = live_options(view, device)
    record: dict = {
        "device": machine.device_name(device),
        "commit": machine.commit(),
        "size": args.size,
    }
    passes = None
    with Console(stderr=True).status("") as status:

        def note(doing: str) -> None:
            status.update(doing)

        if device.type != "cpu":
            note("parity with the CPU")
            record["parity_db"] = parity_db(scene, render_options, device)
        textured = with_textures(scene)
        own = textured if device.type == "cpu" else scene
        scenarios = measure_scenarios(own, args.frames, render_options, note, device)
        if isinstance(device, GpuDevice):
            passes = measure_passes(partial(walking, scene), min(args.frames, 10), render_options, device, note)
            record["gpu"] = passes.as_json()
        if args.backends == "all":
            here = devices_here(device, args.gpu_adapter)
            record["devices"] = measure_devices(
                here, device.type, scenarios,
                lambda other: measure_scenarios(
                    textured if other.type == "cpu" else scene, args.frames, live_options(view, other), note, other
                ),
            )  # fmt: skip
        peak_mb = machine.peak_memory_mb()  # before the references, which hold more
        peak_device_mb = machine.peak_device_memory_mb(device)
        of_operations = CPU if isinstance(device, GpuDevice) else device  # a GPU's are its passes
        scene_on_device = AvatarCopies(of_operations).placed(scene)
        operations = [*frame_operations(scene_on_device), training_operation(of_operations.type)]
        record["stages"] = measure_operations(operations, 9, args.references, note, of_operations.type)
        record["scenarios"] = {name: times.as_json() for name, times in scenarios.items()}
        if (textures := measure_textures(textured, args.frames, live_options(view), note)) is not None:
            record["textures"] = textures
        record |= {"peak_memory_mb": peak_mb, "peak_device_memory_mb": peak_device_mb}
        if args.backends == "all":
            record["backends"] = measure_backends(operations, 5, note, of_operations.type)
        if args.sizes is not None:
            from app.bench.sizes import measure_sizes

            sizes = measure_sizes(scene_on_device, render_options, note, device)
    _show(record, args.profile)
    if passes is not None:
        show_passes(passes, record["device"])
    if args.backends == "all":
        _show_backends(
            record["backends"], {operation.name: operation.op for operation in operations}, of_operations.type
        )
    if args.json is not None:
        write_json(args.json, record)
    if args.sizes is not None:
        _write_sizes(args.sizes, record, sizes)
    return 0


def _show(record: dict, has_profile: bool) -> None:
    from app.bench.scenarios import show_devices

    print(f"{record['device']}, commit {record['commit']}, {record['size']} x {record['size']}")
    if "parity_db" in record:
        print(f"parity of the first picture with the CPU's: {record['parity_db']:.1f} dB")
    print(f"\n{'scenario':<18}{'fps (median)':>14}{'fps (slow 5 %)':>16}")
    for name, row in record["scenarios"].items():
        print(f"{name:<18}{row['fps_p50']:>14.1f}{row['fps_p5']:>16.1f}")
        if has_profile:
            print("".join(f"    {node:<22}{ms:>8.2f} ms\n" for node, ms in row["stage_ms"].items()), end="")
    if "devices" in record:
        show_devices(record["devices"], has_profile)
    if "textures" in record:
        _show_textures(record["textures"])
    print(f"\n{'operation':<18}{'fast ms':>14}{'reference ms':>16}{'ratio':>9}  reference")
    for name, row in record["stages"].items():
        line = f"{name:<18}{row['fast_ms']:>14.2f}"
        if row["reference_ms"] is not None:
            line += f"{row['reference_ms']:>16.1f}{row['ratio']:>9.1f}  {_title(row['reference'])}"
        print(line)
    print(f"\npeak memory {record['peak_memory_mb']:.0f} MB")
    if record["peak_device_memory_mb"] is not None:
        print(f"peak memory of the device {record['peak_device_memory_mb']:.0f} MB")


def _show_textures(row: dict) -> None:
    """How the textures of live frames are made and kept, and the scenarios before they are there."""
    print(f"\ntextures: {row['memory_mb']:.0f} MB, {row['alike_db']:.1f} dB like asking the maps for every pixel")
    for doing, key in (("asked of the maps", "baked_ms"), ("written", "kept_ms"), ("read", "read_ms")):
        print(f"  {doing:<18}{row[key]:>12.0f} ms")
    for name, fps in row["fps_without"].items():
        print(f"  {name + ' without':<18}{fps:>12.1f} fps")


def _title(backend: str) -> str:
    return "torch" if backend == "reference" else backend


def _show_backends(table: dict[str, dict[str, float]], ops: dict[str, str], device: str) -> None:
    from phynes_core.kernels.registry import candidates, missing_cause, remedy

    print(f"\n{'operation':<18}ms by backend, in order of preference")
    for operation, row in table.items():
        print(f"{operation:<18}" + "   ".join(f"{_title(name)} {ms:.2f}" for name, ms in row.items()))
    names = {name for op in ops.values() for name in candidates(op, device)}
    for name in sorted(names):
        if cause := missing_cause(name):
            print(f"{name}: not here ({cause}); {remedy(name)}")


def _write_sizes(folder: Path, record: dict, sizes: dict) -> None:
    from app.bench.plot import size_plots
    from app.files.scene_files import write_json
    from phynes_core.io.output_files import replacing

    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, object] = {key: record[key] for key in ("device", "commit", "size")}
    content["sizes"] = {title: [dataclasses.asdict(line) for line in group] for title, group in sizes.items()}
    write_json(folder / "sizes.json", content)
    with replacing(folder / "sizes.svg") as temporary:
        temporary.write_text(size_plots(sizes), encoding="utf-8")
    print(f"{folder / 'sizes.json'}\n{folder / 'sizes.svg'}")
