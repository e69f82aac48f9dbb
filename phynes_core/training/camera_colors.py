"""Cameras that disagree about colors: a gain and an offset of each, linear, learned with the materials and the light.

They are learned where shading, shadows and highlights are known, because those differ between cameras, too: points that
two cameras see in one frame differ by 2 to 5 % on exact pictures. What is common to all cameras cannot be told from the
light, so the means of the gains' logarithms and of the offsets are 0: not one camera is held but their mean, for an
error of the held one would be everybody's.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from phynes_core.errors import PhynesError

GROUPS = ("none", "camera", "picture")  # what has a gain of its own
OFFSET_SHARE = 0.1  # of the gains' learning rate: black levels are off by less than exposures
PREFIX = "colors."


class CameraColors:
    """Gains and offsets [N, 3] of the cameras, or of single pictures, that stage 2 learns from."""

    def __init__(self, groups: str, num_cameras: int, num_frames: int, device: torch.device) -> None:
        if groups not in GROUPS:
            raise PhynesError(f"stage2.gains: expected one of {', '.join(GROUPS)}, got '{groups}'")
        self._groups, self._num_cameras = groups, num_cameras
        count = num_cameras * (num_frames if groups == "picture" else 1)
        self._log_gain = nn.Parameter(torch.zeros(count, 3, device=device))
        self._offset = nn.Parameter(torch.zeros(count, 3, device=device))

    @property
    def is_used(self) -> bool:
        """Whether there is anything to tell apart."""
        return self._groups != "none" and len(self._log_gain) > 1

    def rates(self, rate: float) -> dict[str, tuple[nn.Parameter, float]]:
        """What is learned, and how fast."""
        if not self.is_used:
            return {}
        return {"camera_gain": (self._log_gain, rate), "camera_offset": (self._offset, OFFSET_SHARE * rate)}

    def seen(self, radiance: Tensor, camera: np.ndarray, frame: np.ndarray) -> Tensor:  # [P, 3], [P], [P] -> [P, 3]
        """What the cameras record of linear radiance; differentiable."""
        if not self.is_used:
            return radiance
        index = camera.astype(np.int64)
        if self._groups == "picture":
            index = index + self._num_cameras * frame.astype(np.int64)
        row = torch.from_numpy(index).to(radiance.device)
        gain = (self._log_gain - self._log_gain.mean(0)).exp()
        return radiance * gain[row] + (self._offset - self._offset.mean(0))[row]

    @torch.no_grad()
    def spread(self) -> float:
        """How much the gains differ: the standard deviation of their logarithms."""
        return float((self._log_gain - self._log_gain.mean(0)).square().mean().sqrt())

    def tensors(self) -> dict[str, Tensor]:
        """For a resumed run."""
        return {f"{PREFIX}log_gain": self._log_gain.detach().clone(), f"{PREFIX}offset": self._offset.detach().clone()}

    @torch.no_grad()
    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""
        self._log_gain.copy_(stored[f"{PREFIX}log_gain"])
        self._offset.copy_(stored[f"{PREFIX}offset"])
