"""numba's settings: a thread-safe layer, a cache outside the checkout, and no stale inlined code."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numba

from phynes_core.kernels.cpu import bvh, compiler

CPU_FOLDER = Path(compiler.__file__).parent
PREFIX = "phynes_core.kernels.cpu."


def test_parallel_loops_use_a_thread_safe_layer():
    bvh.Bvh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]).closest([[0.0, 0.0, 1.0]])
    assert numba.threading_layer() in ("omp", "tbb")


def test_every_source_that_other_kernels_inline_names_the_cache():
    """numba does not notice an edit in another file's inlined function; the cache folder's name must."""
    inlined = set()
    for path in CPU_FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
                source = CPU_FOLDER / f"{node.module.removeprefix(PREFIX)}.py"
                compiled = {
                    function.name
                    for function in ast.parse(source.read_text()).body
                    if isinstance(function, ast.FunctionDef) and function.decorator_list
                }
                calls_from_kernel = _names_used_in_kernels(path)
                if compiled & {alias.name for alias in node.names} & calls_from_kernel:
                    inlined.add(source.name)
    assert inlined <= set(compiler.INLINED_SOURCES)
    assert inlined, "the walk above should find some"


def test_the_cache_lies_in_the_user_folder_unless_told_otherwise(tmp_path):
    script = "from phynes_core.kernels.cpu import compiler; import numba; print(numba.config.CACHE_DIR)"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment["XDG_CACHE_HOME"] = str(tmp_path)

    def cache_folder(**extra: str) -> str:
        command = [sys.executable, "-c", script]
        return subprocess.run(
            command, env={**environment, **extra}, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert Path(cache_folder()).parent == tmp_path / "phynes-viewer" / "numba"
    assert cache_folder(NUMBA_CACHE_DIR=str(tmp_path / "mine")) == str(tmp_path / "mine")


def _names_used_in_kernels(path: Path) -> set[str]:
    """Names that appear inside decorated (compiled) functions of a file."""
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    kernels = [function for function in functions if function.decorator_list]
    return {node.id for kernel in kernels for node in ast.walk(kernel) if isinstance(node, ast.Name)}
