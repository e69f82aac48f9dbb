"""What a served page is made of: an avatar, lights and clips; and the page of a training run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.serving.served_avatar import invitation, served_beside


@dataclass(frozen=True)
class PageRecipe:
    """An avatar's page with everything that is in it, as `export` would write it."""

    path: Path  # of the checkpoint
    probes: str = ""  # names or paths with commas between them; "": as an exported page has them
    motions: str = ""
    has_licensed_body: bool = False
    smpl: Path | None = None
    smpl_uv: Path | None = None
    has_still: bool = True  # for browsers without WebGPU; it takes longer than all else

    def make(self) -> bytes:
        """The page of the checkpoint as it is now; raises PhynesError."""
        from app.options.avatar_export import Export, export_settings
        from app.options.bodies import licensed_files
        from app.options.view import view_from_options
        from app.rendering.exports.avatar_export import AvatarExportJob
        from app.web.page_export import page_parts

        options = Export(
            avatar=(str(self.path),), out=Path("served.html"), probes=self.probes, motions=self.motions,
            with_licensed_body=self.has_licensed_body, smpl=self.smpl, smpl_uv=self.smpl_uv,
        )  # fmt: skip
        view = view_from_options(options)
        job = AvatarExportJob(view, export_settings(options, view), *licensed_files(options))
        return page_parts(job, has_fallback=self.has_still).html().encode()


def served_path(avatar: str, is_watched: bool) -> Path:
    """The checkpoint of a name or a path; a watched one may be missing. Raises PhynesError, also without its folder."""
    from phynes_core.avatar.checkpoint import resolve_avatar_path

    path = Path(avatar)
    if is_watched and path.suffix == ".ckpt" and not path.exists() and path.parent.is_dir():
        return path
    return resolve_avatar_path(avatar)


@contextmanager
def serving_run(
    folder: Path,  # of the run, which keeps avatar.ckpt up to date
    port: int | None,  # None: it is not served
    smpl: Path | None,
    smpl_uv: Path | None,
    is_new: bool,  # what the folder holds is of an earlier run
) -> Iterator[None]:
    """Serve the avatar of a training run inside the block, and print where."""
    if port is None:
        yield
        return
    path = folder / "avatar.ckpt"
    recipe = PageRecipe(path, smpl=smpl, smpl_uv=smpl_uv, has_still=False)
    with served_beside(path, recipe.make, port, is_outdated=is_new) as address:
        print(invitation(address, "The avatar in training"), flush=True)
        yield
