"""From a command's options to a scene: read the files that they name, check the numbers."""

from dataclasses import dataclass, replace

from torch import Tensor

from app.model.avatar_row import BodyState
from app.model.view_state import ViewState
from app.options.arguments import check_field, check_number
from app.options.backends import map_backend
from app.options.bodies import licensed_files
from app.options.camera import camera_from_options
from app.options.view import SceneOptions, keeps_clocks, view_from_options
from app.rendering.lighting import BuiltLight, Lightings
from app.rendering.posed_row import Bodies, FileCache
from app.rendering.scenes import at_time, camera_of, home_view
from app.rendering.surroundings import ground_of
from phynes_core.frame.scene import Scene
from phynes_core.render.probes import load_environment_image

MIN_SIZE, MAX_SIZE = 16, 8192  # pixels a side; above the latter the buffers of one frame no longer fit in memory


@dataclass(frozen=True, eq=False)
class OpenedScene:
    """What the options describe, as plain values and as the engine takes it."""

    view: ViewState
    scene: Scene
    light: BuiltLight  # in every form
    pelvis: Tensor  # [3] world, what all turns around


def build_scene(options: SceneOptions) -> Scene:
    """Read the files that the options name; raises PhynesError."""
    return open_scene(options).scene


def open_scene(options: SceneOptions) -> OpenedScene:
    """The same with everything it came from; raises PhynesError."""
    check_number("--size", options.size, MIN_SIZE, MAX_SIZE)
    if options.time is not None:
        check_field("--time", options.time, BodyState, "time_s")
    files = FileCache()
    bodies = Bodies(files, *licensed_files(options), map_backend(options))
    view = view_from_options(options)
    if not keeps_clocks(options):
        view = at_time(bodies, view, options.frame, options.time)
    row, avatar = bodies.row(view), bodies.avatar(view.body)
    view = replace(view, camera=camera_from_options(options, view, home_view(view, avatar), bool(options.session)))
    camera = camera_of(view.camera, row.target, options.size)
    lightings = Lightings(lambda path: files.get("environment", path, load_environment_image))
    built = lightings.build(row.posed[view.avatar_row.active].avatar.light, view.light, row.target)
    ground = ground_of(view.surroundings, row.floor_m, row.target, view.avatar_row.spacing_m * (len(row.posed) - 1))
    return OpenedScene(view, Scene(row.posed, camera, built.lighting, ground), built, row.target)
