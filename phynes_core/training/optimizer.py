"""Adam over named parameters, with its state as plain named tensors."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from phynes_core.errors import PhynesError
from phynes_core.training.presets import OptimizerConfig
from phynes_core.training.processes import ALONE, Processes


class ScheduledAdam:
    """Adam whose rates decay exponentially over a known number of steps."""

    def __init__(
        self,
        rates: Mapping[str, tuple[nn.Parameter, float]],
        config: OptimizerConfig,
        steps: int,
        processes: Processes = ALONE,  # whose gradients are averaged
    ) -> None:
        self._names = list(rates)
        self._decay = config.final_fraction
        self._steps = steps
        self._rates = [rate for _, rate in rates.values()]
        self._parameters = [parameter for parameter, _ in rates.values()]
        self._processes = processes
        groups = [{"params": [parameter], "lr": rate} for parameter, rate in rates.values()]
        self._adam = torch.optim.Adam(groups, betas=(config.beta1, config.beta2), eps=config.eps, fused=True)
        processes.share_start(self._parameters)

    def step(self, loss: Tensor, step: int) -> float:
        """One step down the loss; `step` counts from 0 and sets the rates. Returns the length of the gradient.

        Where that is no finite number nothing is stepped: the parameters are still the last good ones.
        """
        factor = self._decay ** (step / max(1, self._steps))
        for group, rate in zip(self._adam.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        self._adam.zero_grad(set_to_none=True)
        try:
            loss.backward()
        except torch.OutOfMemoryError as error:
            if self._processes.count == 1:
                raise
            raise PhynesError(
                "out of memory in a gradient, where processes cannot agree on fewer rays: --resume with fewer "
                "(--set stage1.rays=..., --set stage2.pixels=...)"
            ) from error
        self._processes.average_gradients(self._parameters)
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        length = float(torch.nn.utils.get_total_norm(gradients))
        if length < float("inf"):  # false for NaN too
            self._adam.step()
        return length

    def tensors(self) -> dict[str, Tensor]:
        """Moments and step counts by parameter name; empty before the first step."""
        stored = {}
        for name, group in zip(self._names, self._adam.param_groups, strict=True):
            for key, value in self._adam.state.get(group["params"][0], {}).items():
                stored[f"{name}.{key}"] = value.detach().clone()
        return stored

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        for name, group in zip(self._names, self._adam.param_groups, strict=True):
            parameter = group["params"][0]
            state = {
                key: stored[f"{name}.{key}"].to("cpu" if key == "step" and not parameter.is_cuda else parameter.device)
                for key in ("step", "exp_avg", "exp_avg_sq")
                if f"{name}.{key}" in stored
            }
            if state:
                self._adam.state[parameter] = state


def map_rates(
    name: str,
    neural_map: nn.Module,
    nets: float,
    grids: float,
) -> dict[str, tuple[nn.Parameter, float]]:
    """A map's parameters with their rates: the hash grid one, the layers another."""
    return {
        f"{name}.{key}": (parameter, grids if key == "encoding.grid" else nets)
        for key, parameter in neural_map.named_parameters()
    }
