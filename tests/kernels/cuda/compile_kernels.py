"""Compiles every Triton kernel for architectures, without a GPU: python -m tests.kernels.cuda.compile_kernels 80 90.

Prints a line for each kernel and architecture: registers, bytes of shared memory, bytes spilled. A process of its own,
because kernels that are interpreted cannot be compiled.
"""

import functools
import itertools
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.runtime.jit import JITFunction

from phynes_core.kernels.cuda import triton_encoding, triton_maps


def kernels() -> Iterator[tuple[str, JITFunction, dict[str, str], dict[str, int], int]]:
    """(name, kernel, types of its arguments, constants, warps) as the engine launches them."""
    tables = {"scale_ptr": "*fp32", "level_ptr": "*i32", "num_rows": "i32"}
    sizes = {"FEATURES": 2, "COLUMNS": 32, "K": 32, "BLOCK": triton_encoding.BLOCK, "PRIME": -1640531535}
    yield (
        "encode", triton_encoding._encode,
        {"uv_ptr": "*fp32", "grid_ptr": "*fp32", "encoded_ptr": "*fp32", **tables}, sizes, 4,
    )  # fmt: skip
    yield (
        "encode_backward", triton_encoding._encode_backward,
        {"uv_ptr": "*fp32", "gradient_ptr": "*fp32", "grid_gradient_ptr": "*fp32", **tables}, sizes, 4,
    )  # fmt: skip
    pointers = {f"{name}_ptr": "*fp32" for name in ("uv", "grid", "first_bias", "bias", "out")}
    layers = {"WIDTH": 64, "HEAD": triton_maps.HEAD_COLUMNS, "IS_RELU": False, "BETA": 100.0, "HAS_COUNT": True}
    del sizes["COLUMNS"]
    for name, number, shape in (
        (
            "albedo",
            "fp16",
            {"HIDDEN": 4, "CHANNELS": 3, "HAS_RESIDUAL": False, "HAS_SIGMOID": True, "PRECISION": "tf32"},
        ),
        (
            "offset",
            "fp32",
            {"HIDDEN": 3, "CHANNELS": 1, "HAS_RESIDUAL": True, "HAS_SIGMOID": False, "PRECISION": "tf32x3"},
        ),
    ):
        types = {**pointers, **tables, "weight_ptr": f"*{number}", "count_ptr": "*i32"}
        types |= {"output_scale": "fp32", "output_offset": "fp32"}
        yield f"map_{name}", triton_maps._query, types, {**sizes, **layers, **shape}, 4


def usage_of(cubin: bytes) -> str:
    """Registers and spilled bytes, from the tool that comes with Triton."""
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        listing = subprocess.run([tool, "-res-usage", file.name], capture_output=True, text=True, check=True)
    found = re.search(r"REG:(\d+) STACK:(\d+).*LOCAL:(\d+)", listing.stdout + listing.stderr)
    return f"{found[1]} registers, {found[2]} bytes of stack, {found[3]} spilled" if found else "usage unknown"


def compiled_line(index: int, architecture: int) -> str:
    """What one kernel takes on one architecture."""
    name, kernel, types, constants, num_warps = next(itertools.islice(kernels(), index, None))
    types = {argument: types.get(argument, "constexpr") for argument in kernel.arg_names}
    source = ASTSource(fn=kernel, signature=types, constexprs=constants)
    compiled = triton.compile(source, target=GPUTarget("cuda", architecture, 32), options={"num_warps": num_warps})
    return f"{name} sm_{architecture}: {usage_of(compiled.asm['cubin'])}, {compiled.metadata.shared} bytes shared"


def main(architectures: list[int]) -> None:
    """One line for each kernel and architecture; an exception ends it."""
    numbers = range(len(list(kernels())))
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        for architecture in architectures:
            for line in pool.map(functools.partial(compiled_line, architecture=architecture), numbers):
                print(line, flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
