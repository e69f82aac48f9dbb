"""Render buffers of an avatar to files; needs no display.

Writes OUT/<buffer>.png or .exr. EXR holds linear float32: world-space normals and positions, depth in metres along the
camera's axis. PNG is for looking: radiance is tone-mapped with alpha = mask, albedo and shading are sRGB, normals
n / 2 + 1 / 2, depth brighter when nearer, position p / 4 m + 1 / 2. --save-scene also writes mesh.ply, camera.json and
lighting.json, which hold everything another renderer needs to make the same picture.

examples:
  python launch.py render --avatar josh.ckpt --out frames
  python launch.py render --avatar josh.ckpt --out frames --motion walk --frame 10 --probe studio --probe-yaw 90
  python launch.py render --avatar josh.ckpt --out frames --probe none --lamp 60,30,3.14 --camera 30,10,4
  python launch.py render --avatar josh.ckpt --out frames --format exr --buffers radiance,normal,depth --save-scene
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.scene_options import SceneOptions


@dataclass(frozen=True, kw_only=True)
class Render(SceneOptions):
    """Options of `render`."""

    out: Path
    """Folder for the pictures; made when missing."""
    buffers: str = "radiance"
    """Comma-separated: radiance, albedo, roughness, normal, visibility, shading, depth, position, uv, mask; or all."""
    format: Literal["png", "exr"] = "png"
    """png to look at, exr to compute with."""
    save_scene: bool = False
    """Also write mesh.ply, camera.json and lighting.json."""
    exposure: float = 0.0
    """Stops of light (EV) for the PNG of radiance and shading."""
    curve: Literal["linear", "filmic", "reinhard", "aces", "agx"] = "linear"
    """Tone curve for the PNG of radiance and shading."""
    supersample: int = 1
    """Samples a side of a pixel; 1 samples pixel centers, 2 and more smooth the edges."""
    antialias: bool = False
    """Smooth silhouettes by coverage, hardly slower; may be joined with --supersample."""
    lamp_samples: int = 16
    """Shadow rays a pixel and lamp or bright source."""
    exact_visibility: bool = False
    """Shadow rays from every pixel to every probe: slower, sharper than visibility on the vertices."""


def run(args: Render) -> int:
    from app.arguments import check_number
    from app.backend_options import check_backends
    from app.buffer_files import write_buffer
    from app.outputs import check_folder
    from app.scene_builder import build_scene, pixel_normals
    from app.scene_files import save_scene
    from phynes_core.frame import FrameRenderer, RenderOptions

    names = _buffer_names(args.buffers)
    check_number("--supersample", args.supersample, 1, 8)
    check_number("--lamp-samples", args.lamp_samples, 1, 1024)
    check_number("--exposure", args.exposure)
    check_folder(args.out)
    check_backends(args)
    scene = build_scene(args)
    renderer = FrameRenderer()
    options = RenderOptions(
        buffers=frozenset(names),
        backend=args.backend,
        raster=args.raster,
        bright_sources=args.bright_sources,
        lamp_samples=args.lamp_samples,
        supersample=args.supersample,
        antialias=args.antialias,
        has_pixel_normals=pixel_normals(args.pixel_normals),
        freezes_materials=args.freeze_materials,
        exact_visibility=args.exact_visibility,
    )
    buffers = renderer.render(scene, options)
    for name in names:
        path = args.out / f"{name}.{args.format}"
        write_buffer(path, buffers, name, args.exposure, args.curve)
        print(path)
    if args.save_scene:
        save_scene(args.out, scene, renderer.mesh(scene), args.bright_sources)
        print(*(args.out / name for name in ("mesh.ply", "camera.json", "lighting.json")), sep="\n")
    return 0


def _buffer_names(text: str) -> list[str]:
    from app.cli import UsageError
    from phynes_core.render.frame_buffers import BUFFERS

    names = list(BUFFERS) if text == "all" else [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in BUFFERS]
    if unknown:
        raise UsageError(f"--buffers: expected some of {', '.join(BUFFERS)} or all, got {', '.join(unknown)!r}")
    return list(dict.fromkeys(names))
