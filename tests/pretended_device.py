"""A second device where there is only one: tensors that claim to lie on CUDA and live on the CPU.

Within `pretended_cuda()` what is asked for on "cuda" is made on the CPU and marked. From then on a real GPU's rules
hold: an operation may not mix marked tensors with unmarked ones (single numbers excepted), what it returns is
marked, and nothing marked becomes a numpy array before it was copied to the host. So a test that passes here has made
every tensor on the device of its inputs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from phynes_core.frame import cuda_graphs
from phynes_core.kernels import registry

CUDA = torch.device("cuda")
_MAY_MIX = {"copy_", "to", "type_as", "set_"}
_ASK_THE_DEVICE = {
    "item", "tolist", "cpu", "numpy", "nonzero", "unique", "masked_select", "__bool__", "__int__", "__float__",
    "__index__", "equal", "allclose",
}  # fmt: skip


class DeviceMixup(AssertionError):
    """What a GPU would have refused."""


def is_marked(tensor: object) -> bool:
    return getattr(tensor, "_claims_cuda", False)


def mark(value):
    for tensor in tensors_in(value):
        tensor._claims_cuda = True
    return value


def tensors_in(value) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from tensors_in(entry)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


def module_there(module: nn.Module, device: torch.device) -> nn.Module:
    """What `module.to(device)` does here."""
    mark([*module.parameters(), *module.buffers()])
    return module


class _PretendedCuda(TorchFunctionMode):
    is_recording = False  # as while a CUDA graph is captured: nothing comes from the host, nothing goes there

    def _check_recording(self, name, args, kwargs, marked, inputs):
        wants = kwargs.get("device")
        from_host = name in ("tensor", "as_tensor") and wants is not None and torch.device(wants).type == "cuda"
        is_masked = name in ("__getitem__", "__setitem__") and any(
            is_marked(index) and index.dtype == torch.bool for index in tensors_in(args[1:2])
        )
        is_mixed = name in ("copy_", "to") and marked and any(not is_marked(tensor) for tensor in inputs)
        if from_host or is_masked or is_mixed or (marked and name in _ASK_THE_DEVICE):
            raise DeviceMixup(f"{name} while a graph is recorded")

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name = getattr(function, "__name__", "")
        inputs = list(tensors_in([args, kwargs]))
        marked = [tensor for tensor in inputs if is_marked(tensor)]
        if self.is_recording:
            self._check_recording(name, args, kwargs, marked, inputs)
        if name == "__get__":
            return self._attribute(function, args, kwargs, bool(marked))
        if name == "numpy" and marked:
            raise DeviceMixup("numpy() of a tensor on the GPU")
        if name == "cpu":
            with torch._C.DisableTorchFunction():
                return args[0].detach().clone() if marked else args[0]
        if name == "to":
            return self._moved(function, args, kwargs, bool(marked))
        plain = [tensor for tensor in inputs if not is_marked(tensor) and tensor.ndim > 0]
        if marked and plain and name not in _MAY_MIX:
            raise DeviceMixup(f"{name}: shapes {[tuple(t.shape) for t in plain]} on the host meet the GPU's")
        wants = kwargs.get("device")
        if wants is not None and torch.device(wants).type == "cuda":
            kwargs["device"] = "cpu"
            return mark(function(*args, **kwargs))
        result = function(*args, **kwargs)
        return mark(result) if marked and wants is None and name != "copy_" else result

    def _attribute(self, function, args, kwargs, has_mark: bool):
        result = function(*args, **kwargs)
        if has_mark and isinstance(result, torch.device):
            return CUDA
        return mark(result) if has_mark else result

    def _moved(self, function, args, kwargs, is_there: bool):
        """`tensor.to(device, dtype or tensor)`."""
        tensor, *rest = args
        rest += [kwargs[key] for key in ("device", "dtype", "other") if key in kwargs]
        for target in rest:
            if isinstance(target, Tensor):
                is_there = is_marked(target)
            elif isinstance(target, torch.device | str):
                is_there = torch.device(target).type == "cuda"
        dtypes = [target.dtype if isinstance(target, Tensor) else target for target in rest]
        dtype = next((target for target in dtypes if isinstance(target, torch.dtype)), tensor.dtype)
        if is_there == is_marked(tensor) and dtype == tensor.dtype:
            return tensor
        with torch._C.DisableTorchFunction():
            moved = torch.Tensor.to(tensor.detach(), dtype, copy=True)
        return mark(moved) if is_there else moved


def _recorded(compute, device):
    """What recording is here: once to warm up, once under the rules of a capture. There is no graph to replay."""
    compute()
    _PretendedCuda.is_recording = True
    try:
        return None, compute()
    finally:
        _PretendedCuda.is_recording = False


@contextmanager
def pretended_cuda() -> Iterator[torch.device]:
    """The mode, with Warp's kernels sent to its CPU device."""
    import warp

    from_torch, missing_cause = warp.from_torch, registry.missing_cause

    def cause(name):
        return "no GPU to run on" if name == "triton" else missing_cause(name)

    def seen_on_the_host(tensor, *args, **kwargs):
        if not is_marked(tensor):
            raise DeviceMixup(f"a Warp kernel on the GPU was given a tensor {tuple(tensor.shape)} on the host")
        with torch._C.DisableTorchFunction():
            return from_torch(tensor, *args, **kwargs)

    with (
        mock.patch.object(registry, "missing_cause", cause),
        mock.patch.object(nn.Module, "to", module_there),
        mock.patch.object(torch.cuda, "current_stream", lambda device=None: None),
        mock.patch.object(warp, "stream_from_torch", lambda stream: None),
        mock.patch.object(warp, "device_from_torch", lambda device: "cpu"),
        mock.patch.object(warp, "from_torch", seen_on_the_host),
        mock.patch.object(cuda_graphs, "recorded_graph", _recorded),
        _PretendedCuda(),
    ):
        yield CUDA
