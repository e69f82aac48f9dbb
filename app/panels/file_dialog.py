"""Dialogs that ask for a file: all of one look, and none answers without a path."""

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app.panels.theme import ACCENT

WIDTH_PX, HEIGHT_PX = 600, 440


def add_file_dialog(
    tag: str,
    label: str,
    suffixes: tuple[str, ...],  # the chosen one is added to a name without any
    answer: Callable[[str], None],  # takes the path
    name: str = ".",  # what is typed already
    together: str = "",  # what to call files of any of the suffixes, where all are listed at first
) -> None:
    """Build a dialog; `dpg.show_item` asks."""

    def answered(_: object, chosen: dict) -> None:
        if path := chosen.get("file_path_name", ""):
            answer(path)

    with dpg.file_dialog(
        show=False, modal=True, tag=tag, width=WIDTH_PX, height=HEIGHT_PX, label=label, default_filename=name,
        callback=answered,
    ):  # fmt: skip
        if together:
            patterns = " ".join(f"*{suffix}" for suffix in suffixes)
            dpg.add_file_extension(f"{together} ({patterns}){{{','.join(suffixes)}}}", color=(*ACCENT, 255))
        for suffix in suffixes:
            dpg.add_file_extension(suffix, color=(*ACCENT, 255))
