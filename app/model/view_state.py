"""The ViewState: everything that the viewer shows and that a user can change, as plain values.

`ViewState` is frozen and holds numbers, strings and tuples only: no tensors, no widgets, no engine objects. Panels and
the picture post edits (functions from ViewState to ViewState); the loop applies them; undo and redo are lists of
ViewStates.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated

from app.model.avatar_row import AvatarRowState, BodyState, mistake_in_row
from app.model.camera_paths import CameraPath
from app.model.cameras import CameraState
from app.model.comparison import CompareState
from app.model.display_settings import DisplaySettings
from app.model.fields import Rule
from app.model.lights import LightState, Surroundings
from app.model.tools import ToolState


@dataclass(frozen=True)
class ViewState:
    """Everything that a user can change."""

    body: BodyState = field(default_factory=BodyState)  # the active one
    camera: CameraState = field(default_factory=CameraState)
    light: LightState = field(default_factory=LightState)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    surroundings: Surroundings = field(default_factory=Surroundings)
    compare: CompareState = field(default_factory=CompareState)
    tool: ToolState = field(default_factory=ToolState)
    avatar_row: Annotated[AvatarRowState, Rule(mistake_in_row)] = field(default_factory=AvatarRowState)
    path: CameraPath = field(default_factory=CameraPath)

    @property
    def bodies(self) -> tuple[BodyState, ...]:
        """All bodies of the row from left to right; `body` is at index `avatar_row.active`."""
        others, index = self.avatar_row.others, self.avatar_row.active
        return *others[:index], self.body, *others[index:]

    @property
    def has_mesh(self) -> bool:
        """Whether a frame brings its mesh, for the wireframe or for picking points of the surface."""
        return self.display.has_wireframe or bool(self.tool.aims)

    @property
    def rendered(self) -> tuple[object, ...]:
        """What a rendered frame depends on: two states that agree here show the same frame."""
        others = tuple(replace(body, playing=False) for body in self.avatar_row.others)
        body, row = replace(self.body, playing=False), replace(self.avatar_row, others=others)
        compare = self.compare if self.compare.is_on else None
        shown = self.display.rendered, self.surroundings.rendered, compare, self.tool.guided_shape, self.has_mesh
        return body, row, self.camera, self.light, *shown


def revert_sources(state: ViewState, shown: ViewState) -> ViewState:
    """The state with the files (avatars, clip, environment) of `shown`, after a state that could not be rendered."""
    body = replace(
        state.body, avatar=shown.body.avatar, motion=shown.body.motion, playback=shown.body.playback,
        materials=shown.body.materials,
    )  # fmt: skip
    state = replace(state, avatar_row=shown.avatar_row)
    light = replace(state.light, mode=shown.light.mode, environment=shown.light.environment)
    compare = replace(state.compare, avatar=shown.compare.avatar, light=shown.compare.light)
    return replace(state, body=body, light=light, compare=compare)
