"""An avatar as a web page: what goes into it, and a still for browsers without WebGPU.

engine/ and page/ beside this file are the page's JavaScript, which phynes_core/export/page.py joins with the avatar.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from app.model.avatar_row import AvatarRowState
from app.model.cameras import CameraState
from app.model.comparison import CompareState
from app.model.exports import StillState, TurntableState
from app.rendering.exports.avatar_export import AfterPart, AvatarExportJob, check_empty
from app.rendering.exports.export_jobs import StillJob, VideoJob
from app.rendering.render_service import RenderService
from app.web.start_view import start_view
from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.errors import OutputError
from phynes_core.export.page import Fallback, page_files, page_html
from phynes_core.export.page_packet import PageContent, PageLight, page_packet
from phynes_core.io.output_files import replacing, replacing_folder
from phynes_core.render.probes import load_environment_image

WEB = Path(__file__).parent
MOST_MB = 100  # a browser opens larger ones slowly, or not
STILL_PX, VIDEO_PX, VIDEO_FPS = 640, 384, 24
_PARTS = 4


@dataclass(frozen=True)
class PageParts:
    """What the file or the folder is made of."""

    name: str
    packet: bytes
    fallback: Fallback | None  # None: browsers without WebGPU show no picture
    said: tuple[str, ...] = ()  # what of the view it cannot begin with

    def html(self) -> str:
        """One file."""
        return page_html(WEB, self.name, self.packet, self.fallback)


def page_parts(
    job: AvatarExportJob, after_part: AfterPart = lambda done, of: None, has_fallback: bool = True
) -> PageParts:
    """The page of the job's avatar, lights and clips; raises PhynesError."""
    subject, settings = job.subject(), job.settings
    lights = tuple(PageLight(Path(path).stem, load_environment_image(Path(path))) for path in settings.lights)
    after_part(1, _PARTS)
    avatar = subject.avatar if settings.has_licensed_body else without_licensed_shapes(subject.avatar)
    clips = list(zip(settings.motions, subject.clips, strict=True))
    start = start_view(job.state, clips, settings.lights, subject.betas)
    content = PageContent(
        avatar, subject.betas, subject.material_pose, subject.has_detail, subject.clips, lights, subject.materials,
        start.link,
    )  # fmt: skip
    packet = page_packet(content).to_bytes()
    after_part(2, _PARTS)
    fallback = _fallback(job, lambda: after_part(2, _PARTS)) if has_fallback else None
    after_part(3, _PARTS)
    said = (f"the page begins without {', '.join(start.missing)}",) if start.missing else ()
    return PageParts(subject.name, packet, fallback, said)


def without_licensed_shapes(avatar: Avatar) -> Avatar:
    """A template on a licensed body keeps the skinning that it needs, and none of that body's pose blend shapes."""
    body = avatar.body
    if body.template is None or body.template.body_hash == load_bundled_body().content_hash:
        return avatar
    bare = replace(body, posedirs=torch.zeros_like(body.posedirs))
    maps = avatar.offset, avatar.texture, avatar.albedo, avatar.roughness
    return Avatar(bare, avatar.record, *maps, avatar.light, avatar.betas, avatar.training_poses)


def write_page(job: AvatarExportJob, path: Path, after_part: AfterPart) -> tuple[str, ...]:
    """The page as one file."""
    parts = page_parts(job, after_part)
    html = parts.html().encode()
    check_size(path, len(html))
    with replacing(path) as temporary:
        temporary.write_bytes(html)
    return (*parts.said, *_costs(job, len(html)))


def write_page_folder(job: AvatarExportJob, path: Path, after_part: AfterPart) -> tuple[str, ...]:
    """The page as a folder for a web server."""
    parts = page_parts(job, after_part)
    files = page_files(WEB, parts.name, parts.packet, parts.fallback)
    check_size(path, sum(map(len, files.values())))
    with replacing_folder(path, check=lambda: check_empty(path)) as temporary:
        for name, content in files.items():
            target = temporary / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return (*parts.said, *_costs(job, sum(map(len, files.values()))))


def check_size(path: Path, num_bytes: int) -> None:
    """Raise OutputError for a page that browsers open with difficulty."""
    if num_bytes > MOST_MB << 20:
        raise OutputError(
            f"{path}: expected a page of at most {MOST_MB} MB, got {num_bytes >> 20}; "
            "name fewer lights and clips, or train with smaller maps"
        )


def _costs(job: AvatarExportJob, num_bytes: int) -> tuple[str, ...]:
    size = f"{num_bytes / 1e6:.1f} MB: {len(job.settings.lights)} lights, {len(job.settings.motions)} clips"
    return (size,)


def _fallback(job: AvatarExportJob, after_step: Callable[[], None]) -> Fallback:
    """Pictures of what the page begins with."""
    service = RenderService(smpl=job.smpl, smpl_uv=job.smpl_uv)
    body = replace(job.state.body, playing=False)
    state = replace(job.state, body=body, avatar_row=AvatarRowState(), compare=CompareState())
    if state.camera == CameraState():
        state = replace(state, camera=service.home_camera(state))

    def step(*_: object) -> bool:
        after_step()
        return True

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "still.png"
        StillJob(state, StillState(STILL_PX, has_alpha=True, path=str(picture))).run(service, step, lambda: False)
        video = Path(folder) / "turntable.webm"
        if job.settings.has_video:
            settings = TurntableState(seconds=4.0, fps=VIDEO_FPS, size=VIDEO_PX, path=str(video))
            VideoJob(state, settings, {}).run(service, step, lambda: False)
        return Fallback(picture.read_bytes(), video.read_bytes() if job.settings.has_video else b"")
