"""What a GPU reaches at most, measured by two small kernels: multiply-adds and bytes of memory a second.

The share of it that a pass reaches says how far the pass is from what the device could do.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from phynes_core.kernels.gpu.device import GpuDevice

LEAST_S = 0.05  # that a kernel runs: then handing it over counts little
MOST_ROUNDS = 1 << 14
BUFFER_BYTES = 64 << 20
THREADS = 1 << 16
_CHAINS = 4  # of vec4f: multiply-adds that wait for none of the others
ARITHMETIC = """
@group(0) @binding(0) var<storage, read_write> kept: array<vec4f>;
@group(0) @binding(1) var<uniform> rounds: vec4u;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    var a = vec4f(f32(id.x)); var b = a + 1.0; var c = a + 2.0; var d = a + 3.0;
    for (var round = 0u; round < rounds.x; round++) {
        a = fma(a, vec4f(0.999), vec4f(0.5)); b = fma(b, vec4f(0.999), vec4f(0.5));
        c = fma(c, vec4f(0.999), vec4f(0.5)); d = fma(d, vec4f(0.999), vec4f(0.5));
    }
    kept[id.x] = a + b + c + d;
}
"""


@dataclass(frozen=True)
class Peaks:
    """Of a device."""

    flops: float  # a second
    bandwidth: float  # bytes a second, read and written

    def least_ms(self, operations: float, traffic: float) -> float:
        """How long so much work takes at least."""
        return 1e3 * max(operations / self.flops, traffic / self.bandwidth)


def measured_peaks(device: GpuDevice) -> Peaks:
    """Run the kernels until they take long enough; tenths of a second on hardware."""
    handle = device.handle
    module = handle.create_shader_module(code=ARITHMETIC)
    pipeline = handle.create_compute_pipeline(layout="auto", compute={"module": module, "entry_point": "main"})
    kept, rounds, source, target = (
        device.buffer(16 * THREADS), device.buffer(16, "uniform"), device.buffer(BUFFER_BYTES),
        device.buffer(BUFFER_BYTES),
    )  # fmt: skip
    entries = [{"binding": 0, "resource": {"buffer": kept}}, {"binding": 1, "resource": {"buffer": rounds}}]
    group = handle.create_bind_group(layout=pipeline.get_bind_group_layout(0), entries=entries)

    def multiply_add(count: int) -> None:
        device.write(rounds, count.to_bytes(4, "little") * 4)
        encoder = handle.create_command_encoder()
        computing = encoder.begin_compute_pass()
        computing.set_pipeline(pipeline)
        computing.set_bind_group(0, group)
        computing.dispatch_workgroups(THREADS // 64)
        computing.end()
        handle.queue.submit([encoder.finish()])

    def copy(count: int) -> None:
        encoder = handle.create_command_encoder()
        for _ in range(count):
            encoder.copy_buffer_to_buffer(source, 0, target, 0, BUFFER_BYTES)
        handle.queue.submit([encoder.finish()])

    operations = 2.0 * 4 * _CHAINS * THREADS
    return Peaks(operations / _round_s(device, multiply_add), 2.0 * BUFFER_BYTES / _round_s(device, copy))


def _round_s(device: GpuDevice, run: Callable[[int], None]) -> float:
    """Seconds of a round, of so many that they take long enough; the first one compiles and allocates."""
    run(1)
    count = 1
    while True:
        device.finish()
        start = time.perf_counter()
        run(count)
        device.finish()
        taken_s = time.perf_counter() - start
        if taken_s >= LEAST_S or count >= MOST_ROUNDS:
            return taken_s / count
        count *= 2
