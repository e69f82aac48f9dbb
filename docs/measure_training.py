"""How long steps of training take, against other versions and by several processes; and what minutes of training give.

    python docs/measure_training.py steps --code . --code ../old --rounds 5
    python docs/measure_training.py processes
    python docs/measure_training.py minutes --out data/minutes --minutes 2,5,10,20

`steps` lets the checkouts that `--code` names take turns, so that whatever else the machine does meets all of them, and
prints medians per step: elapsed time, processor time of all threads, and of the thread that steps (which is what it
takes at least where every other thread has a core). `processes` compares one process on one core with two under
torchrun. `minutes` trains and judges; started again it goes on where it was.
"""

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
# stage, first step of each round, steps of a round: early, in the middle, late; beta falls meanwhile
TASKS = {
    "stage 1, early": ("stage1", 400, 8), "stage 1, middle": ("stage1", 2400, 8), "stage 1, late": ("stage1", 4400, 8),
    "stage 2": ("stage2", 1000, 8),
}  # fmt: skip
BEGINNINGS = ("stage 0, a step", "pixels of stage 2")  # once a round each
SHORT = ("--set", "registration.steps=0", "--template", "smpl", "--no-evaluate", "--no-inspect")
COLUMNS = {"novel view": ("novel_view", "relit"), "novel pose": ("novel_pose", "relit"), "albedo": ("albedo",)}


def work(code: Path, data: Path, checkpoint: Path) -> None:
    """A checkout's own process: does the task that a line of standard input names, and writes its times as a line."""
    sys.path.insert(0, str(code))
    import torch

    from phynes_core.avatar.checkpoint import load_checkpoint
    from phynes_core.data.open_capture import open_capture
    from phynes_core.registration.registration import Registration
    from phynes_core.training.frames import load_training_frames
    from phynes_core.training.presets import FAST
    from phynes_core.training.stage import StageSetup
    from phynes_core.training.stage1 import Stage1
    from phynes_core.training.stage2 import Stage2

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=True)
    capture, device = open_capture(data), torch.device("cpu")

    def setup(has_registration: bool = False) -> StageSetup:
        avatar = load_checkpoint(checkpoint)
        avatar.train().requires_grad_(True)
        frames = load_training_frames(capture, avatar.body, FAST.stage1.ring_px)
        numbers = [frame.number for frame in frames]
        made = Registration(capture, avatar.body, numbers, FAST.registration, 0) if has_registration else None
        return StageSetup(avatar, frames, FAST, device, made)

    @functools.cache
    def begun(task: str) -> Any:
        if task == BEGINNINGS[0]:
            return setup(has_registration=True).registration
        if task == BEGINNINGS[1]:
            return setup()
        stage = {"stage1": Stage1, "stage2": Stage2}[task](setup())
        stage.step(0)  # which looks for where the surface is
        return stage

    for line in sys.stdin:
        task = line.strip()
        kind, first, count = TASKS.get(task, (task, 1, 1))
        subject = begun(kind)
        if task in TASKS:
            subject.step(first - 1)  # so that rays have been drawn ahead
        started = time.monotonic(), time.process_time(), time.thread_time()
        for step in range(first, first + count):
            if task == BEGINNINGS[1]:
                Stage2(subject)
            else:
                subject.step(step)
        now = time.monotonic(), time.process_time(), time.thread_time()
        print(json.dumps([(end - start) / count for start, end in zip(started, now, strict=True)]), flush=True)


def compare_steps(options: argparse.Namespace) -> None:
    """Checkouts in turns, task by task."""
    command = [sys.executable, __file__, "work", "--data", options.data, "--avatar", options.avatar, "--code"]
    workers = [
        subprocess.Popen([*map(str, command), str(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for code in options.code
    ]
    times = {(task, code): [] for task in options.tasks.split(";") for code in range(len(workers))}
    for turn in range(options.rounds + 1):  # the first one compiles and is left out
        for task in options.tasks.split(";"):
            for code, worker in enumerate(workers):
                assert worker.stdin is not None and worker.stdout is not None
                worker.stdin.write(f"{task}\n")
                worker.stdin.flush()
                measured = json.loads(worker.stdout.readline())
                if turn > 0:
                    times[task, code].append(measured)
    for worker in workers:
        worker.communicate()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; milliseconds: elapsed, all threads, own thread")
    print("| | " + " | ".join(str(code) for code in options.code) + " |\n|---|" + "---|" * len(workers))
    for task in options.tasks.split(";"):
        cells = [
            " / ".join(f"{1e3 * statistics.median(column):.1f}" for column in zip(*times[task, code], strict=True))
            for code in range(len(workers))
        ]
        print(f"| {task} | " + " | ".join(cells) + " |", flush=True)


def compare_processes(options: argparse.Namespace) -> None:
    """Seconds of the same steps: one process with one core, two with a core each."""
    seconds = {}
    steps = ("--set", f"stage1.steps={options.steps}", "--set", f"stage2.steps={options.steps}")
    for count in (1, 2):
        out = options.out / f"{count}.ckpt"
        launch = ["-m", "torch.distributed.run", "--nproc-per-node", str(count), "launch.py", "train", "--data"]
        line = [sys.executable, *launch, options.data, "--out", out, "--run-folder", options.out / f"run_{count}"]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        pinned = ["taskset", "-c", "0"] if count == 1 else []
        subprocess.run([*pinned, *map(str, line), *SHORT, *steps], cwd=PROJECT, check=True, env=environment)
        for stage in (1, 2):
            rows = [row for row in curves(options.out / f"run_{count}") if row["stage"] == stage]
            seconds[count, stage] = rows[-1]["seconds"] - rows[0]["seconds"]
    for stage in (1, 2):
        print(f"stage {stage}: two processes are {seconds[1, stage] / seconds[2, stage]:.2f} times as fast as one")


def curves(folder: Path) -> list[dict[str, float]]:
    """The lines of a run's curves."""
    return [json.loads(line) for line in (folder / "curves.jsonl").read_text(encoding="utf-8").splitlines()]


def tabulate_minutes(options: argparse.Namespace) -> None:
    """A row for each number of minutes: what the avatar is worth that so long a training makes."""
    print("| minutes | took | steps | novel view | novel pose | albedo | P2S / CD, cm |\n|---|---|---|---|---|---|---|")
    for minutes in options.minutes.split(","):
        folder = options.out / minutes
        checkpoint, report = folder / "avatar.ckpt", folder / "report"
        if not checkpoint.is_file():
            resumed = ["--resume"] if (folder / "run" / "state.safetensors").is_file() else []
            where = ["--data", options.data, "--out", checkpoint, "--run-folder", folder / "run"]
            run("train", *where, "--minutes", minutes, "--no-evaluate", "--no-inspect", *resumed)
        if not (report / "metrics.json").is_file():
            run("evaluate", "--avatar", checkpoint, "--data", options.data, "--out", report, "--max-images", 6)
        metrics = json.loads((report / "metrics.json").read_text(encoding="utf-8"))
        cells = []
        for path in COLUMNS.values():
            part = metrics
            for key in path:
                part = part[key]
            cells.append(f"{part['psnr']:.2f} ({part['psnr_foreground']:.2f})")
        geometry, rows = metrics["geometry"], curves(folder / "run")
        steps = " + ".join(str(max(row["step"] for row in rows if row["stage"] == stage)) for stage in (1, 2))
        cells.append(f"{geometry['p2s_cm']:.3f} / {geometry['cd_cm']:.3f}")
        print(f"| {minutes} | {rows[-1]['seconds'] / 60.0:.1f} | {steps} | {' | '.join(cells)} |", flush=True)


def run(*arguments: object) -> None:
    """A command of the project."""
    line = [sys.executable, "launch.py", *map(str, arguments)]
    subprocess.run(line, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """One of the three measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measure", choices=("steps", "processes", "minutes", "work"))
    parser.add_argument("--data", type=Path, default=PROJECT / "assets" / "captures" / "josh_256")
    parser.add_argument("--avatar", type=Path, default=PROJECT / "checkpoints" / "josh.ckpt", help="that is trained on")
    parser.add_argument("--code", type=Path, action="append", help="a checkout to time; repeatable")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--tasks", default=";".join((*TASKS, *BEGINNINGS)), help="some of them, with semicolons between"
    )
    parser.add_argument("--out", type=Path, default=PROJECT / "data" / "measured_training")
    parser.add_argument("--steps", type=int, default=200, help="of each stage where processes are compared")
    parser.add_argument("--minutes", default="2,5,10,20", help="with commas between")
    options = parser.parse_args()
    options.code = [code.resolve() for code in options.code or [PROJECT]]
    options.data, options.avatar, options.out = (path.resolve() for path in (options.data, options.avatar, options.out))
    measures = {"steps": compare_steps, "processes": compare_processes, "minutes": tabulate_minutes}
    if options.measure == "work":
        work(options.code[0], options.data, options.avatar)
    else:
        measures[options.measure](options)


if __name__ == "__main__":
    main()
