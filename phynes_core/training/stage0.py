"""Stage 0: the bodies of all frames, which a capture gives only nearly, before anything is learned on them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from phynes_core.errors import PhynesError
from phynes_core.frame.scene import Scene
from phynes_core.registration.registration import Registration
from phynes_core.registration.residuals import expected_picture
from phynes_core.training.frames import TrainingFrame
from phynes_core.training.masks import MaskDoubt, find_mask_doubt
from phynes_core.training.run.run_folder import RunState
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
            return [expected_picture(surface, self._registration.appearance, scene.camera)]

    def tensors(self) -> dict[str, Tensor]:
        """The texture, for its pictures; the registration is saved with every stage."""
        return {"texture": torch.from_numpy(self._registration.appearance.texture.copy())}


def conclude(registration: Registration, frames: Sequence[TrainingFrame]) -> tuple[MaskDoubt | None, str]:
    """What stage 0 leaves to the others, and a line about it; the frames are those of the registered bodies."""
    doubt = find_mask_doubt(registration, frames) if registration.config.has_masks else None
    parts = ["the given poses explain the pictures and stay"]
    if registration.is_used:
        parts = [f"joints moved by {registration.moved_mm():.1f} mm in the mean"]
    if registration.rig.is_corrected:
        parts.append("cameras corrected")
    if doubt is not None and doubt.edge_px:
        parts.append(f"edges of masks uncertain by {doubt.edge_px} px")
    if doubt is not None and doubt.missing:
        parts.append(f"{len(doubt.missing)} masks lack a piece")
    return doubt, f"stage 0: {'; '.join(parts)}"


def resume(registration: Registration, resumed: RunState, folder: Path) -> MaskDoubt | None:
    """Take back what a saved state holds of the registration; the doubt about masks that it came to."""
    try:
        registration.load(resumed.part("registration."))
        doubt = resumed.part("masks.")
        return MaskDoubt.from_tensors(doubt) if doubt else None
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise PhynesError(
            f"{folder}: expected a state with a registration, got none that fits this capture ({error}); "
            "train without --resume in another --run-folder"
        ) from error
