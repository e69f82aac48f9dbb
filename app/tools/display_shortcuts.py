"""The keys of looking: what lies over the picture, what is told about a pixel, and what stands right of the split."""

from app.model import comparison, display_settings, tools
from app.model.display_settings import BUFFERS
from app.tools.shortcut import Handler, Shortcut, edits_by


def _buffer(number: int, name: str) -> Shortcut:
    return Shortcut(
        (f"Shift+{number}",), f"compare {name}", "the same buffers right of the split",
        edits_by(lambda s: comparison.compare_buffer(s, name), "compare"),
    )  # fmt: skip


def _next_environment(steps: int) -> Handler:
    return lambda store, actions: store.post(
        lambda s: comparison.step_compared_environment(s, actions.environments(), steps), "compare"
    )


def _next_avatar(store, actions) -> None:
    store.post(lambda s: comparison.step_compared_avatar(s, actions.avatars()), "compare")


LOOK_SHORTCUTS = (
    *(_buffer(number, name) for number, name in enumerate(BUFFERS[:9], 1)),
    Shortcut(("Alt+N",), "compare avatar", "another avatar right of the split, in the same pose", _next_avatar),
    Shortcut(
        ("Alt+LEFT",), "compare light before", "another environment right of the split", _next_environment(-1)
    ),
    Shortcut(("Alt+RIGHT",), "compare next light", "another environment right of the split", _next_environment(1)),
    Shortcut(
        ("Alt+L",), "keep light", "the light of now stays right of the split, or is as on the left again",
        edits_by(comparison.keep_light, "compare"),
    ),
    Shortcut(
        ("T",), "readout", "tell the values of the pixel under the pointer",
        edits_by(tools.toggle_readout, "readout"),
    ),
    Shortcut(("U",), "loupe", "a loupe beside the pointer", edits_by(tools.toggle_loupe, "loupe")),
    Shortcut(
        ("Alt+U",), "magnify less", "the loupe magnifies less or more; so does Alt and the wheel",
        edits_by(lambda s: tools.magnify(s, -1), "loupe zoom", otherwise="The loupe magnifies no less"),
    ),
    Shortcut(
        ("Shift+U",), "magnify more", "the loupe magnifies less or more; so does Alt and the wheel",
        edits_by(lambda s: tools.magnify(s, 1), "loupe zoom", otherwise="The loupe magnifies no more"),
    ),
    Shortcut(("J",), "joints", "the skeleton over the picture", edits_by(display_settings.toggle_joints, "joints")),
    Shortcut(
        ("Shift+J",), "edges", "the mesh's edges over the picture",
        edits_by(display_settings.toggle_wireframe, "wireframe"),
    ),
)  # fmt: skip
