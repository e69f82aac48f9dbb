"""From options to how one looks: overlays, colors, and what stands right of the line."""

from dataclasses import replace

from app.arguments import check_number
from app.cli import UsageError
from app.compare_edits import compare_avatar, compare_buffer, compare_light
from app.light_rigs import load_rig
from app.looking_options import LookingOptions
from app.opening_light import sky_of
from app.overlay_lines import OVERLAYS
from app.state import BUFFERS, LightState, ViewState
from phynes_core.avatar.checkpoint import resolve_avatar_path

KINDS = ("buffer", "avatar", "probe", "rig")


def with_looking(options: LookingOptions, view: ViewState) -> ViewState:
    """The view with what the options add to how it is looked at; raises PhynesError."""
    if options.wipe is not None:
        check_number("--wipe", options.wipe, 0.0, 1.0)
    names = [name.strip() for name in options.overlay.split(",") if name.strip()]
    if unknown := [name for name in names if name not in OVERLAYS]:
        raise UsageError(f"--overlay: expected some of {', '.join(OVERLAYS)}, got {unknown[0]!r}")
    look = view.look
    look = replace(
        look,
        has_false_color=look.has_false_color or options.false_color,
        has_wireframe=look.has_wireframe or "wireframe" in names,
        has_joints=look.has_joints or "joints" in names,
        wipe=look.wipe if options.wipe is None else options.wipe,
    )
    return _compared(replace(view, look=look), _entries(options.compare))


def _compared(view: ViewState, entries: dict[str, str]) -> ViewState:
    if "buffer" in entries:
        view = compare_buffer(view, entries["buffer"])
    if "avatar" in entries:
        view = compare_avatar(view, str(resolve_avatar_path(entries["avatar"]).resolve()))
    if "probe" in entries or "rig" in entries:
        view = compare_light(view, _light(view.light, entries))
    return view


def _light(light: LightState, entries: dict[str, str]) -> LightState:
    """The left side's light but for what is named: a rig's lamps and sky first, then the probe."""
    if "rig" in entries:
        lamps, sky = load_rig(entries["rig"])
        light = replace(light if sky is None else sky, lamps=lamps)
    if "probe" in entries:
        sky = sky_of(entries["probe"])
        light = replace(light, mode=sky.mode, environment=sky.environment, probe_edits=())
    return light


def _entries(texts: tuple[str, ...]) -> dict[str, str]:
    """Kind -> name, of KINDS."""
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
