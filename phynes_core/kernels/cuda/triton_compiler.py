"""How the Triton kernels are compiled. Their language only looks like Python, so type checkers let them be."""

from typing import Any

import triton

jit: Any = triton.jit
# counts change from frame to frame: a kernel compiled for one serves all
counting: Any = triton.jit(do_not_specialize=["num_rows"])
