"""Frames of two checkouts against each other on one machine, in turn, so that both share what else it does.

git worktree add ../before 141fa96
python docs/measure_frames.py --before ../before                      the median ratio of every scenario of `bench`
python docs/measure_frames.py --before ../before --features avx2      as on a processor without AVX-512

Each checkout draws the same avatar, light, cameras and poses in a process of its own. They take turns: some frames by
one, the same frames by the other. A ratio is the median over the turns of the earlier checkout's time over the later
one's. Processor time, of all threads, says what a frame costs where other work slows the clock's time down.

--features avx2 hides AVX-512 from numba (NUMBA_CPU_NAME, NUMBA_CPU_FEATURES), from our own vector instructions (they
ask llvmlite), from torch (ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA, MKL_ENABLE_INSTRUCTIONS) and numpy
(NPY_DISABLE_CPU_FEATURES). embree, which traces the earlier checkout's rays, chooses by itself and keeps its width.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
SCENARIOS = ("env", "lamp", "camera", "pose", "full")
TURN_FRAMES, WARM_UP_FRAMES = 4, 3  # of each checkout in a turn; before the first
STARTS = 3  # processes of each checkout whose first picture is timed
AVX2 = {
    "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+popcnt,+sse4.2",
    "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
}  # fmt: skip


# the process that draws


def found(name: str, *modules: str) -> Any:
    """A name from the first of these modules that has it: it has moved since the earlier commit."""
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"{name}: expected in one of {', '.join(modules)}")


def open_frames(avatar_path: Path, probe: Path, walk: Path, size: int) -> tuple[Callable[[str, int], Any], Any]:
    """What makes the scene of a scenario's frame, and the render options of a moving view."""
    scene_modules = "phynes_core.frame.scene", "phynes_core.scene"
    avatar = found("load_checkpoint", "phynes_core.avatar.checkpoint", "phynes_core.checkpoint")(avatar_path)
    clip = found("load_motion", "phynes_core.body.motion.files", "phynes_core.body.motion_files")(walk)
    render_options = found("RenderOptions", "phynes_core.frame.options", "phynes_core.frame")
    camera_module = import_module("phynes_core.render.camera")
    lamp, lighting = found("Lamp", "phynes_core.render.lamps"), found("Lighting", "phynes_core.render.lighting")
    environment = found("Environment", "phynes_core.render.probes")(
        found("load_environment_image", "phynes_core.render.probes")(probe)
    )
    pose = avatar.rest_pose()
    vertices = avatar.displaced_vertices(pose)
    low, high = vertices.amin(0), vertices.amax(0)
    distance = camera_module.framing_distance(float(high[1] - low[1]))

    def camera(azimuth_deg: float) -> Any:
        return camera_module.orbit_camera(0.5 * (low + high), azimuth_deg, 0.0, distance, size, size)

    posed = found("PosedAvatar", *scene_modules)(avatar, pose)
    plain = found("Scene", *scene_modules)((posed,), camera(0.0), lighting(environment))
    wanted = {
        "buffers": frozenset({"radiance", "normal", "mask"}), "lamp_samples": 4, "has_vertex_sources": True,
        "reads_texels": True,
    }  # fmt: skip
    known = {field.name for field in fields(render_options)}
    options = render_options(**{name: value for name, value in wanted.items() if name in known})
    textured: list[Any] = []

    def scene(name: str, index: int) -> Any:
        """The first picture has no textures; those of all others are made when the first of them is asked for."""
        if name == "first":
            return plain
        if not textured:
            textured.append(replace(plain, avatars=(with_texels(posed),)))
        base = textured[0]
        if name == "env":
            return replace(base, lighting=lighting(replace(environment, yaw_deg=3.0 * index)))
        if name == "lamp":
            return replace(base, lighting=lighting(environment, (lamp(3.0 * index, 35.0),)))
        if name == "camera":
            return replace(base, camera=camera(3.0 * index))
        if name == "pose":
            walked = clip.pose_at(index / 30.0, avatar.betas)
            moved = replace(walked, transl=pose.transl + walked.transl - clip.transl[0])
            return replace(base, avatars=(replace(base.avatars[0], pose=moved),))
        return base

    return scene, options


def with_texels(posed: Any) -> Any:
    """With its material texture, in a checkout that has such."""
    try:
        baked = import_module("phynes_core.avatar.material_texels").baked
    except ImportError:
        return posed
    return replace(posed, texels=baked(posed.avatar, posed.pose.vector()))


def draw(job: dict[str, Any]) -> None:
    """Read {"name", "first", "count"} line by line and answer with each frame's milliseconds, wall and processor."""
    sys.path.insert(0, job["checkout"])
    if job["features"] == "avx2":
        import llvmlite.binding

        hidden = llvmlite.binding.get_host_cpu_features()
        hidden.update({name: False for name in hidden if name.startswith("avx512")})
        llvmlite.binding.get_host_cpu_features = lambda: hidden
    scene, options = open_frames(*(Path(job[name]) for name in ("avatar", "probe", "walk")), job["size"])
    frame_renderer = found("FrameRenderer", "phynes_core.frame.renderer", "phynes_core.frame")
    renderers: dict[str, Any] = {}
    answer({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        name, times = asked["name"], []
        renderer = renderers.setdefault(name, frame_renderer())
        for index in range(asked["first"], asked["first"] + asked["count"]):
            frame, chosen = scene(name, index), replace(options, use_cache=name != "full")
            wall, processor = time.perf_counter(), time.process_time()
            renderer.render(frame, chosen)
            times.append([1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)])
        answer({"times": times, "peak_mb": peak_mb()})


def answer(content: dict[str, Any]) -> None:
    """One line to the process that asks."""
    print(json.dumps(content), flush=True)


def peak_mb() -> float:
    """Peak resident memory of this process in MiB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


# the process that asks


class Checkout:
    """A process that draws with the code of one checkout."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        environment = os.environ | (AVX2 if job["features"] == "avx2" else {})
        command = [sys.executable, str(Path(__file__).resolve()), "--draw", json.dumps(job | {"checkout": str(folder)})]
        self._start = time.perf_counter()
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()
        self.peak_mb = 0.0

    def frames(self, name: str, first: int, count: int) -> list[list[float]]:
        """[wall, processor] milliseconds of each frame."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"name": name, "first": first, "count": count}) + "\n")
        self._process.stdin.flush()
        answered = self._read()
        self.peak_mb = answered["peak_mb"]
        return answered["times"]

    def first_picture_s(self) -> float:
        """Seconds from the start of the process to its first picture."""
        self.frames("first", 0, 1)
        return time.perf_counter() - self._start

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"the process of a checkout ended with code {self._process.wait()}")
        return json.loads(line)


def first_pictures(folders: tuple[Path, Path], job: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Seconds to the first picture by both checkouts, in turn; the first of each compiles and is left out."""
    for number in range(STARTS + 1):
        seconds = []
        for folder in folders:
            checkout = Checkout(folder, job)
            seconds.append(checkout.first_picture_s())
            checkout.close()
        if number:
            yield seconds[0], seconds[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="the earlier checkout")
    parser.add_argument("--rounds", type=int, default=12, help=f"turns of {TURN_FRAMES} frames in each scenario")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="empty: only memory and first pictures")
    parser.add_argument("--avatar", type=Path, help="josh.ckpt of the earlier checkout, which both can read")
    parser.add_argument("--features", choices=("all", "avx2"), default="all")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--draw", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.draw:
        draw(json.loads(args.draw))
        return
    if args.before is None or not (args.before / "phynes_core").is_dir():
        parser.error(f"--before: expected a checkout, got {args.before}")
    scenarios = [name for name in args.scenarios.split(",") if name]
    if unknown := sorted(set(scenarios) - set(SCENARIOS)):
        parser.error(f"--scenarios: expected some of {', '.join(SCENARIOS)}, got {', '.join(unknown)}")
    folders = args.before.resolve(), HERE
    job = {
        "avatar": str((args.avatar or folders[0] / "checkpoints/josh.ckpt").resolve()),
        "probe": str(HERE / "assets/probes/studio.exr"), "walk": str(HERE / "assets/motions/walk.npz"),
        "size": args.size, "features": args.features,
    }  # fmt: skip
    report: dict[str, Any] = {"features": args.features, "scenarios": {}}
    both = tuple(Checkout(folder, job) for folder in folders)
    print(f"{'scenario':<10}{'before ms':>11}{'now ms':>9}{'ratio':>7}{'before CPU':>12}{'now CPU':>9}{'ratio':>7}")
    for name in scenarios:
        row = compared(both, name, args.rounds)
        report["scenarios"][name] = row
        print(
            f"{name:<10}{row['wall_ms'][0]:>11.1f}{row['wall_ms'][1]:>9.1f}{row['wall_ratio']:>7.2f}"
            f"{row['cpu_ms'][0]:>12.1f}{row['cpu_ms'][1]:>9.1f}{row['cpu_ratio']:>7.2f}", flush=True,
        )  # fmt: skip
    for checkout in both:
        checkout.frames("full", 0, 1)  # so that memory is measured whatever was asked for
        checkout.close()
    report["peak_mb"] = [checkout.peak_mb for checkout in both]
    pairs = list(first_pictures(folders, job))
    report["first_picture_s"] = [statistics.median(seconds) for seconds in zip(*pairs, strict=True)]
    for title, key, unit in (("peak memory", "peak_mb", "MB"), ("first picture", "first_picture_s", "s")):
        before, now = report[key]
        print(f"{title}: {before:.2f} {unit} before, {now:.2f} {unit} now, {100.0 * (now / before - 1.0):+.0f} %")
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def compared(both: tuple[Checkout, ...], name: str, rounds: int) -> dict[str, Any]:
    """Median milliseconds of a scenario's frames by each checkout, and the median ratio over the turns."""
    turns: list[list[list[list[float]]]] = []
    for number in range(rounds + 1):
        count = TURN_FRAMES if number else WARM_UP_FRAMES
        first = number and WARM_UP_FRAMES + TURN_FRAMES * (number - 1)
        order = both if number % 2 else both[::-1]
        drawn = [checkout.frames(name, first, count) for checkout in order]
        if number:
            turns.append(drawn if number % 2 else drawn[::-1])
    row: dict[str, Any] = {}
    for column, kind in enumerate(("wall", "cpu")):
        means = [[statistics.fmean(frame[column] for frame in frames) for frames in turn] for turn in turns]
        row[f"{kind}_ms"] = [statistics.median(mean[side] for mean in means) for side in range(2)]
        row[f"{kind}_ratio"] = statistics.median(before / now for before, now in means)
    return row


if __name__ == "__main__":
    main()
