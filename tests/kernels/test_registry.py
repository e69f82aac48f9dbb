"""The choice of a backend: the best that works, said once, and a plain error for one that is missing."""

import ast
import inspect
import logging
from pathlib import Path

import pytest

from phynes_core.errors import BackendError
from phynes_core.kernels import registry

OPS = ["rasterize", "closest_point", "visibility", "hash_encoding", "neural_map", "shade"]
ENTRIES = [
    (op, device, backend)
    for op in registry.ALL_OPS
    for table in (op.backends, op.by_name_only)
    for device, backends in table.items()
    for backend in backends
]  # fmt: skip
IDS = [f"{op.name}-{device}-{backend}" for op, device, backend in ENTRIES]
# Where each function is compared with the reference of its op; those of CUDA run interpreted or on Warp's CPU device.
PARITY = {
    "rasterize": {
        "numba": "render/test_rasterize.py::test_the_fast_path_equals_the_reference",
        "warp": "kernels/test_warp_kernels.py::test_rays_see_the_faces_that_the_rasterizer_draws",
        "pytorch3d": "kernels/test_pytorch3d_adapter.py::test_its_rasterizer_sees_what_the_reference_sees",
    },
    "interpolate_covered": {
        "numba": "render/test_gbuffer.py::test_the_kernel_equals_torch",
    },
    "cover_pixels": {
        "numba": "render/test_coverage.py::test_counting_at_outlines_alone_gives_what_all_subsamples_give",
    },
    "closest_point": {
        "numba": "geometry/test_closest_point.py::test_the_fast_path_equals_brute_force",
        "warp": "geometry/test_closest_point.py::test_the_fast_path_equals_brute_force",
    },
    "visibility": {
        "embree": "render/test_visibility.py::test_fast_backends_equal_brute_force",
        "numba": "render/test_visibility.py::test_fast_backends_equal_brute_force",
        "warp": "render/test_visibility.py::test_fast_backends_equal_brute_force",
    },
    "hash_encoding": {
        "numba": "maps/test_encodings.py::test_the_fast_path_equals_the_specification",
        "triton": "kernels/cuda/test_triton_encoding.py::test_values_and_gradients_equal_the_specification",
        "tinycudann": "kernels/test_tinycudann_adapter.py::test_its_encoding_equals_the_reference",
    },
    "read_texels": {"numba": "maps/test_map_textures.py::test_reading_equals_the_specification"},
    "missing_texels": {"numba": "maps/test_map_textures.py::test_the_missing_texels_are_those_of_the_specification"},
    "texel_differences": {"numba": "maps/test_map_textures.py::test_differences_equal_the_specification"},
    "neural_map": {
        "numba": "kernels/test_neural_map_kernel.py::test_fused_queries_are_as_exact_as_the_reference",
        "triton": "kernels/cuda/test_triton_maps.py::test_fused_queries_equal_the_reference",
    },
    "train_map": {
        "numba": "kernels/test_map_training.py::test_values_and_gradients_are_as_exact_as_torchs",
    },
    "softplus": {
        "numba": "kernels/test_neural_map_kernel.py::test_softplus_for_training_equals_torch_forward_and_backward",
    },
    "shade": {
        "numba": "kernels/test_shade_kernel.py::test_every_backend_shades_as_the_reference",
        "warp": "kernels/test_shade_kernel.py::test_every_backend_shades_as_the_reference",
    },
    "shade_area_lamp": {
        "numba": "render/test_area_lamps.py::test_the_kernel_equals_the_reference",
    },
    "detail_normals": {"numba": "render/test_detail_normals.py::test_the_kernel_equals_the_specification"},
    "mesh_losses": {
        "pytorch3d": "kernels/test_pytorch3d_adapter.py::test_its_losses_are_ours",
    },
}


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


@pytest.mark.parametrize(("op", "device", "backend"), ENTRIES, ids=IDS)
def test_the_function_of_every_entry_exists_and_is_called_as_the_reference(op, device, backend):
    if (cause := registry.missing_cause(backend)) and not op.path(backend, device).startswith(
        "phynes_core.kernels.adapters"
    ):
        pytest.skip(f"{backend}: {cause}")
    function, reference = op.load(backend, device), op.load(registry.REFERENCE, device)
    assert list(inspect.signature(function).parameters) == list(inspect.signature(reference).parameters)


def test_every_function_that_an_entry_names_is_compared_with_the_reference_by_a_test():
    compared = {(op, backend): place for op, places in PARITY.items() for backend, place in places.items()}
    assert {(op.name, backend) for op, _, backend in ENTRIES} == set(compared)
    for place in set(compared.values()):
        file, _, test = place.partition("::")
        tree = ast.parse((Path(__file__).parents[1] / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, place


@pytest.mark.parametrize(("op", "device", "backend"), ENTRIES, ids=IDS)
def test_every_backend_that_is_missing_names_its_cause_and_its_remedy(op, device, backend, monkeypatch):
    monkeypatch.setattr(registry, "missing_cause", lambda name: "it is not there" if name != "reference" else None)
    with pytest.raises(BackendError) as caught:
        op.implementation(backend, device)
    assert f"'{backend}' of {op.follows or op.name}" in str(caught.value)
    assert f"it is not there; {registry.BACKENDS[backend].remedy}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_op_that_follows_another_runs_its_reference_where_it_has_no_function_of_its_own():
    follower = registry.SHADE_AREA_LAMP
    assert follower.implementation("warp") is follower.load("reference", "cpu")
    assert follower.implementation("numba") is not follower.load("reference", "cpu")


def test_a_backend_that_an_entry_lacks_is_a_mistake_in_the_code():
    with pytest.raises(ValueError, match="neural_map on cpu: expected a backend of its entry, got 'triton'"):
        registry.NEURAL_MAP.load("triton", "cpu")
