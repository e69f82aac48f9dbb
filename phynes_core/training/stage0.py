"""Stage 0: the bodies of all frames, which a capture gives only nearly, before anything is learned on them."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from phynes_core.frame.scene import Scene
from phynes_core.training.stage import NOTHING, StageSetup


class Stage0:
    """Steps of the registration, as the trainer counts, shows and saves them."""

    number: ClassVar[int] = 0
    name: ClassVar[str] = "registration"
    title: ClassVar[str] = "bodies"
    row_name: ClassVar[str] = "points"
    log_every: ClassVar[int] = 1
    preparation: ClassVar[str] = ""
    needs_full_precision = True

    def __init__(self, setup: StageSetup, stored: Mapping[str, Tensor] = NOTHING) -> None:
        if setup.registration is None:
            raise ValueError("registration: expected one for stage 0, got none")
        self.config, self._registration = setup.config.registration, setup.registration
        if stored:
            self._registration.appearance.texture = stored["texture"].numpy().copy()

    @property
    def num_rows(self) -> int:
        """Points of each picture."""
        return self.config.points

    def take_rows(self, count: int) -> None:
        """Memory is not what it needs."""

    def anew(self, setup: StageSetup) -> "Stage0":
        """The same stage before its start."""
        return Stage0(setup)

    def start(self) -> None:
        """The registration starts where the capture says."""

    def step(self, step: int) -> dict[str, float]:
        """One Gauss-Newton step."""
        return self._registration.step(step)

    def panels(self, scene: Scene) -> list[Tensor]:
        """The registered surface with its texture."""
        with torch.no_grad():
            surface = self._registration.surface(scene.avatars[0].pose)
            return [self._registration.predict(surface, scene.camera)]

    def tensors(self) -> dict[str, Tensor]:
        """The texture, for its pictures; the registration is saved with every stage."""
        return {"texture": torch.from_numpy(self._registration.appearance.texture.copy())}
