"""Triton decides when a kernel is defined whether it will be compiled or interpreted: no test of the CPU has a GPU."""

import os

os.environ["TRITON_INTERPRET"] = "1"
