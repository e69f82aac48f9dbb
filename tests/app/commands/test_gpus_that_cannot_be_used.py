"""The command line where a GPU was asked for that cannot be used: one line, exit code 2, nothing written."""

import pytest

from phynes_core.io.shipped_files import bundled_avatars
from phynes_core.kernels.gpu import adapters as found
from phynes_core.kernels.gpu import description as described
from phynes_core.kernels.gpu.adapters import NEEDED, Adapter
from tests.software_gpu import SOFTWARE, software_gpu

JOSH = bundled_avatars()["josh"]


class Handle:
    """What wgpu offers of an adapter."""

    def __init__(self, **limits):
        self.limits, self.features = NEEDED | limits, ()


@pytest.fixture
def machine(monkeypatch):
    """A machine with these adapters."""
    monkeypatch.setattr(found, "missing_wgpu", lambda: "")

    def having(*adapters):
        monkeypatch.setattr(found, "adapters", lambda: adapters)

    return having


def adapter(name, kind="DiscreteGPU", **limits):
    return Adapter(name, "driver 1.0", "Vulkan", kind, Handle(**limits))


@pytest.fixture
def refused(refuse, tmp_path):
    """The line that a command with these options of the device ends with, once nothing was written."""

    def line(*options):
        told = refuse("render", "--avatar", JOSH, "--out", tmp_path / "out", "--size", 32, *options)
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
        return told.strip()

    return line


def test_an_adapter_that_does_not_exist(refused, machine):
    machine(adapter("Radeon 780M"), adapter("llvmpipe", "CPU"))
    line = refused("--device", "gpu", "--gpu-adapter", "arc")
    assert "--gpu-adapter: expected one of 'Radeon 780M', 'llvmpipe' (software), got 'arc'" in line


def test_only_a_software_adapter(refused, machine):
    machine(adapter("llvmpipe", "CPU"))
    line = refused("--device", "gpu")
    assert "expected a GPU, got only 'llvmpipe' (software); name it with --gpu-adapter to use it" in line
    assert line.endswith("or compute with --device cpu")


def test_limits_that_are_too_small(refused, machine):
    machine(adapter("old", **{"max-storage-buffers-per-shader-stage": 4}))
    line = refused("--device", "gpu")
    assert "limits of 'old' are too small (max-storage-buffers-per-shader-stage 4 of 8)" in line
    assert line.endswith("leave --device out, or compute with --device cpu")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("body/skin.wgsl", "@compute fn main( {"),
        ("light/shade.wgsl", None),
        ("shared/rays.wgsl", "fn is_blocked() -> bool { return 1.0; }"),
        ("frame.json", "{"),
    ],
)
def test_a_damaged_file_of_the_engine(refused, monkeypatch, tmp_path, name, content):
    """It is named, with the remedy."""
    software_gpu()
    whole = described._text

    def damaged(path):
        if not path.as_posix().endswith(f"engine/{name}"):
            return whole(path)
        return whole(tmp_path / name) if content is None else content

    monkeypatch.setattr(described, "_text", damaged)
    described.description.cache_clear()
    line = refused("--device", "gpu", "--gpu-adapter", SOFTWARE)
    described.description.cache_clear()
    named = name if content is None or name == "frame.json" else ".wgsl"
    assert named in line and "restore the folder shaders/engine" in line
