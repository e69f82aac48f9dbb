"""The surroundings of the avatar: backdrop, floor, chrome and gray ball."""

import dearpygui.dearpygui as dpg

from app.model import lights
from app.model.fields import range_of
from app.model.lights import Surroundings
from app.panels.panel import PanelContext, Snapshot, show_value, tooltip
from app.panels.widgets import slider

BACKDROP_LABELS = {
    "color": "Color", "checker": "Checkerboard", "blurred": "Light, out of focus", "environment": "Light",
    "none": "Nothing (clear in files)",
}  # fmt: skip


class SurroundingsPanel:
    """Backdrop, floor, chrome and gray ball."""

    title = "Stage"

    def __init__(self, context: PanelContext) -> None:
        self._context = context

    def build(self) -> None:
        """A combo, two checkboxes, two sliders."""
        dpg.add_combo(
            tuple(BACKDROP_LABELS.values()), label="behind", tag="surroundings.backdrop", width=190,
            callback=lambda _, label: self._edit(
                "backdrop", next(name for name, text in BACKDROP_LABELS.items() if text == label)
            ),
        )  # fmt: skip
        tooltip("surroundings.backdrop", "What is seen behind the avatar ({light.backdrop} in the picture).")
        with dpg.group(horizontal=True):
            dpg.add_checkbox(
                label="floor", tag="surroundings.ground", callback=lambda _, on: self._edit("has_ground", on)
            )
            self._slider("ground_shadow", "Share of the shadow that is shown.")
            self._slider("ground_reflection", "Of the body in the floor, seen from straight above.")
        tooltip(
            "surroundings.ground",
            "A floor that catches the shadow and a faint reflection ({light.floor} in the picture).",
        )
        dpg.add_checkbox(
            label="chrome and gray ball", tag="surroundings.balls", callback=lambda _, on: self._edit("has_balls", on)
        )
        tooltip(
            "surroundings.balls",
            "A mirror and an 18 % gray ball under the present light ({light.balls} in the picture).",
        )

    def sync(self, snapshot: Snapshot) -> None:
        """Show the surroundings."""
        surroundings = snapshot.state.surroundings
        show_value("surroundings.backdrop", BACKDROP_LABELS[surroundings.backdrop])
        show_value("surroundings.ground", surroundings.has_ground)
        show_value("surroundings.balls", surroundings.has_balls)
        for name in ("ground_shadow", "ground_reflection"):
            show_value(f"surroundings.{name}", float(getattr(surroundings, name)))

    def _slider(self, name: str, hint: str) -> None:
        slider(
            f"surroundings.{name}",
            range_of(Surroundings, name),
            lambda value: self._edit(name, value),
            width=118,
            clamped=True,
        )
        tooltip(f"surroundings.{name}", f"{hint} Ctrl+click to type.")

    def _edit(self, name: str, value: object) -> None:
        self._context.post(lambda s: lights.edit_surroundings(s, **{name: value}), f"surroundings {name}")
