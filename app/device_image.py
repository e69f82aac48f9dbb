"""Images that stay on the GPU until somebody asks for their numbers."""

import numpy as np
import torch
from torch import Tensor


class DeviceImage:
    """A finished image on the GPU, in memory that nothing writes to any more; frames.py's HeldImage."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor.contiguous()
        self._host: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width, and channels if there are several."""
        return tuple(self.tensor.shape)

    @property
    def host(self) -> np.ndarray:
        """The same on the host: copied at the first call, on a stream that does not queue behind the next frame."""
        if self._host is None:
            with torch.cuda.stream(torch.cuda.Stream(self.tensor.device) if self.tensor.is_cuda else None):
                self._host = self.tensor.cpu().numpy()  # waits for this stream alone
        return self._host


def held_image(image: Tensor) -> np.ndarray | DeviceImage:
    """What a Frame holds of a tensor: the array on the host, or the image that stays where it is."""
    return image.numpy() if image.device.type == "cpu" else DeviceImage(image)


def wait_until_finished(device: torch.device) -> None:
    """Return when what this thread asked of the device is done; others' work is not waited for."""
    if device.type == "cuda":
        finished = torch.cuda.Event(blocking=True)  # sleeps: the windows have the core meanwhile
        finished.record(torch.cuda.current_stream(device))
        finished.synchronize()
