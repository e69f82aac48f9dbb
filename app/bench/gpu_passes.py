"""Each pass of the GPU's frame: its time by the device's clock, and what it costs on paper, counted from frame.json.

The estimate for a GPU of given peaks is the sum over the passes of the longer of arithmetic and memory: passes do not
overlap, and each uses the device as well as its peaks say. Work of the host and reading back come on top.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.bench.gpu_peaks import Peaks, measured_peaks
from app.bench.scenarios import WARM_UP_FRAMES, measure_frames
from phynes_core.frame.gpu import GpuFrame
from phynes_core.frame.nodes import frame_values
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.scene import Scene
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.kernels.gpu.timing import costs

LEAST_MS = 0.01
PAPER_FLOPS, PAPER_BYTES = 1e12, 50e9  # a second: an integrated GPU of a laptop


@dataclass(frozen=True)
class PassCost:
    """One pass of a frame."""

    measured_ms: float | None  # None where the device has no clock
    operations: float  # floating point
    traffic: float  # bytes of memory

    @property
    def paper_ms(self) -> float:
        """On a GPU of PAPER_FLOPS and PAPER_BYTES at its peak."""
        return 1e3 * max(self.operations / PAPER_FLOPS, self.traffic / PAPER_BYTES)


@dataclass(frozen=True)
class FrameCost:
    """A whole frame, every pass of it."""

    passes: dict[str, PassCost]
    frame_ms: float  # from the host's side, picture read back
    made_ms: float  # without reading back: until the device has made it
    submit_ms: float  # until the device has been given everything
    begun_ms: float  # of frames of which the next is begun before one is read back, as in a window
    memory_mb: float  # of buffers and textures
    peaks: Peaks  # of the device
    covered: int  # pixels
    seen: int  # vertices whose shadows were traced

    def share(self, cost: PassCost) -> float | None:
        """Of the device's peak that a pass reaches; None where its clock is no measure of so little."""
        if cost.measured_ms is None or cost.measured_ms < LEAST_MS:
            return None
        return round(self.peaks.least_ms(cost.operations, cost.traffic) / cost.measured_ms, 3)

    def as_json(self) -> dict[str, object]:
        """Numbers by pass, and their sums."""
        rows = {
            name: {
                "ms": None if cost.measured_ms is None else round(cost.measured_ms, 4),
                "mflop": round(cost.operations / 1e6, 3), "mb": round(cost.traffic / 1e6, 3),
                "paper_ms": round(cost.paper_ms, 4), "share_of_peak": self.share(cost),
            }
            for name, cost in self.passes.items()
        }  # fmt: skip
        return {
            "passes": rows, "frame_ms": round(self.frame_ms, 3), "made_ms": round(self.made_ms, 3),
            "submit_ms": round(self.submit_ms, 3), "begun_ms": round(self.begun_ms, 3),
            "memory_mb": round(self.memory_mb, 1), "peak_gflops": round(self.peaks.flops / 1e9, 2),
            "peak_gbs": round(self.peaks.bandwidth / 1e9, 2),
            "covered_pixels": self.covered, "seen_vertices": self.seen,
            "paper_ms": round(sum(cost.paper_ms for cost in self.passes.values()), 3),
        }  # fmt: skip


def measure_passes(
    moving: Callable[[int], Scene], frames: int, options: RenderOptions, device: GpuDevice, note: Callable[[str], None]
) -> FrameCost:
    """Render a window's frames of a moving pose; medians over all but the first."""
    timed, options = GpuDevice(device.adapter, has_timestamps=True), replace(options, buffers=frozenset({"radiance"}))
    executor, found = GpuFrame(timed), {}
    whole, made, submitted = [], [], []
    for number in range(frames + 1):
        note(f"passes, frame {number}")
        start = time.perf_counter()
        executor.start(frame_values(moving(number), options))
        picture = executor.begin(None, is_window=True)
        submitted.append(_since(start))
        timed.finish()
        made.append(_since(start))
        picture.window()
        whole.append(_since(start))
        for name, ms in executor.graph.times.milliseconds().items():
            found.setdefault(name, []).append(ms)
    note("frames begun ahead")
    begun_ms = statistics.median(measure_frames(map(moving, range(frames + WARM_UP_FRAMES)), options, device).frame_ms)
    covered = int(timed.download(executor.graph.held("avatar0.list").buffer, 4).view(np.uint32)[0])
    seen = int(timed.download(executor.graph.held("probe_list").buffer, 4).view(np.uint32)[0])
    general = {name.replace("avatar0.", "avatar."): value for name, value in executor.numbers.items()}
    measured = {"covered": covered, "seen": seen, "open_lights": _open_lights(executor, timed, covered)}
    table = costs(executor.graph.ran, general | measured)
    medians = {name: statistics.median(times[1:] or times) for name, times in found.items()}
    passes = {name: PassCost(medians.get(name), *cost) for name, cost in table.items()}
    frame_ms, made_ms, submit_ms = (statistics.median(times[1:]) for times in (whole, made, submitted))
    memory_mb = timed.most_bytes / 2**20
    return FrameCost(
        passes, frame_ms, made_ms, submit_ms, begun_ms, memory_mb, measured_peaks(device), covered, seen
    )  # fmt: skip


def _since(start: float) -> float:  # milliseconds
    return (time.perf_counter() - start) * 1e3


def _open_lights(executor: GpuFrame, device: GpuDevice, covered: int) -> float:
    """Lights that a pixel evaluates on average: those of half words that are open at any corner of its face."""
    numbers, graph = executor.numbers, executor.graph
    words = numbers["probe_words"]
    bits = device.download(graph.held("probe_bits").buffer, 4 * numbers["vertices"] * words)
    bits = bits.view(np.uint32).reshape(-1, words)
    faces = device.download(graph.held("faces").buffer, 32 * numbers["faces"]).view(np.uint32).reshape(-1, 8)
    drawn = device.download(graph.held("gbuffer").buffer, 48 * numbers["pixels"]).view(np.uint32).reshape(-1, 12)[:, 0]
    corners = faces[drawn[drawn > 0] - 1, :3]
    some = bits[corners[:, 0]] | bits[corners[:, 1]] | bits[corners[:, 2]]
    halves = ((some & 0xFFFF) > 0).sum() + ((some >> 16) > 0).sum()
    return 16.0 * float(halves) / max(covered, 1)


def show_passes(cost: FrameCost, device: str) -> None:
    """Print the table."""
    print(f"\npasses of a frame with the pose moving, {device}")
    print(f"{'pass':<18}{'ms':>10}{'MFLOP':>10}{'MB':>9}{'GFLOP/s':>10}{'GB/s':>8}{'of peak':>9}{'on paper ms':>13}")
    for name, row in cost.passes.items():
        ms = row.measured_ms
        line = f"{name:<18}{'-' if ms is None else f'{ms:.3f}':>10}"
        line += f"{row.operations / 1e6:>10.2f}{row.traffic / 1e6:>9.2f}"
        rates = (row.operations / ms / 1e6, row.traffic / ms / 1e6) if ms else None
        line += f"{rates[0]:>10.1f}{rates[1]:>8.2f}" if rates else f"{'-':>10}{'-':>8}"
        share = cost.share(row)
        line += f"{'-':>9}" if share is None else f"{100.0 * share:>8.1f}%"
        print(f"{line}{row.paper_ms:>13.3f}")
    total = sum(row.paper_ms for row in cost.passes.values())
    operations = sum(row.operations for row in cost.passes.values())
    traffic = sum(row.traffic for row in cost.passes.values())
    print(f"{'all':<28}{operations / 1e6:>10.2f}{traffic / 1e6:>9.2f}{'':>27}{total:>13.3f}")
    print(
        f"frame {cost.frame_ms:.1f} ms with the picture read back, {cost.made_ms:.1f} ms without; given to the device "
        f"after {cost.submit_ms:.1f} ms; {cost.begun_ms:.1f} ms a frame where the next is begun before"
    )
    peaks_here = f"{cost.peaks.flops / 1e9:.1f} GFLOP/s, {cost.peaks.bandwidth / 1e9:.2f} GB/s"
    print(f"peak of the device, measured: {peaks_here}; buffers and textures: {cost.memory_mb:.1f} MB")
    peaks = f"{PAPER_FLOPS / 1e12:.0f} TFLOP/s and {PAPER_BYTES / 1e9:.0f} GB/s"
    print(f"on paper, {peaks}: {1e3 / total:.0f} frames a second")
