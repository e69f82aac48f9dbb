"""frame.json says what the WGSL files declare, keeps to WebGPU's default limits, and leaves nothing open."""

import importlib
import re

import pytest

from phynes_core.errors import BackendError
from phynes_core.kernels.gpu import description as described
from phynes_core.kernels.gpu.description import ENGINE, description, wgsl
from phynes_core.kernels.gpu.instances import NO_BUFFER

PASSES = sorted(description().passes.values(), key=lambda each: each.name)
RUNS = [run for group in description().frame for run in group]
ACCESS = {"read": "storage, read", "write": "storage, read_write", "state": "storage, read_write"}
BINDING = re.compile(r"@group\(0\) @binding\((\d+)\) var(?:<([\w, ]+)>)? (\w+): ([\w<>, ]+);")


# passes whose workgroups take another number than they have threads
LEFT_TO_THE_PASS = ("query_vertices", "query_vertex_vectors", "query_vertices_wide", "skeleton", "fold_pose")


@pytest.mark.parametrize("each", PASSES, ids=lambda each: each.name)
def test_bindings_and_uniforms_are_those_of_the_file(each):
    source = wgsl(each.file)
    found = [(int(number), space, name, kind) for number, space, name, kind in BINDING.findall(source)]
    expected = [(0, "uniform", "params", "Params")] if each.params else []
    for number, binding in enumerate(each.bindings, each.first_binding()):
        if binding.access == "texture":
            expected.append((number, "", binding.name, f"texture_2d<{binding.element}>"))
        else:
            expected.append((number, ACCESS[binding.access], binding.name, f"array<{binding.element}>"))
    assert found == expected
    if each.params:
        fields = re.search(r"struct Params \{(.*?)\n\}", source, re.DOTALL)
        assert fields is not None
        assert re.findall(r"^\s+(\w+): ([\w<>, ]+),", fields[1], re.MULTILINE) == [
            tuple(field) for field in each.params
        ]
    for constant in each.constants:
        assert re.search(rf"\b{constant}\b", source) or constant in ("HIDDEN",), constant
    for entry in each.entries:
        assert f"fn {entry}(" in source


@pytest.mark.parametrize("each", PASSES, ids=lambda each: each.name)
def test_a_pass_keeps_to_the_default_limits(each):
    assert sum(binding.access != "texture" for binding in each.bindings) <= 8
    source = wgsl(each.file)
    sizes = re.search(r"@workgroup_size\(([\d, ]+)\)", source)
    assert (sizes is None) == each.is_drawing
    if sizes is not None:
        threads = 1
        for size in sizes[1].split(","):
            threads *= int(size)
        assert threads <= 256
    memory = {"vec4f": 16, "vec3f": 16, "f32": 4, "u32": 4, "mat3x3f": 48}
    shared = re.findall(r"var<workgroup> \w+: array<(\w+), (\d+)>", source)
    assert sum(memory[kind] * int(count) for kind, count in shared) <= 16 << 10
    assert "enable " not in source  # f16 and subgroups are never needed


@pytest.mark.parametrize("path", sorted(ENGINE.glob("*/*.wgsl")), ids=lambda path: path.stem)
def test_a_file_is_one_pass_and_names_its_twin(path):
    name = path.relative_to(ENGINE).as_posix()
    if path.parent.name == "shared":
        assert any(f'#include "{name}"' in other.read_text(encoding="utf-8") for other in ENGINE.glob("*/*.wgsl"))
        return
    assert [each.name for each in PASSES if each.file == name] == [path.stem]
    first = path.read_text(encoding="utf-8").splitlines()[0]
    twin = re.match(r"// The twin of (phynes_core[\w.]+):([\w.]+)", first)
    assert twin is not None, first
    value = importlib.import_module(twin[1])
    for part in twin[2].rstrip(".").split("."):
        value = getattr(value, part)


def test_every_run_has_its_values_its_buffers_and_a_size():
    made = {name for run in RUNS for name in run.buffers.values()}
    for run in RUNS:
        each = description().passes[run.pass_name]
        assert set(run.params) == {field for field, _ in each.params}, run.name
        assert set(run.buffers) <= {binding.name for binding in each.bindings}, run.name
        assert bool(run.target) == each.is_drawing == bool(run.corners)
        assert each.is_drawing or bool(run.dispatch), run.name
        assert bool(run.map) == bool(each.constants), run.name
        if run.dispatch.get("counts"):
            threads = [int(size) for size in re.search(r"@workgroup_size\(([\d, ]+)\)", wgsl(each.file))[1].split(",")]
            per = run.dispatch["per"]
            assert per == threads[: len(per)] or each.name in LEFT_TO_THE_PASS, run.name
    for name in description().buffers:
        assert name in made or any(name == binding.name for each in PASSES for binding in each.bindings), name
    assert NO_BUFFER not in description().buffers


def test_shared_runs_read_shared_buffers_only():
    """What all views of a scene share may not follow from one view."""
    buffers = description().buffers
    for run in RUNS:
        for binding in description().passes[run.pass_name].bindings:
            name = run.buffers.get(binding.name, binding.name)
            writes_shared = binding.access == "write" and name in buffers and buffers[name].is_shared
            if writes_shared and run.pass_name != "trace_vertices":  # adds rows to what other views have traced
                reads = [run.buffers.get(b.name, b.name) for b in description().passes[run.pass_name].bindings]
                assert all(buffers[name].is_shared for name in reads if name in buffers), run.name


def test_a_damaged_description_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(described, "ENGINE", tmp_path)
    for content in ("{", '{"passes": {}}', '{"passes": {"a": {"file": 1}}}'):
        (tmp_path / "frame.json").write_text(content, encoding="utf-8")
        described.description.cache_clear()
        with pytest.raises(BackendError, match="restore the folder shaders/engine"):
            described.description()
    described.description.cache_clear()
    (tmp_path / "frame.json").unlink()
    with pytest.raises(BackendError, match="restore the folder shaders/engine"):
        described.description()
    described.description.cache_clear()
