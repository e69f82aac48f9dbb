"""Contract checks at public entries: "name: expected X, got Y"."""

from collections.abc import Sequence

import torch
from torch import Tensor


def check_tensor(
    name: str,  # what the caller calls it
    value: object,
    shape: Sequence[int | str],  # a number must match; a letter is free, but the same letter must mean the same size
    dtype: torch.dtype | None = None,  # None: any
    sizes: dict[str, int] | None = None,  # sizes bound to letters by earlier checks; extended in place
) -> None:
    """Raise TypeError or ValueError unless `value` is a tensor of this shape (and dtype)."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: expected a torch.Tensor of shape {_show(shape)}, got {type(value).__name__}")
    bound = {} if sizes is None else sizes
    fits = value.ndim == len(shape)
    for expected, got in zip(shape, value.shape, strict=False):
        if isinstance(expected, str):
            fits = fits and bound.setdefault(expected, got) == got
        else:
            fits = fits and expected == got
    if not fits:
        wanted = [bound.get(size, size) if isinstance(size, str) else size for size in shape]
        raise ValueError(f"{name}: expected shape {_show(shape)} = {_show(wanted)}, got {_show(value.shape)}")
    if dtype is not None and value.dtype != dtype:
        raise TypeError(f"{name}: expected {dtype}, got {value.dtype}; convert with .to({dtype})")


def _show(shape: Sequence[int | str]) -> str:
    return "[" + ", ".join(str(size) for size in shape) + "]"
