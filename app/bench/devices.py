"""The devices of this machine side by side: each scenario on the CPU, on CUDA and on any other GPU."""

from collections.abc import Callable, Mapping

import torch

from app.bench.scenarios import CPU, Device, ScenarioTimes
from app.options.backends import missing_cuda
from phynes_core.errors import BackendError
from phynes_core.kernels.gpu.adapters import chosen_adapter
from phynes_core.kernels.gpu.device import GpuDevice

DEVICES = ("cpu", "cuda", "gpu")
Fps = dict[str, object]


def devices_here(chosen: Device, gpu_adapter: str) -> dict[str, Device | str]:
    """Each of DEVICES, or why it is not here; `chosen` is the one that is measured anyway."""
    found: dict[str, Device | str] = {"cpu": CPU, "cuda": missing_cuda() or torch.device("cuda"), "gpu": ""}
    if chosen.type != "gpu":
        try:
            found["gpu"] = GpuDevice(chosen_adapter(gpu_adapter))
        except BackendError as error:
            found["gpu"] = str(error)
    return found | {chosen.type: chosen}


def measure_devices(
    devices: Mapping[str, Device | str],
    chosen: str,  # the device whose times are these
    scenarios: Mapping[str, ScenarioTimes],
    measure: Callable[[Device], dict[str, ScenarioTimes]],
) -> dict[str, Fps]:
    """Device -> scenario -> frames a second, or "missing" -> why it is not here."""
    rows: dict[str, Fps] = {}
    for name, device in devices.items():
        if isinstance(device, str):
            rows[name] = {"missing": device}
        else:
            times = scenarios if name == chosen else measure(device)
            rows[name] = {scenario: each.as_json()["fps_p50"] for scenario, each in times.items()}
    return rows


def show_devices(rows: Mapping[str, Fps]) -> None:
    """Print the table, and which devices are not here."""
    here = {name: row for name, row in rows.items() if "missing" not in row}
    print(f"\n{'fps (median)':<18}" + "".join(f"{name:>10}" for name in here))
    for scenario in next(iter(here.values())):
        print(f"{scenario:<18}" + "".join(f"{row[scenario]:>10.1f}" for row in here.values()))
    for name, row in rows.items():
        if "missing" in row:
            print(f"{name}: not here ({row['missing']})")
