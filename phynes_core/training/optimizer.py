"""Adam over named parameters, with its state as plain named tensors."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from phynes_core.training.presets import OptimizerConfig


class ScheduledAdam:
    """Adam whose rates decay exponentially over a known number of steps."""

    def __init__(self, rates: Mapping[str, tuple[nn.Parameter, float]], config: OptimizerConfig, steps: int) -> None:
        self._names = list(rates)
        self._decay = config.final_fraction
        self._steps = steps
        self._rates = [rate for _, rate in rates.values()]
        groups = [{"params": [parameter], "lr": rate} for parameter, rate in rates.values()]
        self._adam = torch.optim.Adam(groups, betas=(config.beta1, config.beta2), eps=config.eps, fused=True)

    def step(self, loss: Tensor, step: int) -> None:
        """One step down the loss; `step` counts from 0 and sets the rates."""
        factor = self._decay ** (step / max(1, self._steps))
        for group, rate in zip(self._adam.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        self._adam.step()

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
