"""Steps that decide whether a correction is kept: as many from one state with the given values as with free ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from phynes_core.registration.config import RegistrationConfig


@dataclass
class Trial:
    """Two halves of steps that start from the same state; the misfits at their ends are compared.

    Without the first half, a surface that still grows towards the clothes would count as a gain of the correction.
    """

    start: int  # step that is the first with the given values
    length: int  # steps of either half; 0: there is no trial
    misfit: float = 0.0  # with the given values

    @property
    def middle(self) -> int:
        """The first step with free values."""
        return self.start + self.length

    @property
    def end(self) -> int:
        """The first step after it."""
        return self.start + 2 * self.length

    @property
    def state(self) -> tuple[float, float]:
        """What a resumed run needs: the misfit, and the length."""
        return self.misfit, float(self.length)

    @state.setter
    def state(self, stored: tuple[float, float]) -> None:
        self.misfit, self.length = stored[0], int(stored[1])

    def without_repeats(self, step: int) -> int:
        """How many steps lie behind a state."""
        return step - self.length if step >= self.middle else step


@dataclass
class CameraTrial(Trial):
    """The steps that decide whether corrections of cameras are kept, by cross-validation over frames.

    Every other frame moves the free ones; the misfits of the frames between, before a half's last step, are compared.
    """

    least_gain: float = 0.0  # share by which free cameras must fit better

    def frames(self, step: int, frames: Sequence[int], is_corrected: bool) -> frozenset[int]:
        """The frames that cameras are estimated from: while they are on trial, every other one."""
        if step < self.middle:
            return frozenset()
        if step < self.end:
            return frozenset(frames[::2])
        return frozenset(frames if is_corrected else ())


def planned_trials(
    config: RegistrationConfig, has_observable_cameras: bool
) -> tuple[Trial, tuple[CameraTrial, CameraTrial]]:
    """Of the poses, and of the cameras before and after it.

    Wrong cameras would be taken for wrong poses, so they come first; where poses hide what is wrong with them, they are
    asked again once poses are better.
    """
    has_cameras = config.has_cameras and has_observable_cameras and config.steps >= config.fewest_steps(True)
    length = config.camera_steps if has_cameras else 0
    early = CameraTrial(config.held_steps, length, least_gain=config.least_early_gain)
    poses = Trial(early.end, config.trial_steps)
    return poses, (early, CameraTrial(poses.end, length, least_gain=config.least_camera_gain))
