"""The options for the display (false color, overlays) and for the comparison, and the view made from them."""

from dataclasses import dataclass, replace
from typing import Annotated

import tyro

from app.files.light_rigs import load_rig
from app.model.comparison import compare_avatar, compare_buffer, compare_light
from app.model.display_settings import BUFFERS, OVERLAYS, DisplaySettings
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.options.arguments import UsageError, check_field
from app.options.light import light_of_probe


@dataclass(frozen=True, kw_only=True)
class DisplayOptions:
    """False color, overlays and comparison."""

    false_color: bool = False
    """Numbers as colors with a legend, for buffers that hold one."""
    overlay: Annotated[str, tyro.conf.arg(metavar="wireframe,joints")] = ""
    """Lines over the picture: the mesh's edges where they are seen, the skeleton, or both."""
    compare: tuple[str, ...] = ()
    """What is shown right of a line in the picture: the name of a buffer, avatar=NAME in the same pose, probe=NAME
    (as --probe) or rig=NAME (as --rig). Repeatable: the right side differs in all of them."""
    wipe: float | None = None
    """Where the line is, as a share of the picture's width; the session's, or 0.5."""


KINDS = ("buffer", "avatar", "probe", "rig")


def with_display_options(options: DisplayOptions, view: ViewState) -> ViewState:
    """The view with the display and the comparison of the options; raises PhynesError."""
    if options.wipe is not None:
        check_field("--wipe", options.wipe, DisplaySettings, "slider")
    names = [name.strip() for name in options.overlay.split(",") if name.strip()]
    if unknown := [name for name in names if name not in OVERLAYS]:
        raise UsageError(f"--overlay: expected some of {', '.join(OVERLAYS)}, got {unknown[0]!r}")
    display = view.display
    display = replace(
        display,
        has_false_color=display.has_false_color or options.false_color,
        has_wireframe=display.has_wireframe or "wireframe" in names,
        has_joints=display.has_joints or "joints" in names,
        slider=display.slider if options.wipe is None else options.wipe,
    )
    return _compared(replace(view, display=display), _entries(options.compare))


def _compared(view: ViewState, entries: dict[str, str]) -> ViewState:
    if "buffer" in entries:
        view = compare_buffer(view, entries["buffer"])
    if "avatar" in entries:
        from phynes_core.avatar.checkpoint import resolve_avatar_path

        view = compare_avatar(view, str(resolve_avatar_path(entries["avatar"]).resolve()))
    if "probe" in entries or "rig" in entries:
        view = compare_light(view, _light(view.light, entries))
    return view


def _light(light: LightState, entries: dict[str, str]) -> LightState:
    """The left picture's light, changed first by the rig, then by the probe, where they are named."""
    if "rig" in entries:
        lamps, surrounding = load_rig(entries["rig"])
        light = replace(light if surrounding is None else surrounding, lamps=lamps)
    if "probe" in entries:
        surrounding = light_of_probe(entries["probe"])
        light = replace(light, mode=surrounding.mode, environment=surrounding.environment, probe_edits=())
    return light


def _entries(texts: tuple[str, ...]) -> dict[str, str]:
    """The texts of --compare as kind (of KINDS) -> name; raises UsageError."""
    entries: dict[str, str] = {}
    for text in texts:
        kind, has_name, name = text.partition("=")
        kind, name = (kind, name) if has_name else ("buffer", text)
        if kind not in KINDS or not name or (kind == "buffer" and name not in BUFFERS):
            raise UsageError(
                f"--compare: expected one of {', '.join(BUFFERS)}, or avatar=NAME, probe=NAME or rig=NAME, got {text!r}"
            )
        if kind in entries:
            raise UsageError(f"--compare: expected one {kind} for the right side, got {entries[kind]!r} and {name!r}")
        entries[kind] = name
    return entries
