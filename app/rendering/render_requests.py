"""What the engine thread is asked to do next."""

from collections.abc import Callable
from dataclasses import dataclass

from app.model.materials import StrokeState
from app.model.view_state import ViewState


@dataclass(frozen=True)
class PictureRequest:
    """A picture of a state, at rest in full quality."""

    state: ViewState
    is_final: bool = False


@dataclass(frozen=True, eq=False)
class InspectionRequest:
    """The values of every pixel of a state's picture."""

    state: ViewState


class Delivery:
    """A frame that was begun is to be finished and published."""


@dataclass(frozen=True)
class FillRequest:
    """A fill whose extent is to be shown before it is made."""

    state: ViewState
    index: int  # of the body in the avatar row
    stroke: StrokeState

    @property
    def key(self) -> tuple[str, int, StrokeState]:
        """What the preview depends on."""
        return self.state.bodies[self.index].avatar, self.index, self.stroke


class Preparation:
    """Work ahead for the next pictures."""


GivesUp = Callable[[], bool]


class Interruption(Exception):
    """A picture was given up between its parts, as it had been asked for."""


def never() -> bool:
    """Of a picture that is made whatever comes."""
    return False


Request = PictureRequest | InspectionRequest | Delivery | FillRequest | Preparation
