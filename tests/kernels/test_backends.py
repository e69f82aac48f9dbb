"""The choice of a backend: the best that works, said once, and a plain error for one that is missing."""

import logging

import pytest

from phynes_core.errors import BackendError
from phynes_core.kernels import registry

OPS = ["rasterize", "closest_point", "visibility", "hash_encoding", "neural_map", "shade"]


@pytest.fixture
def without_embree(monkeypatch):
    """As if embreex had no wheel for this machine."""
    real = registry.missing_cause
    cause = "No module named 'embreex'"
    monkeypatch.setattr(registry, "missing_cause", lambda name: cause if name == "embree" else real(name))
    monkeypatch.setattr(registry, "_logged", set())


@pytest.mark.parametrize("op", OPS)
def test_every_operation_has_a_fast_path_and_a_reference(op):
    assert registry.available(op)[-1] == "reference"
    assert len(registry.available(op)) >= 2
    assert registry.resolve(op) == registry.available(op)[0]


def test_rays_and_queries_run_in_warp_on_cuda():
    assert [registry.available(op, "cuda")[0] for op in ("rasterize", "closest_point", "visibility")] == ["warp"] * 3


@pytest.mark.parametrize("op", OPS)
def test_a_device_without_fast_paths_gets_the_reference(op):
    assert registry.resolve(op, "auto", "xpu") == "reference"


def test_what_stands_behind_the_choice_is_not_even_imported(monkeypatch):
    asked = []
    real = registry.missing_cause
    monkeypatch.setattr(registry, "missing_cause", lambda name: asked.append(name) or real(name))
    monkeypatch.setattr(registry, "_logged", set())
    registry.resolve("visibility")
    assert set(asked) == {"embree"}


def test_auto_logs_its_choice_once(monkeypatch, caplog):
    monkeypatch.setattr(registry, "_logged", set())
    with caplog.at_level(logging.INFO, logger=registry.__name__):
        registry.resolve("shade")
        registry.resolve("shade")
    assert [record.getMessage() for record in caplog.records] == ["shade on cpu: numba"]


def test_auto_falls_back_and_says_what_it_went_without(without_embree, caplog):
    with caplog.at_level(logging.INFO, logger=registry.__name__):
        assert registry.resolve("visibility") == "numba"
    assert caplog.messages == ["visibility on cpu: numba (without embree: No module named 'embreex')"]


def test_a_named_backend_that_is_missing_raises_with_cause_and_remedy(without_embree):
    with pytest.raises(BackendError, match=r"'embree'.*No module named 'embreex'.*pip install embreex"):
        registry.resolve("visibility", "embree")


def test_auto_never_takes_what_is_there_to_be_asked_by_name(monkeypatch):
    """PyTorch3D needs seconds a picture on the CPU: a fallback nobody should meet."""
    monkeypatch.setattr(registry, "missing_cause", lambda name: "gone" if name in ("numba", "warp") else None)
    monkeypatch.setattr(registry, "_logged", set())
    assert registry.resolve("rasterize") == "reference"
    assert registry.resolve("rasterize", "pytorch3d") == "pytorch3d"


def test_an_adapter_that_needs_another_device_says_so_and_how_to_get_it(monkeypatch):
    monkeypatch.setattr(registry, "missing_cause", lambda name: "No module named 'tinycudann'")
    with pytest.raises(BackendError, match=r"runs on cuda, not on cpu: No module named 'tinycudann'; .*subdirectory"):
        registry.resolve("hash_encoding", "tinycudann")


def test_a_missing_adapter_says_which_wheels_fit(monkeypatch):
    monkeypatch.setattr(registry, "missing_cause", lambda name: "No module named 'pytorch3d'")
    with pytest.raises(BackendError, match=r"cannot run here: No module named 'pytorch3d'; .*easypytorch3d"):
        registry.resolve("rasterize", "pytorch3d")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BackendError, match="expected one of auto, embree, numba, warp, reference, got 'optix'"):
        registry.resolve("visibility", "optix")


def test_an_unknown_operation_is_a_mistake_in_the_code():
    with pytest.raises(ValueError, match="expected one of rasterize"):
        registry.resolve("teleport")
