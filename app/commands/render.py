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

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from app.model.edits import edit_display
from app.model.exports import StillState
from app.model.view_state import ViewState
from app.options.arguments import UsageError, option_of
from app.options.exports import Render
from app.options.view import SceneOptions, new_render_service, open_render_service, view_from_options

if TYPE_CHECKING:
    import torch

    from app.options.scene import OpenedScene
    from phynes_core.frame.grounded_frame import GroundedRenderer

ENGINE_ALONE = ("supersample", "antialias", "lamp_samples", "exact_visibility")  # a window's picture has its own


def run(args: Render) -> int:
    """Render, and say where the files are."""
    if args.out.suffix.lower() in (".png", ".exr") and not args.out.is_dir():
        render_still(args)
        print(args.out)
        return 0
    return _render_folder(args)


def _render_folder(args: Render) -> int:
    from app.files.output_paths import check_folder
    from app.files.scene_files import save_scene
    from app.model.display_settings import BUFFERS as SHOWN
    from app.options.arguments import check_number
    from app.options.backends import check_backends, chosen_device
    from app.options.scene import open_scene
    from app.options.view import view_from_options
    from app.rendering.picture_files import MAX_ROWS, MIN_ROWS, check_light_picture, write_light
    from phynes_core.frame.grounded_frame import GroundedRenderer
    from phynes_core.render.frame_buffers import BUFFERS
    from phynes_core.render.light_picture import picture_of_light

    is_shown = needs_window(view_from_options(args)) and not _is_plain(args)
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
    renderer = GroundedRenderer(device)
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


def _write_buffers(args: Render, opened: "OpenedScene", names: list[str], renderer: "GroundedRenderer") -> None:
    """Each buffer as the engine makes it."""
    import torch

    from app.model.lights import Surroundings
    from app.rendering.picture_files import write_buffer, write_picture
    from app.rendering.scenes import pixel_normals
    from app.rendering.surroundings import with_surroundings
    from phynes_core.frame.frame import RenderOptions

    view, scene = opened.view, opened.scene
    display, surroundings = view.display, view.surroundings
    color = display.background if surroundings.backdrop == "color" else None
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
        if name == "radiance" and surroundings != Surroundings("none"):
            picture = torch.cat([buffers.image("radiance"), buffers.mask], -1)
            is_screen = args.format == "png"
            picture = with_surroundings(
                picture, buffers, surroundings, opened.light, scene.camera, opened.pelvis, is_screen=is_screen
            )
            write_picture(path, picture, display.exposure_ev, display.curve, color)
        else:
            write_buffer(path, buffers, name, display.exposure_ev, display.curve)
        print(path)


def _is_plain(args: Render) -> bool:
    """Whether the engine's numbers are asked for; raises UsageError where a picture of the window is, too."""
    from app.options.arguments import UsageError, option_of

    asked = [option_of(name) for name in ("compare", "overlay", "false_color") if getattr(args, name)]
    engine = [option_of(name) for name in ("format", *ENGINE_ALONE) if getattr(args, name) != vars(Render)[name]]
    if asked and engine:
        raise UsageError(f"{engine[0]}: means nothing with {asked[0]}, which makes the window's picture; leave one out")
    return args.format == "exr"


def _buffer_names(text: str, known: tuple[str, ...]) -> list[str]:
    from app.options.arguments import UsageError

    names = list(known) if text == "all" else [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"--buffers: expected some of {', '.join(known)} or all, got {', '.join(unknown)!r}")
    return list(dict.fromkeys(names))


OF_FOLDERS = ("buffers", "format", "save_scene", "export_probe", *ENGINE_ALONE)


def render_still(options: Render) -> None:
    """Write the file; raises PhynesError."""
    from app.rendering.export_jobs import StillJob, check_still, run_shown

    defaults = {entry.name: entry.default for entry in fields(options)}
    for name in OF_FOLDERS:
        if getattr(options, name) != defaults[name]:
            raise UsageError(
                f"{option_of(name)}: expected a folder as --out, got the file "
                f"{options.out.name}, which is the picture that the window shows"
            )  # fmt: skip
    check_still(options.out, options.size)
    session, view = open_render_service(options, view_from_options(options))
    settings = StillState(options.size, options.transparent, str(options.out))
    run_shown(StillJob(view, settings), session)


def needs_window(view: ViewState) -> bool:
    """Whether the view shows what no single buffer holds."""
    display = view.display
    return view.compare.is_on or display.has_false_color or display.has_wireframe or display.has_joints


def write_shown(
    paths: Iterable[tuple[str, Path]],  # buffer, .png
    view: ViewState,
    options: SceneOptions,
    device: "torch.device",
) -> None:
    """Each buffer as the left side of the picture, over the look's background; raises PhynesError."""
    from phynes_core.io.image_files import write_png

    session = new_render_service(options, device)
    session.check(view)
    for name, path in paths:
        shown = edit_display(view, buffer=name)
        write_png(path, session.to_bytes(session.render(shown, options.size, is_final=True), shown.display))
