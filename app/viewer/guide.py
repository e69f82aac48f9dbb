"""The guided start: five steps over the picture, each done by doing it; Esc skips the rest, and it comes only once."""

from collections.abc import Callable
from dataclasses import replace

from app.files.settings import keep, read_kept
from app.model.status import Status
from app.model.store import Store
from app.model.tools import GUIDE_STEPS
from app.model.view_state import ViewState

WELCOMED = "welcomed"
Done = Callable[[ViewState, ViewState, Status], bool]  # of the state when the step began, the present one, the status


def _has_turned(before: ViewState, now: ViewState, status: Status) -> bool:
    angles = [(state.camera.azimuth_deg, state.camera.elevation_deg) for state in (before, now)]
    return angles[0] != angles[1]


def _has_moved_light(before: ViewState, now: ViewState, status: Status) -> bool:
    return before.light.lamps != now.light.lamps


def _has_other_environment(before: ViewState, now: ViewState, status: Status) -> bool:
    return (before.light.mode, before.light.environment) != (now.light.mode, now.light.environment)


def _has_posed(before: ViewState, now: ViewState, status: Status) -> bool:
    return before.body.joint_angles_deg != now.body.joint_angles_deg


def _has_taken_picture(before: ViewState, now: ViewState, status: Status) -> bool:
    return status.recording.noun == "picture" and status.recording.state in ("running", "done")


STEPS: tuple[tuple[str, Done], ...] = (
    ("drag beside the avatar to look around, turn the wheel to come closer", _has_turned),
    ("drag the lamp's disc; past the rim of its circle it goes behind the avatar", _has_moved_light),
    ("press {light.next_environment} for another environment; Ctrl and a drag turn it", _has_other_environment),
    ("click a limb, then drag one of its rings", _has_posed),
    (
        "press {export.picture} to take a picture; {window.help} shows every key, {edit.undo} takes anything back",
        _has_taken_picture,
    ),
)
assert len(STEPS) == GUIDE_STEPS


def is_first_start() -> bool:
    """Whether nobody has gone through the guided start, or skipped it."""
    return not read_kept(WELCOMED)


class Guide:
    """Goes from one step to the next. Belongs to the windows' thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._began: tuple[int, ViewState] | None = None  # the present step, and the state when it began
        self._shown = 0

    def update(self, status: Status) -> None:
        """Go on where a step was done; keep that the guide came to its end."""
        state = self._store.state
        step = state.tool.guide_step
        if self._shown and not step:
            keep(WELCOMED, "yes\n")
        self._shown = step
        if not step:
            self._began = None
        elif self._began is None or self._began[0] != step:
            self._began = step, state
        elif STEPS[step - 1][1](self._began[1], state, status):
            following = (step + 1) % (GUIDE_STEPS + 1)
            self._store.post(
                lambda s: replace(s, tool=replace(s.tool, guide_step=following)), "guide", is_undoable=False
            )

    def text(self) -> str:
        """What is to be done now; "" where the guide is not shown."""
        step = self._store.state.tool.guide_step
        return f"{step} of {GUIDE_STEPS}   ·   {STEPS[step - 1][0]}   ·   Esc skips" if step else ""
