"""Every Triton kernel compiles for the GPUs we name, which needs none of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton")
ROOT = Path(__file__).resolve().parents[3]
ARCHITECTURES = ("80", "90", "120")


def test_every_kernel_compiles_for_every_architecture_without_spilling():
    """Into machine code, by the assembler that comes with Triton; values that spill to memory would cost the speed."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    command = [sys.executable, "-m", "tests.kernels.cuda.compile_kernels", *ARCHITECTURES]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    if "is not defined for option 'gpu-name'" in done.stderr:
        pytest.skip(f"this Triton's assembler is too old for one of sm_{', sm_'.join(ARCHITECTURES)}")
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert len(lines) >= 6 and len(lines) % len(ARCHITECTURES) == 0
    assert [line for line in lines if not re.search(r" 0 spilled,", line)] == []
