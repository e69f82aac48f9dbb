"""What a fill would take is shown under the pointer before the click, as the tolerance says."""

import numpy as np
import pytest

from app.model import materials
from app.model.avatar_row import AvatarRowState, BodyState
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.frames import FillPreview
from app.rendering.render_service import RenderService
from app.tools.paint import FillPointer
from app.tools.viewport import Viewport
from tests.app.tools.test_material_painting import SIZE, frame_of


class Asked:
    """A worker that notes requests and answers at once: the fill takes the lower half of the UV square."""

    def __init__(self) -> None:
        self.requests, self.fill_preview = [], None

    def preview_fill(self, request) -> None:
        self.requests.append(request)
        if request is not None:
            weights = np.zeros((16, 16), np.uint8)
            weights[8:] = 255
            self.fill_preview = FillPreview(*request.key[:2], request.stroke, weights)


@pytest.fixture
def store():
    state = ViewState(BodyState("a.ckpt"), avatar_row=AvatarRowState((BodyState("b.ckpt"),)))
    return Store(materials.take_tool(state, "fill"))


def set_state(store, edit):
    store.post(edit, "test")
    store.apply()


def test_the_fill_under_the_pointer_is_asked_for_with_the_settings_of_now(store):
    worker = Asked()
    pointer, viewport = FillPointer(store, worker), Viewport.of(frame_of(store.state), (SIZE, SIZE))
    preview = pointer.preview(viewport, (80.5, 90.5), False)
    assert (preview.avatar, preview.index) == ("b.ckpt", 1) and preview.stroke.points == ((0.805, 0.095),)
    set_state(store, lambda s: materials.adjust_fill(s, tolerance=0.3))
    assert pointer.preview(viewport, None, False).stroke.tolerance == 0.3, "the pointer is on the slider"
    assert pointer.preview(viewport, (80.5, 10.5), False) is None, "it goes elsewhere, where nothing is known"
    assert pointer.preview(viewport, (50.0, 50.0), False) is None and worker.requests[-1] is None


def test_a_drag_a_click_and_other_tools_end_it(store):
    worker = Asked()
    pointer, viewport = FillPointer(store, worker), Viewport.of(frame_of(store.state), (SIZE, SIZE))
    assert pointer.preview(viewport, (10.5, 90.5), False) is not None
    assert pointer.preview(viewport, (10.5, 90.5), True) is None
    assert pointer.preview(viewport, (11.5, 90.5), False) is not None
    set_state(store, lambda s: materials.fill_at(s, (0.115, 0.095)))
    assert pointer.preview(viewport, (11.5, 90.5), False) is None, "the new paint is to be seen"
    assert pointer.preview(viewport, (11.5, 90.5), False) is None
    assert pointer.preview(viewport, (12.5, 90.5), False) is not None
    set_state(store, lambda s: materials.take_tool(s, "brush"))
    assert pointer.preview(viewport, (13.5, 90.5), False) is None


def test_the_tint_lies_on_the_own_body_where_the_weights_are(store):
    weights = np.zeros((16, 16), np.uint8)
    weights[8:] = 200
    frame = frame_of(store.state)
    image = FillPreview("b.ckpt", 1, materials.StrokeState(), weights).image(frame)
    assert (image[SIZE // 2 :, 75:] == 200).all() and not image[: SIZE // 2].any() and not image[:, :75].any()


def test_the_service_previews_about_what_a_fill_takes(avatar_file):
    service = RenderService()
    state = ViewState(BodyState(str(avatar_file)))
    stroke = materials.next_fill(materials.edit_next_stroke(state, tolerance=2.0), (0.5, 0.45))
    preview = service.fill_preview(state, 0, stroke)
    assert preview.avatar == str(avatar_file) and preview.weights.max() == 255 and preview.covers((0.5, 0.45))
