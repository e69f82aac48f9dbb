"""The export of an avatar for other programs: what can be written, by suffix, and the job that writes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import torch

from app.model.camera_paths import camera_at, duration_s
from app.model.exports import AvatarExportState
from app.model.view_state import ViewState
from app.rendering.exports.export_jobs import AfterStep, Cancelled
from app.rendering.frames import Renderer
from app.rendering.materials import Materials
from app.rendering.posed_row import orbit_target
from app.rendering.posing import posed_by
from app.rendering.scenes import camera_of
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.model import Pose, pose_joints
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.motion.files import load_motion
from phynes_core.errors import OutputError
from phynes_core.export.subject import CameraTrack, ExportSubject, check_license
from phynes_core.io.output_files import check_file, check_folder, replacing_folder
from phynes_core.io.shipped_files import bundled_environments, bundled_motions

CAMERA_RATE = 30.0  # keys a second
AfterPart = Callable[[int, int], None]  # (parts done, all parts); raises to stop


@dataclass(frozen=True)
class AvatarFormat:
    """One kind of file that an avatar leaves in."""

    title: str  # for messages and menus
    writer: str  # "module:function" of (AvatarExportJob, Path, AfterPart) -> sentences that say what it costs
    options: frozenset[str]  # of the command `export` that have an effect on it, beside avatar, out and files


LOOKS = frozenset({
    "motion", "motions", "pose", "shape", "materials", "texture_size", "pixel_normals", "freeze_materials",
})  # fmt: skip
SKINNED = LOOKS | {"camera_path", "pose_morphs"}
START = frozenset({  # the view that a page begins with
    "camera", "camera_time", "lens", "fov", "time", "probe", "probe_yaw", "probe_intensity", "lamp", "rig", "ground",
    "background_color", "buffer", "exposure", "curve",
})  # fmt: skip
PAGE = (LOOKS - {"texture_size"}) | START | {"probes", "fallback_video"}
FORMATS: dict[str, AvatarFormat] = {  # by suffix; "" is a folder
    ".glb": AvatarFormat("glTF, a skinned and textured mesh", f"{__name__}:write_glb", SKINNED),
    ".usdc": AvatarFormat("USD, its textures in a folder beside it", f"{__name__}:write_usd", SKINNED),
    ".usdz": AvatarFormat("USD in one file", f"{__name__}:write_usd", SKINNED),
    ".html": AvatarFormat("a page that relights it in a browser", "app.web.page_export:write_page", PAGE),
    "": AvatarFormat("exact motion, a mesh a frame", f"{__name__}:write_folder",
                     LOOKS | {"format", "textures"}),
}  # fmt: skip
PAGE_FOLDER = AvatarFormat("a page for a web server", "app.web.page_export:write_page_folder", PAGE | {"format"})


def format_of(path: Path, mesh_format: str = "") -> AvatarFormat:
    """What is written at a path, in a folder as meshes or "html"; raises OutputError, which lists what can be."""
    if not path.suffix and mesh_format == "html":
        return PAGE_FOLDER
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        known = ", ".join(f"{suffix or 'a folder'} ({kind.title})" for suffix, kind in FORMATS.items())
        raise OutputError(f"{path}: expected one of {known}, got '{path.suffix}'; rename it")
    return found


@dataclass(frozen=True)
class AvatarExportJob:
    """An avatar as one file, or as a folder of meshes."""

    state: ViewState  # of which the active body is written
    settings: AvatarExportState
    smpl: Path | None = None
    smpl_uv: Path | None = None
    say: Callable[[str], None] = lambda sentence: None  # what it cost, once it is written
    noun: str = "avatar"

    @property
    def path(self) -> str:
        """The file or folder."""
        return self.settings.path

    def run(self, renderer: Renderer, after_step: AfterStep, is_cancelled: Callable[[], bool]) -> bool:
        """Write it; False when cancelled, and then nothing is left. Raises PhynesError."""

        def after(done: int, of: int) -> bool:
            return not is_cancelled() and (done == 0 or after_step(done, of, None))  # nothing is done at 0

        costs = self.write(after)
        for sentence in costs or ():
            self.say(f"{Path(self.path).name}: {sentence}")
        return costs is not None

    def write(self, after_step: Callable[[int, int], bool]) -> tuple[str, ...] | None:
        """Write it; what the format costs in sentences, or None where `after_step` returned False."""
        path = Path(self.path).expanduser()
        kind = check_export(path, self.settings.mesh_format)
        module, _, function = kind.writer.partition(":")

        def after_part(done: int, of: int) -> None:
            if not after_step(done, of):
                raise Cancelled

        try:
            return getattr(import_module(module), function)(self, path, after_part)
        except Cancelled:
            return None

    def subject(self) -> ExportSubject:
        """The avatar with its reference pose, clips and materials; raises PhynesError."""
        body = self.state.body
        avatar = load_checkpoint(Path(body.avatar), self.smpl, self.smpl_uv)
        check_license(avatar, self.settings.has_licensed_body)
        betas = avatar.betas.clone()
        betas += torch.tensor(body.shape)[: len(betas)]
        rest = pose_joints(avatar.body, Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), betas)).positions
        clips = tuple(load_motion(Path(path)).placed_on(rest) for path in self.settings.motions)
        counts: dict[str, int] = {}
        named = []
        for clip in clips:
            counts[clip.name] = counts.get(clip.name, 0) + 1
            named.append(clip if counts[clip.name] == 1 else replace(clip, name=f"{clip.name}_{counts[clip.name]}"))
        reference = posed_by(replace(body, motion=""), None, None, betas)[1]
        materials = Materials().edit(avatar, body.materials)
        pose = avatar.training_poses[0] if body.freezes_materials else reference.vector()
        has_detail = avatar.record.has_detail if body.detail == "auto" else body.detail == "on"
        cameras = self._cameras(avatar, reference, tuple(named), betas)
        return ExportSubject(avatar, betas, reference, pose, has_detail, tuple(named), materials, cameras)

    def _cameras(
        self, avatar: Avatar, reference: Pose, clips: tuple[MotionClip, ...], betas: torch.Tensor
    ) -> tuple[CameraTrack, ...]:
        """The camera path, around where the avatar stands when the first clip begins."""
        length_s = duration_s(self.state.path)
        if length_s <= 0:
            return ()
        clip = clips[0] if clips else None
        target = orbit_target(avatar, clip.pose(0, betas) if clip else reference, clip)
        times = torch.linspace(0.0, length_s, 1 + max(1, round(length_s * CAMERA_RATE)))
        states = [camera_at(self.state.path, float(time)) for time in times]
        views = torch.stack([torch.linalg.inv(camera_of(state, target, 2).T_cam_world) for state in states])
        return (CameraTrack("camera_path", times, views, torch.tensor([state.fov_deg for state in states])),)


def with_clips(state: ViewState) -> AvatarExportState:
    """The viewer's settings with the clips that they choose: that of the active body, all of the library, or none.

    A page gets every light of the library, and the one that is shown.
    """
    settings = state.tool.avatar_export
    every = {"all": tuple(str(path.resolve()) for path in bundled_motions().values()), "none": ()}
    playing = (state.body.motion,) if state.body.motion else ()
    shown = (state.light.environment,) if state.light.mode == "environment" and state.light.environment else ()
    lights = dict.fromkeys([*shown, *(str(path.resolve()) for path in bundled_environments().values())])
    return replace(settings, motions=every.get(settings.clips, playing), lights=tuple(lights))


def check_export(path: Path, mesh_format: str = "") -> AvatarFormat:
    """What is written at a path; raises OutputError where nothing can be, before any work."""
    kind = format_of(path, mesh_format)
    if path.suffix:
        check_file(path)
    else:
        check_folder(path)
        check_empty(path)
    return kind


def check_empty(path: Path) -> None:
    """Raise OutputError for a folder that holds something: nothing of others is replaced."""
    if path.exists() and any(path.iterdir()):
        raise OutputError(f"{path}: expected a new or an empty folder, got one with files; name another")


def write_folder(job: AvatarExportJob, path: Path, after_part: AfterPart) -> tuple[str, ...]:
    """The displaced mesh of every frame of the clips, and the textures."""
    from phynes_core.export.exact_motion import write_motion, write_textures

    subject = job.subject()
    with replacing_folder(path, check=lambda: check_empty(path)) as temporary:
        settings = job.settings
        write_motion(subject, temporary, settings.mesh_format, after_part)
        if settings.texture_format != "none":
            write_textures(subject, temporary, settings.texture_format, settings.texture_size, after_part)
    return ()


def write_glb(job: AvatarExportJob, path: Path, after_part: AfterPart) -> tuple[str, ...]:
    """A skinned mesh with its clips and textures."""
    from phynes_core.export.glb import write_glb

    settings = job.settings
    return write_glb(job.subject(), path, settings.texture_size, settings.pose_morphs, after_part)


def write_usd(job: AvatarExportJob, path: Path, after_part: AfterPart) -> tuple[str, ...]:
    """The same as USD."""
    from phynes_core.export.usd import check_usd, write_usd

    check_usd()
    settings = job.settings
    return write_usd(job.subject(), path, settings.texture_size, settings.pose_morphs, after_part)
