"""All measurements that need an NVIDIA GPU: `python docs/measure_gpu.py OUT` from the root (docs/gpu.md).

The steps: tests that compare with the CPU; frames a second by node and backend; memory over ten thousand frames; both
presets' training on the sample capture, which ends with its evaluation. A step's output goes to OUT/<step>.txt, numbers
to OUT/*.json, the machine's description to OUT/machine.json, the results to OUT/summary.txt. After a step that fails
the others still run; one that is done is not run again: delete its file to repeat it.
"""

import json
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import torch

PROJECT = Path(__file__).resolve().parent.parent
LAUNCH = [sys.executable, str(PROJECT / "launch.py")]
PYTEST = [sys.executable, "-m", "pytest", "-q"]
CAPTURE = "assets/captures/josh_256"


def steps(out: Path) -> dict[str, list[str]]:
    """Name -> command, in order."""
    fast, paper = str(out / "fast.ckpt"), str(out / "paper.ckpt")
    bench = [*LAUNCH, "bench", "--avatar", "josh.ckpt", "--device", "cuda", "--frames", "300"]
    train = [*LAUNCH, "train", "--data", CAPTURE, "--device", "cuda"]
    return {
        "parity": [*PYTEST, "tests/cuda", "tests/kernels", "tests/frame/test_frame_on_a_device.py"],
        "bench": [*bench, "--profile", "--backends", "all", "--json", str(out / "bench.json")],
        "parity_vulkan": [*PYTEST, "tests/kernels/gpu", "tests/frame/test_gpu_frame.py"],
        "bench_vulkan": [
            *bench[:-3],
            "gpu",
            *bench[-2:],
            "--backends",
            "all",
            "--json",
            str(out / "bench_vulkan.json"),
        ],
        "sizes": [*bench, "--sizes", str(out / "sizes")],
        "bench_cpu": [
            *LAUNCH,
            "bench",
            "--avatar",
            "josh.ckpt",
            "--device",
            "cpu",
            "--json",
            str(out / "bench_cpu.json"),
        ],
        "memory": [*PYTEST, "--soak", "tests/app/rendering/test_memory.py"],
        "train_fast": [*train, "--out", fast],
        "train_fast_mixed": [*train, "--out", str(out / "mixed.ckpt"), "--set", "has_mixed_precision=true"],
        "train_paper": [*train, "--out", paper, "--preset", "paper", "--minutes", "10"],
    }


def machine() -> dict[str, str]:
    """The machine and the versions that were measured."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False)
    return {
        "gpu": subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip(),
        "torch": f"{torch.__version__}, CUDA {torch.version.cuda}",
        "python": platform.python_version(),
        "commit": commit.stdout.strip(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def main() -> int:
    """Run the steps that are not done yet; 1 when one failed."""
    if len(sys.argv) != 2:
        print("usage: python docs/measure_gpu.py OUT", file=sys.stderr)
        return 2
    if not torch.cuda.is_available():
        print(f"error: torch {torch.__version__} finds no NVIDIA GPU; docs/gpu.md says how to install", file=sys.stderr)
        return 2
    out = Path(sys.argv[1]).resolve()
    out.mkdir(parents=True, exist_ok=True)
    (out / "machine.json").write_text(json.dumps(machine(), indent=1) + "\n")
    lines = []
    for name, command in steps(out).items():
        output, part = out / f"{name}.txt", out / f"{name}.txt.part"
        if output.exists():
            lines.append(f"{name}: done before")
            continue
        print(f"{name}: {' '.join(command)}", flush=True)
        start = time.monotonic()
        with open(part, "w") as file:
            code = subprocess.run(command, cwd=PROJECT, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
        part.rename(output if code == 0 else out / f"{name}.failed.txt")
        lines.append(f"{name}: {'passed' if code == 0 else f'FAILED with {code}'} in {time.monotonic() - start:.0f} s")
        print(lines[-1], flush=True)
        (out / "summary.txt").write_text("\n".join(lines) + "\n")
    return int(any("FAILED" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
