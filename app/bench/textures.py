"""What the textures of live frames cost and gain: made, kept and read, and frames with and without them."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from app.bench.machine import milliseconds
from app.bench.scenarios import measure_scenarios
from phynes_core.avatar.material_texels import baked, texture_side
from phynes_core.avatar.stored_texels import cache_folder, store_texels, stored_texels
from phynes_core.evaluation.metrics.errors import psnr
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import Scene

MOVING = ("camera", "pose", "full")  # scenarios whose frames ask for materials or slopes


def with_textures(scene: Scene) -> Scene:
    """The scene with the material textures of its avatars, those whose maps a texture can hold; on a GPU unchanged."""
    if scene.device.type != "cpu":
        return scene
    posed = tuple(
        entry if texture_side(entry.avatar) is None else replace(entry, texels=baked(entry.avatar, entry.pose.vector()))
        for entry in scene.avatars
    )
    return replace(scene, avatars=posed)


def measure_textures(
    scene: Scene,  # with textures
    num_frames: int,
    options: RenderOptions,
    progress: Callable[[str], None],
) -> dict[str, float | dict[str, float]] | None:
    """Times, memory, likeness and frames a second without textures; None where the avatar has none."""
    posed = scene.avatars[0]
    if posed.texels is None:
        return None
    avatar, vector, texels = posed.avatar, posed.pose.vector(), posed.texels
    progress("textures")
    with _own_cache_folder():
        kept_ms = milliseconds(lambda: store_texels(avatar, vector, texels))
        read_ms = milliseconds(lambda: stored_texels(avatar, vector))
        file_mb = sum(path.stat().st_size for path in cache_folder().iterdir()) / 2**20
    baked_ms = milliseconds(lambda: baked(avatar, vector))
    asking = replace(options, reads_texels=False)
    reading, asked = (FrameRenderer().render(scene, each) for each in (options, asking))
    assert reading.radiance is not None and asked.radiance is not None  # options ask for it
    inside = asked.mask[..., 0] > 0
    alike_db = psnr(reading.radiance[inside].clamp(0.0, 1.0), asked.radiance[inside].clamp(0.0, 1.0))
    times = measure_scenarios(scene, num_frames, asking, progress, names=MOVING)
    return {
        "baked_ms": round(baked_ms, 1), "kept_ms": round(kept_ms, 1), "read_ms": round(read_ms, 1),
        "memory_mb": round(texels.image.nbytes / 2**20, 1), "file_mb": round(file_mb, 1),
        "alike_db": round(alike_db, 1),
        "fps_without": {name: float(row.as_json()["fps_p50"]) for name, row in times.items()},  # type: ignore[arg-type]
    }  # fmt: skip


@contextmanager
def _own_cache_folder() -> Iterator[None]:
    """The user's cache folder lies elsewhere for a while: what is measured is not kept."""
    before = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        try:
            yield
        finally:
            del os.environ["XDG_CACHE_HOME"]
            if before is not None:
                os.environ["XDG_CACHE_HOME"] = before
