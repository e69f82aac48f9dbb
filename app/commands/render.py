"""Render an avatar to files: buffers into a folder, or one picture as the window shows it; needs no display.

Writes OUT/<buffer>.png or .exr. EXR holds linear float32: world-space normals and positions, depth in metres along the
camera's axis. PNG is for looking: radiance is tone-mapped with alpha = mask, albedo and shading are sRGB, normals
n / 2 + 1 / 2, depth brighter when nearer, position p / 4 m + 1 / 2. --save-scene also writes mesh.ply, camera.json and
lighting.json, which hold everything another renderer needs to make the same picture. --compare, --overlay and
--false-color write what the window shows, over the background: its colors, lines and split, at its full quality.

With a file as --out it is the window's picture at rest, in any size up to 4096: .png, clear behind the avatar unless
--background says otherwise, or .exr with every buffer as a layer (R, G, B, A are the picture).

examples:
  python launch.py render --avatar josh.ckpt --out frames
  python launch.py render --avatar josh.ckpt --out frames --motion walk --frame 10 --probe studio --probe-yaw 90
  python launch.py render --avatar josh.ckpt --out frames --probe none --lamp 60,30,3.14 --camera 30,10,4
  python launch.py render --avatar josh.ckpt --out frames --camera back --lens 85
  python launch.py render --avatar josh.ckpt --out frames --camera path.json --camera-time 1.5
  python launch.py render --avatar josh.ckpt --out frames --format exr --buffers radiance,normal,depth --save-scene
  python launch.py render --avatar josh.ckpt --out frames --compare avatar=ada --compare probe=sunset --overlay joints
  python launch.py render --session josh_session.json --out josh.png --size 4096
  python launch.py render --avatar josh.ckpt --out layers.exr --size 2048
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.scene_options import SceneOptions

if TYPE_CHECKING:
    from app.scene_builder import OpenedScene
    from phynes_core.frame.renderer import FrameRenderer

ENGINE_ALONE = ("supersample", "antialias", "lamp_samples", "exact_visibility")  # a window's picture has its own


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
    """Folder for the pictures, made when missing; or one .png or .exr file."""
    buffers: str = "radiance"
    """Comma-separated: radiance, albedo, roughness, normal, visibility, shading, depth, position, uv, mask; or all."""
    format: Literal["png", "exr"] = "png"
    """png to look at, exr to compute with."""
    save_scene: bool = False
    """Also write mesh.ply, camera.json and lighting.json."""
    buffer: Literal[
        "radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth", "light_visibility"
    ] = "radiance"
    """What a .png file shows."""
    transparent: bool = False
    """Nothing behind the avatar in a file, whatever the background."""
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
    """Render, and say where the files are."""
    if args.out.suffix.lower() in (".png", ".exr") and not args.out.is_dir():
        from app.rendering_stills import render_still

        render_still(args)
        print(args.out)
        return 0
    return _render_folder(args)


def _render_folder(args: Render) -> int:
    from app.arguments import check_number
    from app.backend_options import check_backends
    from app.devices import chosen_device
    from app.light_files import MAX_ROWS, MIN_ROWS, check_light_picture, write_light
    from app.opening_view import opening_view
    from app.outputs import check_folder
    from app.scene_builder import open_scene
    from app.scene_files import save_scene
    from app.shown_pictures import needs_window, write_shown
    from app.state import BUFFERS as SHOWN
    from phynes_core.frame.renderer import FrameRenderer
    from phynes_core.render.frame_buffers import BUFFERS
    from phynes_core.render.light_picture import picture_of_light

    is_shown = needs_window(opening_view(args)) and not _is_plain(args)
    names = _buffer_names(args.buffers, SHOWN if is_shown else BUFFERS)
    check_number("--supersample", args.supersample, 1, 8)
    check_number("--lamp-samples", args.lamp_samples, 1, 1024)
    check_folder(args.out)
    device = chosen_device(args)
    check_backends(args, device.type)
    if args.export_probe is not None:
        check_number("--probe-rows", args.probe_rows, MIN_ROWS, MAX_ROWS)
        check_light_picture(args.export_probe)
    opened = open_scene(args)
    renderer = FrameRenderer(device)
    if is_shown:
        paths = [(name, args.out / f"{name}.png") for name in names]
        write_shown(paths, opened.view, args, device)
        print(*(path for _, path in paths), sep="\n")
    else:
        _write_buffers(args, opened, names, renderer)
    if args.export_probe is not None:
        rows = args.probe_rows
        picture = picture_of_light(opened.light.lighting, opened.pelvis, rows, 2 * rows)
        write_light(args.export_probe, picture.numpy())
        print(args.export_probe)
    if args.save_scene:
        mesh = renderer.mesh(opened.scene).cpu()
        save_scene(args.out, opened.scene, mesh, opened.view.light.bright_sources)
        print(*(args.out / name for name in ("mesh.ply", "camera.json", "lighting.json")), sep="\n")
    return 0


def _write_buffers(args: Render, opened: "OpenedScene", names: list[str], renderer: "FrameRenderer") -> None:
    """Each buffer as the engine makes it."""
    import torch

    from app.buffer_files import write_buffer, write_picture
    from app.light_state import StageState
    from app.scene_builder import pixel_normals
    from app.staging import staged
    from phynes_core.frame.options import RenderOptions

    view, scene = opened.view, opened.scene
    look, stage = view.look, view.stage
    color = look.background if stage.backdrop == "color" else None
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
            is_screen = args.format == "png"
            picture = staged(picture, buffers, stage, opened.light, scene.camera, opened.pelvis, is_screen=is_screen)
            write_picture(path, picture, look.exposure_ev, look.curve, color)
        else:
            write_buffer(path, buffers, name, look.exposure_ev, look.curve)
        print(path)


def _is_plain(args: Render) -> bool:
    """Whether the engine's numbers are asked for; raises UsageError where a picture of the window is, too."""
    from app.arguments import option_of
    from app.cli import UsageError

    asked = [option_of(name) for name in ("compare", "overlay", "false_color") if getattr(args, name)]
    engine = [option_of(name) for name in ("format", *ENGINE_ALONE) if getattr(args, name) != vars(Render)[name]]
    if asked and engine:
        raise UsageError(f"{engine[0]}: means nothing with {asked[0]}, which makes the window's picture; leave one out")
    return args.format == "exr"


def _buffer_names(text: str, known: tuple[str, ...]) -> list[str]:
    from app.cli import UsageError

    names = list(known) if text == "all" else [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"--buffers: expected some of {', '.join(known)} or all, got {', '.join(unknown)!r}")
    return list(dict.fromkeys(names))
