"""Export an avatar for other programs: a file that its suffix describes, or a folder.

.html is a page that anyone opens in a browser: every pixel is computed on the visitor's graphics card by the viewer's
own engine. The lights and clips that are named go into it, and no request leaves it; --camera, --lamp, --probe, --pose
and the like are the view that it begins with; --format html writes the same as a folder for a web server. .glb is glTF
2.0, .usdc and .usdz are USD: a skinned mesh under SMPL's 24 joints, clips as animations, baked textures (base color,
roughness, normals); they say what skinning costs in mm. A folder gets exact motion: the displaced mesh of every frame
of the clips as PLY or OBJ, and the textures. Needs no display.

examples:
  python launch.py export --avatar josh.ckpt --out josh.html
  python launch.py export --avatar josh.ckpt --out josh.html --probes studio,night --motions walk,run
  python launch.py export --avatar josh.ckpt --out josh.html --motion walk --probe sunset --lamp 60,30,3 --camera left
  python launch.py export --avatar josh.ckpt --out josh.glb
  python launch.py export --avatar josh.ckpt --out josh.glb --motions walk,kick,dance_a --pose-morphs 8
  python launch.py export --avatar josh.ckpt --out walk --format obj --motion walk
"""

from dataclasses import replace
from pathlib import Path

from app.options.arguments import UsageError
from app.options.avatar_export import Export, export_settings, is_page, refuse_unused, started


def run(args: Export) -> int:
    """Write the file, print what the format costs, and its path."""
    from app.files.cameras import read_path
    from app.options.bodies import licensed_files
    from app.options.view import view_from_options
    from app.rendering.exports.avatar_export import AvatarExportJob, check_export
    from app.rendering.exports.export_jobs import showing_progress
    from app.rendering.render_service import RenderService
    from phynes_core.io.output_locks import claiming

    path = Path(args.out).expanduser()
    kind = check_export(path, args.format)
    refuse_unused(args, kind.options, f"{path.suffix or 'a folder'} ({kind.title})")
    view, files = view_from_options(args), licensed_files(args)
    if len(view.bodies) > 1 and not args.session:
        raise UsageError(f"--avatar: expected one, which is exported, got {len(view.bodies)}")
    if args.camera_path is not None:
        view = replace(view, path=read_path(args.camera_path))
    if is_page(path, args.format):
        service = RenderService(smpl=files[0], smpl_uv=files[1])
        view = started(args, view, service.home_camera, service.camera_on)
    settings = export_settings(args, view)
    with claiming(path), showing_progress(str(path)) as after_step:
        costs = AvatarExportJob(view, settings, *files).write(after_step)
    for sentence in costs or ():
        print(sentence)
    print(path)
    return 0
