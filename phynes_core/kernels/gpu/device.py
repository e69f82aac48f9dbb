"""An opened GPU: pipelines compiled once, buffers that stay on it, and reading back."""

import logging
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from phynes_core.errors import BackendError, one_line
from phynes_core.kernels.gpu.adapters import NEEDED, REMEDY, Adapter
from phynes_core.kernels.gpu.description import ENGINE, Pass, description

_log = logging.getLogger(__name__)
_LOST = "it was lost, or its driver was reset"
_MOST_IDLE = 16
TIMESTAMPS = "timestamp-query"
_TEXEL_BYTES = {"rg32uint": 8, "depth32float": 4}
_STORAGE = {"read": "read-only-storage", "write": "storage", "state": "storage"}


class GpuError(BackendError):
    """The GPU cannot go on: it was lost, its driver refused something, or memory is short."""


class GpuDevice:
    """One adapter in use. The engine's thread owns it; only `download` may be called from others."""

    type = "gpu"  # as a torch.device has one

    def __init__(self, adapter: Adapter, has_timestamps: bool = False) -> None:
        import wgpu

        self.adapter, self._wgpu = adapter, wgpu
        self.has_timestamps = has_timestamps and TIMESTAMPS in adapter.features
        try:
            self.handle = adapter.handle.request_device_sync(
                required_features=[TIMESTAMPS] if self.has_timestamps else [], required_limits=dict(NEEDED)
            )
        except Exception as error:  # drivers fail in many ways
            raise GpuError(f"--device gpu: '{adapter.name}' cannot be opened ({one_line(error)}); {REMEDY}") from None
        self._pipelines: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._layouts: dict[str, Any] = {}
        self._resident: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()
        self._idle: list[Any] = []  # buffers for reading back that nobody uses
        self.lock = threading.RLock()  # held while work is encoded and submitted: windows read pictures, too
        self.allocated_bytes = 0  # of buffers and textures
        self.most_bytes = 0  # that it ever was
        self.failure = ""  # why it is not used any more

    def give_up(self, error: GpuError) -> None:
        """Say once why frames are computed on the CPU from now on."""
        if not self.failure:
            self.failure = str(error)
            _log.warning("%s; frames are computed on the CPU from now on", error)

    def buffer(self, num_bytes: int, usage: str = "") -> Any:
        """Memory on the device, zeroed; `usage`: "read" to be read by the host, "uniform" for parameters."""
        flags = self._wgpu.BufferUsage
        use = {
            "": flags.STORAGE | flags.COPY_DST | flags.COPY_SRC | flags.INDIRECT,
            "read": flags.MAP_READ | flags.COPY_DST,
            "uniform": flags.UNIFORM | flags.COPY_DST,
            "query": flags.QUERY_RESOLVE | flags.COPY_SRC,
        }[usage]
        size = -(-max(num_bytes, 16) // 16) * 16
        if size > NEEDED["max-storage-buffer-binding-size"]:
            raise GpuError(
                f"GPU: a buffer of {size >> 20} MB was asked for, which is more than WebGPU's {128} MB; "
                "choose a smaller picture, or compute with --device cpu"
            )
        with self.guarded("memory is short"):
            made = self.handle.create_buffer(size=size, usage=use)
        self._allocated(made, size)
        return made

    def _allocated(self, owner: Any, size: int) -> None:
        self.allocated_bytes += size
        self.most_bytes = max(self.most_bytes, self.allocated_bytes)
        weakref.finalize(owner, self._freed, size)

    def _freed(self, size: int) -> None:
        self.allocated_bytes -= size

    def texture(self, width: int, height: int, format: str) -> Any:
        """A view of a texture that passes draw and read."""
        flags = self._wgpu.TextureUsage
        use = flags.RENDER_ATTACHMENT | flags.TEXTURE_BINDING
        with self.guarded("memory is short"):
            view = self.handle.create_texture(size=(width, height, 1), format=format, usage=use).create_view()
        self._allocated(view, width * height * _TEXEL_BYTES[format])
        return view

    def write(self, buffer: Any, content: np.ndarray | bytes) -> None:
        """Fill the beginning of a buffer before the next submission."""
        self.handle.queue.write_buffer(buffer, 0, content)

    def uploaded(self, content: np.ndarray) -> Any:
        """A new buffer with this content."""
        content = np.ascontiguousarray(content)
        made = self.buffer(content.nbytes)
        if content.nbytes:
            self.write(made, content)
        return made

    def resident(self, owner: Any, name: str, make: Callable[[], np.ndarray]) -> Any:
        """What belongs to an object and never changes: uploaded once, freed with the object."""
        kept = self._resident.setdefault(owner, {})
        if name not in kept:
            kept[name] = self.uploaded(make())
        return kept[name]

    def pipeline(self, name: str, constants: Mapping[str, str]) -> Any:
        """The compiled pass; raises GpuError where the driver refuses it."""
        described = description().passes[name]
        key = name, tuple(constants[constant] for constant in described.constants)
        if key not in self._pipelines:
            source = described.source(constants)  # may raise for a damaged file
            with self.guarded(f"the driver refuses {described.file}"):
                self._pipelines[key] = self._compiled(described, source)
        return self._pipelines[key]

    def layout(self, name: str) -> Any:
        """The layout of a pass's bindings."""
        if name not in self._layouts:
            described, stages = description().passes[name], self._wgpu.ShaderStage
            visibility = stages.VERTEX | stages.FRAGMENT if described.is_drawing else stages.COMPUTE
            entries: list[dict[str, Any]] = []
            if described.params:
                entries.append({"binding": 0, "visibility": visibility, "buffer": {"type": "uniform"}})
            for number, binding in enumerate(described.bindings, described.first_binding()):
                entry: dict[str, Any] = {"binding": number, "visibility": visibility}
                if binding.access == "texture":
                    entry["texture"] = {"sample_type": "uint", "view_dimension": "2d"}
                else:
                    entry["buffer"] = {"type": _STORAGE[binding.access]}
                entries.append(entry)
            self._layouts[name] = self.handle.create_bind_group_layout(entries=entries)
        return self._layouts[name]

    def _compiled(self, described: Pass, source: str) -> Any:
        try:
            module = self.handle.create_shader_module(code=source)
        except self._wgpu.GPUError as error:
            raise BackendError(
                f"{ENGINE / described.file}: expected WGSL, got what cannot be read ({one_line(error)}); "
                "restore the folder shaders/engine"
            ) from None
        layout = self.handle.create_pipeline_layout(bind_group_layouts=[self.layout(described.name)])
        if not described.is_drawing:
            stage = {"module": module, "entry_point": described.entries[0]}
            return self.handle.create_compute_pipeline(layout=layout, compute=stage)
        corner, fragment = described.entries
        return self.handle.create_render_pipeline(
            layout=layout,
            vertex={"module": module, "entry_point": corner, "buffers": []},
            primitive={"topology": "triangle-list", "cull_mode": "none"},
            depth_stencil={"format": "depth32float", "depth_write_enabled": True, "depth_compare": "greater"},
            fragment={"module": module, "entry_point": fragment, "targets": [{"format": described.target}]},
        )

    def guarded(self, doing: str) -> "Guard":
        """Turn whatever the driver raises into a GpuError that says what was going on."""
        return Guard((self._wgpu.GPUError, RuntimeError, OSError), self.adapter.name, doing)

    def staging(self, num_bytes: int) -> Any:
        """A buffer for what goes to the host, which `mapped` takes back."""
        with self.lock:
            for buffer in self._idle:
                if num_bytes <= buffer.size <= 2 * num_bytes + 256:
                    self._idle.remove(buffer)
                    return buffer
        return self.buffer(num_bytes, "read")

    def mapping(self, staging: Any, num_bytes: int) -> Any:
        """Have the host see a buffer once all that was submitted is done; returns what `mapped` waits for."""
        with self.guarded(_LOST), self.lock:
            return staging.map_async("READ", 0, num_bytes)

    def mapped(self, staging: Any, num_bytes: int, mapping: Any) -> np.ndarray:  # uint8
        """What the host sees of it; waits until it does."""
        with self.guarded(_LOST):
            mapping.sync_wait()
            content = np.frombuffer(staging.read_mapped(0, num_bytes), np.uint8)
            staging.unmap()
        with self.lock:
            self._idle = [*self._idle, staging][-_MOST_IDLE:]
        return content

    def finish(self) -> None:
        """Wait for all that was submitted."""
        self.download(self.buffer(16), 16)  # wgpu 0.32's own wait for a queue raises a TypeError

    def download(self, buffer: Any, num_bytes: int) -> np.ndarray:  # uint8
        """The beginning of a buffer, at once; waits for all that was submitted. Any thread may ask."""
        with self.guarded(_LOST), self.lock:
            staging = self.staging(num_bytes)
            encoder = self.handle.create_command_encoder()
            encoder.copy_buffer_to_buffer(buffer, 0, staging, 0, num_bytes)
            self.handle.queue.submit([encoder.finish()])
            mapping = self.mapping(staging, num_bytes)
        return self.mapped(staging, num_bytes, mapping)


class Readback:
    """First bytes of buffers, on their way to the host. Nobody waits for them before they are taken."""

    def __init__(self, device: GpuDevice, staging: Mapping[str, tuple[Any, int]]) -> None:
        """Of buffers that a submission, which was handed over, copies into: by names, with their numbers of bytes."""
        self._device = device
        self._arriving = {
            name: (buffer, size, device.mapping(buffer, size)) for name, (buffer, size) in staging.items()
        }
        self._taken: dict[str, np.ndarray] = {}

    def take(self) -> dict[str, np.ndarray]:  # uint8 each
        """What was copied; waits for it the first time. Raises GpuError where the device was lost."""
        while self._arriving:
            name, (buffer, size, mapping) = self._arriving.popitem()
            self._taken[name] = self._device.mapped(buffer, size, mapping)
        return self._taken


class Snapshot:
    """A buffer's first bytes as they were at a submission, kept on the GPU. Any thread may ask for them."""

    def __init__(self, device: GpuDevice, buffer: Any, num_bytes: int) -> None:
        """Of a buffer that a submission copies into and nobody writes to any more."""
        self._device, self._buffer, self._num_bytes = device, buffer, num_bytes
        self._lock = threading.Lock()
        self._content: np.ndarray | None = None

    def read(self) -> np.ndarray:  # uint8
        """Brought to the host once; waits for it. Raises GpuError where the device was lost."""
        with self._lock:
            if self._content is None:
                self._content = self._device.download(self._buffer, self._num_bytes)
                self._buffer = None
        return self._content


class Guard:
    """See GpuDevice.guarded."""

    def __init__(self, kinds: tuple[type[BaseException], ...], name: str, doing: str) -> None:
        self._kinds, self._name, self._doing = kinds, name, doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, self._kinds):
            raise GpuError(f"GPU '{self._name}': {self._doing} ({one_line(error)}); {REMEDY}") from error
