"""From a command's options to an engine's session and the view that it is to show."""

from dataclasses import replace

import torch

from app.arguments import check_number
from app.backend_options import check_backends, map_backend
from app.devices import chosen_device
from app.opening_bodies import licensed_files
from app.opening_camera import opening_camera
from app.opening_view import keeps_clocks
from app.scene_options import SceneOptions
from app.session import AvatarSession
from app.state import ViewState
from app.view_options import ViewOptions


def new_session(options: ViewOptions, device: torch.device, has_antialias: bool = True) -> AvatarSession:
    """The engine's session as the options want it; nothing is loaded yet."""
    return AvatarSession(
        options.backend, *licensed_files(options), has_antialias, options.raster, map_backend(options), device
    )  # fmt: skip


def open_session(
    options: SceneOptions, view: ViewState, has_antialias: bool = True
) -> tuple[AvatarSession, ViewState]:  # fmt: skip
    """The session, and the view with its clocks and its camera; raises PhynesError."""
    if options.time is not None:
        check_number("--time", options.time)
    device = chosen_device(options)
    check_backends(options, device.type)
    session = new_session(options, device, has_antialias)
    if not keeps_clocks(options):
        view = session.at_time(view, options.frame, options.time)
    view = replace(view, camera=opening_camera(options, view, session.home_camera(view)))
    session.check(view)
    return session, view
