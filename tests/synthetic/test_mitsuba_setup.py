"""Mitsuba is optional: without it the error is one line with the command that installs it."""

import importlib
import os
import subprocess
import sys

import pytest

from phynes_core.errors import BackendError
from phynes_core.synthetic.mitsuba import setup


def test_missing_mitsuba_is_one_line_with_the_pip_command(monkeypatch):
    def absent(name: str, *rest):
        if name == "mitsuba":
            raise ImportError("No module named 'mitsuba'")
        return importlib.__import__(name)

    monkeypatch.setattr(setup.importlib, "import_module", absent)
    with pytest.raises(BackendError, match="pip install") as caught:
        setup.load_mitsuba.__wrapped__()
    assert "\n" not in str(caught.value)


def test_llvm_comes_from_the_wheel_even_after_torch():
    """Regression: libunwind loaded globally beside torch crashed the first texture look-up."""
    program = (
        "import torch, numpy as np\n"
        "from phynes_core.synthetic.mitsuba.setup import load_mitsuba\n"
        "from phynes_core.synthetic.mitsuba.scene import make_brdf, make_texture\n"
        "load_mitsuba()\n"
        "make_brdf(*(make_texture(np.ones((2, 2, c), np.float32)) for c in (3, 1)))\n"
        "print('alive', torch.ones(2).sum().item())\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DRJIT_LIBLLVM_PATH"}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("alive 2.0")
