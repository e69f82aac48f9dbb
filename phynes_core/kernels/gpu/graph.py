"""Runs the described passes on a device: only those that are wanted and stale, in one submission without a wait."""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any

import numpy as np

from phynes_core.kernels.gpu.description import description
from phynes_core.kernels.gpu.device import GpuDevice, Readback, Snapshot
from phynes_core.kernels.gpu.instances import NO_BUFFER, Held, Instance, general_name, instances, packed
from phynes_core.kernels.gpu.timing import PassTimes

_VERSIONS = count(1)  # of contents: no two ever share one


class PassGraph:
    """The buffers between passes, and what each run was last made of. With a base: another view of its scene."""

    def __init__(self, device: GpuDevice, base: "PassGraph | None" = None) -> None:
        self.device, self._base = device, base
        self._described = description()
        self._held: dict[str, Held] = {}
        self._textures: dict[str, tuple[Hashable, Any, Any]] = {}
        self._made: dict[str, Hashable] = {}
        self._uniforms: dict[str, tuple[bytes, Any]] = {}
        self._groups: dict[str, tuple[tuple[Any, ...], Any]] = {}
        self._supplied: set[str] = set()
        self._snapshots: dict[str, tuple[Hashable, Snapshot]] = {}
        self._values: Mapping[str, Any] = {}
        self._numbers: Mapping[str, int] = {}
        self.times = PassTimes(device)
        self.ran: list[str] = []  # runs of the last frame
        self.submit_ms = 0.0  # until the last submission was handed over

    def start(self, values: Mapping[str, Any], numbers: Mapping[str, int]) -> None:
        """Begin a frame of these values; `numbers`: how many avatars and tiles there are."""
        self._values, self._numbers, self.ran = values, numbers, []
        self._supplied = set()

    def supply(self, name: str, version: Hashable, make: Callable[[], np.ndarray]) -> None:
        """A buffer that the host fills: anew when the version differs."""
        held = self._held.get(name)
        if held is None or held.version != version:
            content = np.ascontiguousarray(make())
            if held is None or held.num_bytes < content.nbytes:
                held = Held(self.device.buffer(content.nbytes), content.nbytes, version)
                self._held[name] = held
            if content.nbytes:
                self.device.write(held.buffer, content)
            held.version = version
        self._supplied.add(name)

    def lend(self, name: str, version: Hashable, buffer: Any) -> None:
        """A buffer that lies on the device already; its content is another one when the version differs."""
        held = self._held.get(name)
        if held is None or held.buffer is not buffer or held.version != version:
            self._held[name] = Held(buffer, buffer.size, version)
        self._supplied.add(name)

    def forget(self) -> None:
        """Run everything anew."""
        self._made.clear()
        for held in self._held.values():
            held.made_of = None
        if self._base is not None:
            self._base.forget()

    def compute(self, wanted: Iterable[str]) -> None:
        """Bring these buffers up to date; returns as soon as the work is submitted."""
        self._submit(list(wanted), {})

    def begin(self, wanted: Mapping[str, int], kept: Mapping[str, int]) -> tuple[Readback, dict[str, Snapshot]]:
        """Bring buffers up to date, and their first bytes on the way to the host; those of `kept` stay on the device.

        Returns as soon as the work is submitted. What is kept is the same object as long as its content is the same.
        """
        staging = {name: (self.device.staging(size), size) for name, size in wanted.items()}
        self._submit([*wanted, *kept], staging, kept)
        return Readback(self.device, staging), {name: self._snapshots[name][1] for name in kept}

    def fetch(self, wanted: Mapping[str, int]) -> dict[str, np.ndarray]:  # uint8 each
        """Bring buffers up to date and return their first bytes; waits once, for the end of the frame."""
        return self.begin(wanted, {})[0].take()

    def held(self, name: str) -> Held:
        """A buffer of this frame, by its own name (avatar0.list)."""
        return self._home(name)[name]

    def _submit(
        self, wanted: list[str], copies: Mapping[str, tuple[Any, int]], kept: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        start = time.perf_counter()
        with self.device.guarded("it was lost, or its driver was reset"), self.device.lock:
            encoder = self.device.handle.create_command_encoder()
            self.times.begin()
            compute = None
            for instance in self._needed(wanted):
                compute = self._brought_up(instance, encoder, compute)
            if compute is not None:
                compute.end()
            self.times.resolve(encoder)
            for name, (target, num_bytes) in copies.items():
                encoder.copy_buffer_to_buffer(self.held(name).buffer, 0, target, 0, num_bytes)
            for name, num_bytes in kept.items():
                self._keep(name, num_bytes, encoder)
            self.device.handle.queue.submit([encoder.finish()])
        self.submit_ms = (time.perf_counter() - start) * 1e3

    def _keep(self, name: str, num_bytes: int, encoder: Any) -> None:
        """Encode a copy of what the buffer holds now, unless the last one is the same."""
        made_of = self.held(name).version, num_bytes
        if self._snapshots.get(name, (None, None))[0] != made_of:
            target = self.device.buffer(num_bytes)
            encoder.copy_buffer_to_buffer(self.held(name).buffer, 0, target, 0, num_bytes)
            self._snapshots[name] = made_of, Snapshot(self.device, target, num_bytes)

    def _needed(self, wanted: list[str]) -> list[Instance]:
        """The runs that something wanted follows from, in order."""
        names, chosen = set(wanted), []
        for instance in reversed(list(instances(self._numbers))):
            writes = [name for name, access in instance.bound if access == "write"]
            writes += [instance.run.target] if instance.run.target else []
            if any(name in names and name not in self._supplied for name in writes) and self._may_run(instance):
                chosen.append(instance)
                names |= {name for name, access in instance.bound if access in ("read", "texture")}
                names |= {name for after in instance.run.clears_after.values() for name in after}
                if "indirect" in instance.run.dispatch:
                    names.add(instance.named(instance.run.dispatch["indirect"]))
        return chosen[::-1]

    def _may_run(self, instance: Instance) -> bool:
        when, unless = instance.run.when, instance.run.unless
        return not (when and self._is_true(instance, when.lstrip("!")) == when.startswith("!")) and not (
            unless and self._is_true(instance, unless)
        )

    def _is_true(self, instance: Instance, name: str) -> bool:
        return bool(self._values.get(instance.named(name)))

    def _value(self, instance: Instance, name: Any) -> Any:
        return self._values[instance.named(name)] if isinstance(name, str) else name

    def _product(self, instance: Instance, factors: Iterable[Any]) -> int:
        total = 1
        for factor in factors:
            total *= self._value(instance, factor)
        return total

    def _brought_up(self, instance: Instance, encoder: Any, compute: Any) -> Any:
        """Encode the run if it is stale; returns the open compute pass."""
        run, described = instance.run, self._described.passes[instance.run.pass_name]
        bound = [(name, access) for name, access in instance.bound]
        helds = {name: self._allocated(instance, name) for name, access in bound if access != "texture"}
        textures = {name: self._drawn(name) for name, access in bound if access == "texture"}
        params = b"".join(packed(kind, self._value(instance, run.params[field])) for field, kind in described.params)
        constants = {name: self._values[f"{instance.named(run.map)}.{name}"] for name in described.constants}
        after = {instance.named(name): others for name, others in run.clears_after.items()}
        versions = [helds[name].version for name, access in bound if access == "read" and name != NO_BUFFER]
        versions += [self._made.get(f"texture {name}") for name in textures]
        outputs = [id(helds[name].buffer) for name, access in bound if access == "write"]
        outputs += [id(self._drawn(run.target)[1])] if run.target else []
        bases = {name: tuple(self.held(other).version for other in others) for name, others in after.items()}
        size = self._corners(instance) if run.target else self._workgroups(instance)
        key = tuple(versions), params, tuple(constants.values()), tuple(outputs), tuple(bases.values()), size
        made = self._made_in(bound)
        if made.get(instance.key) == key:
            return compute
        made[instance.key] = key
        self.ran.append(run.name)
        clears = [instance.named(name) for name in run.clears]
        for name, base in bases.items():
            if helds[name].made_of != base:
                helds[name].made_of = base
                clears.append(name)
        if compute is not None and (clears or run.target or self.times.is_on):
            compute.end()
            compute = None
        for name in clears:
            encoder.clear_buffer(helds[name].buffer)
        pipeline = self.device.pipeline(run.pass_name, constants)
        group = self._group(instance, params, [helds[n].buffer if n in helds else textures[n][1] for n, _ in bound])
        stamps = self.times.stamps(run.name)
        if run.target:
            self._draw(encoder, run.target, pipeline, group, size, stamps)
            self._made[f"texture {run.target}"] = next(_VERSIONS)
        else:
            compute = compute or encoder.begin_compute_pass(**stamps)
            compute.set_pipeline(pipeline)
            compute.set_bind_group(0, group)
            if "indirect" in run.dispatch:
                sizes = self.held(instance.named(run.dispatch["indirect"])).buffer
                compute.dispatch_workgroups_indirect(sizes, 16 * run.dispatch["kind"])
            else:
                compute.dispatch_workgroups(*size)
        version = next(_VERSIONS)
        for name, access in bound:
            if access == "write":
                helds[name].version = version
        return compute

    def _made_in(self, bound: list[tuple[str, str]]) -> dict[str, Hashable]:
        """Where a run's key is kept: with the base, if all that it reads and writes is shared."""
        own = [name for name, _ in bound if general_name(name) in self._described.buffers and not self._is_shared(name)]
        is_own = bool(own) or any(access == "texture" for _, access in bound)
        return self._made if self._base is None or is_own else self._base._made

    def _is_shared(self, name: str) -> bool:
        size = self._described.buffers.get(general_name(name))
        return size is not None and size.is_shared

    def _home(self, name: str) -> dict[str, Held]:
        is_base = self._base is not None and self._is_shared(name) and name not in self._supplied
        return self._base._held if self._base is not None and is_base else self._held

    def _allocated(self, instance: Instance, name: str) -> Held:
        """The buffer, made where it is missing or too small."""
        home = self._home(name)
        if name in self._supplied and name in self._held:
            return self._held[name]
        if name == NO_BUFFER:
            return home.setdefault(name, Held(self.device.buffer(16), 16, None))
        size = self._described.buffers.get(general_name(name))
        if size is None:
            return self._held.setdefault(name, Held(self.device.buffer(16), 16, None))  # not supplied: there is none
        num_bytes = max(16, self._product(instance, size.bytes))
        held = home.get(name)
        if held is None or not num_bytes <= held.buffer.size <= 4 * num_bytes + (1 << 20):
            held = home[name] = Held(self.device.buffer(num_bytes), num_bytes, next(_VERSIONS))
        return held

    def _drawn(self, name: str) -> tuple[Hashable, Any, Any]:
        """Size, face numbers and depth of a texture."""
        described = self._described.textures[name]
        width, height = (self._values[side] for side in described.size)
        if name not in self._textures or self._textures[name][0] != (width, height):
            views = (self.device.texture(width, height, form) for form in (described.format, "depth32float"))
            self._textures[name] = ((width, height), *views)
        return self._textures[name]

    def _corners(self, instance: Instance) -> tuple[int, int, int]:
        return self._product(instance, instance.run.corners), 1, 1

    def _workgroups(self, instance: Instance) -> tuple[int, int, int]:
        if "indirect" in instance.run.dispatch:
            return 0, 0, 0
        counts, sizes = (
            [self._value(instance, name) for name in instance.run.dispatch[key]] for key in ("counts", "per")
        )
        groups = [-(-number // per) for number, per in zip(counts, sizes, strict=True)]
        x, y, z = (*groups, 1, 1)[:3]
        return x, y, z

    def _draw(
        self, encoder: Any, target: str, pipeline: Any, group: Any, size: tuple[int, int, int], stamps: dict[str, Any]
    ) -> None:
        _, ids, depth = self._drawn(target)
        color = {"view": ids, "clear_value": (0, 0, 0, 0), "load_op": "clear", "store_op": "store"}
        nearest = {"view": depth, "depth_clear_value": 0.0, "depth_load_op": "clear", "depth_store_op": "discard"}
        drawing = encoder.begin_render_pass(color_attachments=[color], depth_stencil_attachment=nearest, **stamps)
        drawing.set_pipeline(pipeline)
        drawing.set_bind_group(0, group)
        drawing.draw(size[0])
        drawing.end()

    def _group(self, instance: Instance, params: bytes, resources: list[Any]) -> Any:
        """The bind group, made anew when a buffer is another one."""
        if params:
            kept, uniform = self._uniforms.get(instance.key, (b"", None))
            if uniform is None:
                uniform = self.device.buffer(len(params), "uniform")
            if kept != params:
                self.device.write(uniform, params + bytes(-len(params) % 16))
                self._uniforms[instance.key] = params, uniform
            resources = [uniform, *resources]
        held, group = self._groups.get(instance.key, ((), None))
        if len(held) != len(resources) or any(a is not b for a, b in zip(held, resources, strict=True)):
            entries = [
                {"binding": number, "resource": {"buffer": each} if hasattr(each, "map_state") else each}
                for number, each in enumerate(resources)
            ]
            layout = self.device.layout(instance.run.pass_name)
            group = self.device.handle.create_bind_group(layout=layout, entries=entries)
            self._groups[instance.key] = tuple(resources), group
        return group
