"""Render buffers of an avatar to files; needs no display.

Writes OUT/<buffer>.png or .exr. EXR holds linear float32: world-space normals and positions, depth in metres along the
camera's axis. PNG is for looking: radiance is tone-mapped with alpha = mask, albedo and shading are sRGB, normals
n / 2 + 1 / 2, depth brighter when nearer, position p / 4 m + 1 / 2. --save-scene also writes mesh.ply, camera.json and
lighting.json, which hold everything another renderer needs to make the same picture.

examples:
  python launch.py render --avatar josh.ckpt --out frames
  python launch.py render --avatar josh.ckpt --out frames --motion walk --frame 10 --probe studio --probe-yaw 90
  python launch.py render --avatar josh.ckpt --out frames --probe none --lamp 60,30,3.14 --camera 30,10,4
  python launch.py render --avatar josh.ckpt --out frames --camera back --lens 85
  python launch.py render --avatar josh.ckpt --out frames --camera path.json --camera-time 1.5
  python launch.py render --avatar josh.ckpt --out frames --format exr --buffers radiance,normal,depth --save-scene
  python launch.py render --session josh_session.json --out frames
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.scene_options import SceneOptions


@dataclass(frozen=True, kw_only=True)
class Render(SceneOptions):
    """Options of `render`."""

    background: Literal["color", "checker", "blurred", "environment", "none"] = "none"
    """What is seen behind the avatar in radiance: a color, a checkerboard, the surrounding light, also out of focus;
    none is transparent."""
    export_probe: Path | None = None
    """Also write all light as a lat-long .hdr or .exr, seen from the pelvis."""
    probe_rows: int = 16
    """Rows of --export-probe; twice as many columns."""
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
    import torch

    from app.arguments import check_number
    from app.backend_options import check_backends
    from app.buffer_files import write_buffer, write_picture
    from app.devices import chosen_device
    from app.light_files import check_light_picture, write_light
    from app.light_state import StageState
    from app.outputs import check_folder
    from app.scene_builder import open_scene, pixel_normals
    from app.scene_files import save_scene
    from app.staging import staged
    from phynes_core.frame import RenderOptions
    from phynes_core.grounded_frame import GroundedRenderer

    names = _buffer_names(args.buffers)
    check_number("--supersample", args.supersample, 1, 8)
    check_number("--lamp-samples", args.lamp_samples, 1, 1024)
    check_folder(args.out)
    device = chosen_device(args)
    check_backends(args, device.type)
    if args.export_probe is not None:
        check_light_picture(args.export_probe, args.probe_rows)
    opened = open_scene(args)
    view, scene, light, pelvis = opened.view, opened.scene, opened.light, opened.pelvis
    look, stage = view.look, view.stage
    color = look.background if stage.backdrop == "color" else None
    renderer = GroundedRenderer(device)
    options = RenderOptions(
        buffers=frozenset(names),
        backend=args.backend,
        raster=args.raster,
        bright_sources=view.light.bright_sources,
        lamp_samples=args.lamp_samples,
        supersample=args.supersample,
        antialias=args.antialias,
        has_pixel_normals=pixel_normals(view.body.detail),
        freezes_materials=view.body.freezes_materials,
        exact_visibility=args.exact_visibility,
    )
    buffers = renderer.render(scene, options).cpu()
    for name in names:
        path = args.out / f"{name}.{args.format}"
        if name == "radiance" and stage != StageState("none"):
            picture = torch.cat([buffers.image("radiance"), buffers.mask], -1)
            picture = staged(picture, buffers, stage, light, scene.camera, pelvis, is_screen=args.format == "png")
            write_picture(path, picture, look.exposure_ev, look.curve, color)
        else:
            write_buffer(path, buffers, name, look.exposure_ev, look.curve)
        print(path)
    if args.export_probe is not None:
        write_light(args.export_probe, light.lighting, pelvis, args.probe_rows)
        print(args.export_probe)
    if args.save_scene:
        save_scene(args.out, scene, renderer.mesh(scene).cpu(), view.light.bright_sources)
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
