"""Render an avatar to files: buffers into a folder, or one picture as the window shows it; needs no display.

Writes OUT/<buffer>.png or .exr. EXR holds linear float32: world-space normals and positions, depth in metres along the
camera's axis. PNG is for looking: radiance is tone-mapped with alpha = mask, albedo and shading are sRGB, normals
n / 2 + 1 / 2, depth brighter when nearer, position p / 4 m + 1 / 2. --save-scene also writes mesh.ply, camera.json and
lighting.json, which hold everything another renderer needs to make the same picture. With --compare, --overlay or
the option --false-color it writes what the window shows, over the background: its colors, lines and split, at its full
quality.

With a file as --out it is the window's picture at rest, in any size up to 4096: .png, which is clear behind the avatar
unless --background says otherwise, or .exr with every buffer as a layer (R, G, B, A are the picture).

examples:
  python launch.py render --avatar josh.ckpt --out frames
  python launch.py render --avatar josh.ckpt --out frames --motion walk --frame 10 --probe studio --probe-yaw 90
  python launch.py render --avatar josh.ckpt --out frames --probe none --lamp 60,30,3.14 --camera 30,10,4
  python launch.py render --avatar josh.ckpt --out frames --camera back --lens 85
  python launch.py render --avatar josh.ckpt --out frames --camera path.json --camera-time 1.5
  python launch.py render --avatar josh.ckpt --out frames --format exr --buffers radiance,normal,depth --save-scene
  python launch.py render --avatar josh.ckpt --out frames --compare avatar=ada --compare probe=sunset --overlay joints
  python launch.py render --session josh_session.json --out josh.png --size 4096
  python launch.py render --avatar josh.ckpt --out wide.png --size 1920x1080
  python launch.py render --avatar josh.ckpt --out layers.exr --size 2048
"""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from app.model.edits import edit_display
from app.model.exports import StillState, width_height
from app.model.view_state import ViewState
from app.options.arguments import UsageError, check_number, option_of
from app.options.exports import Render
from app.options.view import open_render_service, picture_size_of, view_from_options

if TYPE_CHECKING:
    from app.rendering.render_service import RenderService
    from app.rendering.scenes import Quality

QUALITY_OPTIONS = ("supersample", "antialias", "lamp_samples", "exact_visibility")  # fixed in the window's picture
FOLDER_OPTIONS = ("buffers", "format", "save_scene", "export_probe", *QUALITY_OPTIONS)


def run(args: Render) -> int:
    """Render, and print the paths of the files."""
    from phynes_core.io.output_files import check_folder
    from phynes_core.io.output_locks import claiming

    is_file = args.out.suffix.lower() in (".png", ".exr") and not args.out.is_dir()
    check_folder(args.out.parent if is_file else args.out)
    with claiming(args.out):
        paths = _render_file(args) if is_file else _render_folder(args)
    for path in paths:
        print(path)
    return 0


def _render_file(args: Render) -> list[Path]:
    """Write the picture that the window shows at rest; raises PhynesError."""
    from app.rendering.exports.export_jobs import StillJob, check_still, run_with_progress

    for entry in fields(args):
        if entry.name in FOLDER_OPTIONS and getattr(args, entry.name) != entry.default:
            raise UsageError(
                f"{option_of(entry.name)}: expected a folder as --out, got the file {args.out.name}, which is the "
                "picture that the window shows"
            )
    size = picture_size_of(args)
    check_still(args.out, size)
    width, height = width_height(size)
    service, view = open_render_service(args, view_from_options(args))
    run_with_progress(StillJob(view, StillState(width, args.transparent, str(args.out), height)), service)
    return [args.out]


def _render_folder(args: Render) -> list[Path]:
    """Write each buffer as a file, and the light and scene files where asked for; raises PhynesError."""
    from app.files.scene_files import save_scene
    from app.model.display_settings import BUFFERS as SHOWN
    from app.rendering.exports.picture_files import MAX_ROWS, MIN_ROWS, check_light_picture, write_light
    from phynes_core.frame.buffers import BUFFERS

    view = view_from_options(args)
    is_shown = _needs_window(view) and not _is_plain(args)
    names = _buffer_names(args.buffers, SHOWN if is_shown else BUFFERS)
    if args.export_probe is not None:
        check_number("--probe-rows", args.probe_rows, MIN_ROWS, MAX_ROWS)
        check_light_picture(args.export_probe)
    service, view = open_render_service(args, view)
    if is_shown:
        written = _write_shown(args, service, view, names)
    else:
        quality = _quality(args)
        written = _write_buffers(args, service, view, names, quality)
    if args.export_probe is not None:
        write_light(args.export_probe, service.light_picture(view, args.probe_rows))
        written.append(args.export_probe)
    if args.save_scene:
        scene = service.scene(view, picture_size_of(args)).scene
        save_scene(args.out, scene, service.mesh(view), view.light.bright_sources)
        written += [args.out / name for name in ("mesh.ply", "camera.json", "lighting.json")]
    return written


def _quality(args: Render) -> "Quality":
    """The quality of the engine's buffers: pictures are as smooth as files unless the options say otherwise."""
    from app.rendering.scenes import FINAL, Quality

    if args.supersample is not None:
        return Quality(args.supersample, args.antialias, args.lamp_samples, args.exact_visibility)
    is_smooth = args.format == "png" and not args.save_scene
    return Quality(
        FINAL.supersample if is_smooth else 1, is_smooth or args.antialias, args.lamp_samples, args.exact_visibility
    )


def _write_buffers(
    args: Render, service: "RenderService", view: ViewState, names: list[str], quality: "Quality"
) -> list[Path]:
    """Write each of the engine's buffers; the radiance over its surroundings where there are any."""
    from app.model.lights import Surroundings
    from app.rendering.exports.picture_files import write_buffer, write_picture

    display, surroundings, written = view.display, view.surroundings, []
    is_over_color = surroundings.backdrop in ("color", "checker")  # the checkerboard darkens the color
    background = display.background if is_over_color else None
    rendered = service.buffers(view, picture_size_of(args), frozenset(names), quality)
    for name in names:
        written.append(args.out / f"{name}.{args.format}")
        if name == "radiance" and surroundings != Surroundings("none"):
            picture = rendered.picture(is_screen=args.format == "png")
            write_picture(written[-1], picture, display.exposure_ev, display.curve, background)
        else:
            write_buffer(written[-1], rendered.buffers, name, display.exposure_ev, display.curve)
    return written


def _write_shown(args: Render, service: "RenderService", view: ViewState, names: list[str]) -> list[Path]:
    """Write, for each buffer, the window's picture with that buffer left of the slider, over the background."""
    from phynes_core.io.image_files import write_png

    written = []
    for name in names:
        shown = edit_display(view, buffer=name)
        written.append(args.out / f"{name}.png")
        frame = service.render(shown, picture_size_of(args), is_final=True)
        write_png(written[-1], service.to_bytes(frame, shown.display))
    return written


def _needs_window(view: ViewState) -> bool:
    """Whether the view has a comparison, false color or overlays, which no buffer holds."""
    display = view.display
    return view.compare.is_on or display.has_false_color or display.has_wireframe or display.has_joints


def _is_plain(args: Render) -> bool:
    """Whether the engine's numbers (EXR) are asked for; raises UsageError where the window's picture is too."""
    asked = [option_of(name) for name in ("compare", "overlay", "false_color") if getattr(args, name)]
    engine = [option_of(name) for name in ("format", *QUALITY_OPTIONS) if getattr(args, name) != vars(Render)[name]]
    if asked and engine:
        raise UsageError(f"{engine[0]}: has no effect with {asked[0]}, which makes the window's picture; leave one out")
    return args.format == "exr"


def _buffer_names(text: str, known: tuple[str, ...]) -> list[str]:
    names = list(known) if text == "all" else [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"--buffers: expected some of {', '.join(known)} or all, got {', '.join(unknown)!r}")
    return list(dict.fromkeys(names))
