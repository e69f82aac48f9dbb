"""Exports of the viewer: pictures, videos, light files, and the command lines that make them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from app.model.store import Store
from app.model.view_state import ViewState
from app.options.avatar_export import export_command
from app.options.bodies import FILE_OPTIONS as LICENSED_FILES
from app.options.bodies import licensed_paths
from app.options.command_lines import CommandLine, CommandTexts, still_command, video_command
from app.rendering.exports.avatar_export import AvatarExportJob, with_clips
from app.rendering.exports.export_jobs import ExportJob, LightJob, StillJob, VideoJob, with_free_path
from app.rendering.worker import Worker
from app.tools.commands.file import BUSY
from app.viewer.notices import IMPOSSIBLE, report_errors
from phynes_core.errors import PhynesError

SETTLED_S = 0.25  # command lines are written once the state has not changed for so long


class ExportController:
    """Starts export jobs and writes command lines, in the windows' thread."""

    def __init__(
        self, store: Store, worker: Worker, durations_s: Callable[[], Mapping[str, float]],
        copy: Callable[[str], None],  # to the clipboard
        engine: Mapping[str, object],  # options that say where files are and how to compute
    ) -> None:  # fmt: skip
        self._store, self._worker, self._durations_s, self._copy = store, worker, durations_s, copy
        self._engine = engine
        self._files = {name: path for name in LICENSED_FILES if isinstance(path := engine.get(name), Path)}
        self._state: ViewState | None = None
        self._changed_s = 0.0
        self._described: ViewState | None = None
        self.texts = CommandTexts()

    @property
    def is_running(self) -> bool:
        """Whether a picture, a video or a light file is being made."""
        return self._worker.status.recording.state == "running"

    def record(self) -> None:
        """Make the video."""
        state = self._store.state
        self._make(VideoJob(state, state.tool.turntable, self._durations_s()))

    def take_picture(self) -> None:
        """Make the picture."""
        state = self._store.state
        try:
            settings = with_free_path(state.tool.still)
        except IMPOSSIBLE as error:
            self._worker.say(f"{state.tool.still.path}: no name for a picture ({error})", is_error=True)
        else:
            self._make(StillJob(state, settings))

    def cancel(self) -> None:
        """Stop making what is being made."""
        self._worker.cancel_recording()

    def export_light(self, path: str) -> None:
        """Write all light to an environment file."""
        if path:
            self._make(LightJob(self._store.state, path))

    def copy_picture_command(self) -> None:
        """Copy the command line that makes the picture to the clipboard."""
        self._copy_command(self._picture_command)

    def copy_video_command(self) -> None:
        """Copy the command line that makes the video to the clipboard."""
        self._copy_command(self._video_command)

    def update(self, now_s: float) -> None:
        """Write the command lines anew once the state has settled."""
        state = self._store.state
        if state is not self._state:
            self._state, self._changed_s = state, now_s
        elif state is not self._described and now_s - self._changed_s >= SETTLED_S:
            self._described = state
            try:
                self.texts = CommandTexts(self._picture_command().text, self._video_command().text, self._avatar_text())
            except IMPOSSIBLE:
                self.texts = CommandTexts()

    def export_avatar(self) -> None:
        """Write the avatar for other programs."""
        state = self._store.state
        smpl, smpl_uv = licensed_paths(*(self._files.get(name) for name in LICENSED_FILES))
        self._make(AvatarExportJob(state, with_clips(state), smpl, smpl_uv, self._worker.say))

    def copy_avatar_command(self) -> None:
        """Copy the command line that writes the avatar to the clipboard."""
        self._copy_command(self._avatar_command)

    def _avatar_command(self) -> CommandLine:
        state = self._store.state
        return export_command(state, with_clips(state), self._files)

    def _picture_command(self) -> CommandLine:
        state = self._store.state
        return still_command(state, state.tool.still, self._engine)

    def _video_command(self) -> CommandLine:
        state = self._store.state
        return video_command(state, state.tool.turntable, self._engine)

    def _avatar_text(self) -> str:
        try:
            return self._avatar_command().text
        except PhynesError as error:  # a suffix that nothing is written with
            return str(error)

    def _copy_command(self, make: Callable[[], CommandLine]) -> None:
        with report_errors(self._worker.say):
            command = make()
            command.write_session()
            self._copy(command.text)
            beside = f"; it reads {Path(command.session_path).name}, which was written" if command.session_path else ""
            self._worker.say(f"Copied the command line{beside}")

    def _make(self, job: ExportJob) -> None:
        if not self._worker.export(job):
            self._worker.say(BUSY)
