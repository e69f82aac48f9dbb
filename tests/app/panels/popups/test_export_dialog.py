"""The window of File, Export: its widgets edit the settings, follow them, and start or cancel."""

from dataclasses import replace

import dearpygui.dearpygui as dpg

from app.model.status import Message, RecordingStatus, Status
from app.options.command_lines import CommandTexts
from app.rendering.exports.avatar_export import FORMATS
from app.tools.commands.context import EXPORT_AVATAR


def opened(bench):
    dialog = dpg.get_item_user_data(EXPORT_AVATAR)
    dialog.open(800)
    return dialog


def test_every_widget_edits_its_setting(bench):
    opened(bench)
    settings = bench.use("export.kind", FORMATS[""].title).tool.avatar_export
    assert settings.path == "avatar"
    assert bench.use("export.kind", FORMATS[".glb"].title).tool.avatar_export.path == "avatar.glb"
    assert bench.use("export.path", " out/josh.glb ").tool.avatar_export.path == "out/josh.glb"
    assert bench.use("export.clips", "all of the library").tool.avatar_export.clips == "all"
    assert bench.use("export.texture_size", "4096").tool.avatar_export.texture_size == 4096
    assert bench.use("export.pose_morphs", 8).tool.avatar_export.pose_morphs == 8
    assert bench.use("export.mesh_format", "obj").tool.avatar_export.mesh_format == "obj"
    assert bench.use("export.texture_format", "exr").tool.avatar_export.texture_format == "exr"
    assert bench.use("export.has_licensed_body", True).tool.avatar_export.has_licensed_body


def test_only_what_the_format_uses_is_shown(bench):
    def is_shown(name):
        return dpg.get_item_configuration(f"export.{name}")["show"]

    bench.use("export.kind", FORMATS[".glb"].title)
    assert is_shown("pose_morphs") and not is_shown("mesh_format")
    bench.use("export.kind", FORMATS[""].title)
    assert not is_shown("pose_morphs") and is_shown("mesh_format") and is_shown("texture_format")


def test_enter_exports_and_cancels_what_runs(bench):
    dialog = opened(bench)
    dialog.key("RETURN")
    assert bench.calls[-1] == "exports.export_avatar"
    running = Status(recording=RecordingStatus("running", 3, 10, "avatar.glb", noun="avatar"))
    bench.exports.is_running = True
    bench.show(status=running)
    assert dpg.get_item_label("export.start") == "Cancel"
    assert "3 of 10" in dpg.get_item_configuration("export.progress")["overlay"]
    dialog.key("RETURN")
    assert bench.calls[-1] == "exports.cancel"
    dialog.key("ESCAPE")
    assert not dialog.is_open


def test_what_it_cost_and_the_command_line_are_shown(bench):
    opened(bench)
    done = Status(
        recording=RecordingStatus("done", 10, 10, "avatar.glb", noun="avatar"),
        messages=(Message("avatar.glb: four weights a vertex cost 0.1 mm", False, 0.0),),
    )
    bench.show(status=done, command_lines=replace(CommandTexts(), avatar="python launch.py export"))
    assert "four weights" in dpg.get_value("export.said")
    assert dpg.get_value("export.command") == "python launch.py export"
