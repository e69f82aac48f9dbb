"""Environments and light rigs between the windows and their files; an environment is read before it is shown."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app.files.light_rigs import read_rig, save_rig
from app.model.edits import edit_display
from app.model.lamps import LampState
from app.model.lights import choose_environment, use_rig
from app.model.store import Edit, Store
from app.model.view_state import ViewState
from app.rendering.frames import Frame
from app.rendering.picture import fitting_exposure
from app.rendering.thumbnails import LightThumbnails
from app.tools.commands.context import KeptPreferences
from app.viewer.notices import Say, report_errors


class LightController:
    """Used in the windows' thread. A file that cannot be used as light is a message and changes nothing."""

    def __init__(self, store: Store, say: Say, thumbnails: LightThumbnails) -> None:
        self._store, self._say, self._thumbnails = store, say, thumbnails
        self._newest = 0  # number of the last request: an older one that takes longer must not undo it

    def show(self, paths: Sequence[str]) -> None:
        """Make thumbnails of these files."""
        self._thumbnails.ask(paths)

    def choose(self, path: str) -> None:
        """Light the avatars with an environment, which joins the list."""
        self.use(path, lambda state: choose_environment(state, path), "environment")

    def use(self, path: str, edit: Edit, label: str) -> None:
        """Apply an edit that shows this environment ("" for none), once its file has been read."""
        self._newest += 1
        number = self._newest

        def apply() -> None:
            if number == self._newest:
                self._store.end_gesture()
                self._store.post(edit, label)

        if path:
            self._thumbnails.require(path, apply, lambda reason: self._say(reason, is_error=True))
        else:
            apply()

    def save_rig(self, path: str) -> bool:
        """Write all light to a JSON file; a message says whether that worked."""
        with report_errors(self._say):
            save_rig(Path(path).expanduser(), self._store.state.light)
            self._say(f"Saved {Path(path).expanduser().absolute()}")
            return True
        return False

    def load_rig(self, path: str) -> bool:
        """Use the light of a JSON file, or say why it cannot be read."""
        with report_errors(self._say):
            lamps, surrounding = read_rig(Path(path).expanduser())
            environment = "" if surrounding is None else surrounding.environment
            self.use(environment, lambda state: use_rig(state, lamps, surrounding), "light rig")
            return True
        return False


LightKey = tuple[tuple[str, ...], str, str]


class ExposureController:
    """Fits the exposure once when the light or the avatars change, where the preferences say so.

    The light changes with its environment, a lamp that is added or removed, and a rig; a lamp that one turns, dims or
    switches off is to be seen as it is. An exposure that changes together with the light, as with a session, stays.
    """

    def __init__(self, store: Store, preferences: KeptPreferences, fits_first: bool) -> None:
        """`fits_first`: whether the light at the start has no exposure of its own."""
        self._store, self._preferences = store, preferences
        self._key, self._exposure_ev = _light_key(store.state), store.state.display.exposure_ev
        self._lamps = store.state.light.lamps
        self._is_due = fits_first

    def update(self, frame: Frame | None) -> None:
        """Fit the exposure where it is due and the newest frame shows the light of now."""
        state = self._store.state
        key, exposure_ev = _light_key(state), state.display.exposure_ev
        if key != self._key or _num_changed(self._lamps, state.light.lamps) > 1:
            self._is_due = exposure_ev == self._exposure_ev
        elif exposure_ev != self._exposure_ev:
            self._is_due = False  # it was set by hand
        self._key, self._exposure_ev, self._lamps = key, exposure_ev, state.light.lamps
        is_shown = frame is not None and (_light_key(frame.state), frame.state.light.lamps) == (key, self._lamps)
        if not (self._is_due and is_shown and frame is not None and self._preferences.now.fits_exposure):
            return
        fitting_ev = fitting_exposure(frame, state.display.curve)
        if fitting_ev is not None:
            self._is_due, self._exposure_ev = False, fitting_ev
            self._store.post(lambda s: edit_display(s, exposure_ev=fitting_ev), "fit exposure", is_undoable=False)


def _light_key(state: ViewState) -> LightKey:
    light = state.light
    environment = light.environment if light.mode == "environment" else ""
    return tuple(body.avatar for body in state.bodies), light.mode, environment


def _num_changed(before: tuple[LampState, ...], after: tuple[LampState, ...]) -> int:
    """How many lamps are others; a lamp more or fewer counts twice, one that is switched does not."""

    def switched(lamp: LampState) -> LampState:
        return replace(lamp, is_on=True, is_solo=False)

    changed = sum(switched(old) != switched(new) for old, new in zip(before, after, strict=False))
    return changed + 2 * abs(len(before) - len(after))


class RigController:
    """Rigs as commands save and load them, which also notes them among the recent files."""

    def __init__(self, lights: LightController, used: Callable[[str], None]) -> None:
        """`used` is called with the path of each file that was saved or loaded."""
        self._lights, self._used = lights, used

    def save(self, path: str) -> None:
        """Write all light."""
        if self._lights.save_rig(path):
            self._used(path)

    def load(self, path: str) -> None:
        """Use a file's light."""
        if self._lights.load_rig(path):
            self._used(path)
