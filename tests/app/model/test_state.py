"""The store: edits in order, gestures as one undo step, clip times that undo does not change."""

import threading
from dataclasses import replace

from app.model import cameras, edits
from app.model.avatar_row import advance_time
from app.model.exports import TurntableState
from app.model.joints import NUM_JOINTS
from app.model.lamps import LampState, add_lamp
from app.model.lights import LightState
from app.model.store import Store
from app.model.view_state import ViewState
from phynes_core import conventions


def exposure(value):
    return lambda state: edits.edit_display(state, exposure_ev=value)


def test_posted_edits_wait_for_apply_and_run_in_order():
    store = Store(ViewState())
    store.post(exposure(1.0), "exposure")
    store.post(lambda state: edits.edit_display(state, exposure_ev=state.display.exposure_ev + 1.0), "exposure")
    assert store.state.display.exposure_ev == 0.0
    assert store.apply()
    assert store.state.display.exposure_ev == 2.0
    assert not store.apply()


def test_a_drag_is_one_undo_step_and_the_next_drag_another():
    store = Store(ViewState())
    for stroke in ((1.0, 2.0, 3.0), (4.0, 5.0)):
        for value in stroke:
            store.post(exposure(value), "exposure")
        store.end_gesture()
    store.apply()
    assert store.undo() and store.state.display.exposure_ev == 3.0
    assert store.undo() and store.state.display.exposure_ev == 0.0
    assert not store.undo()
    assert store.redo() and store.redo() and store.state.display.exposure_ev == 5.0
    assert not store.redo()


def test_edits_of_two_kinds_are_two_steps():
    store = Store(ViewState())
    store.post(exposure(1.0), "exposure")
    store.post(add_lamp, "add lamp")
    store.apply()
    store.undo()
    assert store.state.light.lamps == () and store.state.display.exposure_ev == 1.0


def test_an_edit_after_undo_clears_redo():
    store = Store(ViewState())
    store.post(exposure(1.0), "a")
    store.apply()
    store.undo()
    store.post(exposure(2.0), "b")
    store.apply()
    assert not store.can_redo and store.can_undo


def test_edits_that_change_nothing_are_no_undo_step():
    store = Store(ViewState())
    store.post(exposure(0.0), "exposure")
    store.apply()
    assert not store.can_undo


def test_the_clip_time_is_no_undo_step_and_undo_does_not_change_it():
    store = Store(edits.edit_body(ViewState(), motion="walk", playing=True))
    store.post(exposure(1.0), "exposure")
    for _ in range(3):
        store.post(lambda state: advance_time(state, 0.25, {"walk": 10.0}), "clock", is_undoable=False)
    store.apply()
    store.undo()
    assert store.state.display.exposure_ev == 0.0
    assert store.state.body.time_s == 0.75 and store.state.body.playing


def test_posts_from_many_threads_all_arrive():
    store = Store(ViewState())

    def work():
        for _ in range(200):
            store.post(lambda state: edits.edit_body(state, time_s=state.body.time_s + 1.0), "count")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.apply()
    assert store.state.body.time_s == 800.0


def test_only_edits_that_change_the_frame_need_a_new_one():
    state = ViewState()
    same = [
        edits.edit_display(state, exposure_ev=2.0, curve="filmic", background=(1.0, 1.0, 1.0)),
        edits.edit_tool(state, selected_lamp=3, turntable=TurntableState(seconds=9.0)),
        edits.edit_body(state, playing=True),
    ]
    other = [
        edits.edit_display(state, buffer="albedo"),
        edits.edit_body(state, time_s=1.0),
        cameras.orbit(state, 5, 0),
        replace(state, light=LightState(lamps=(LampState(),))),
    ]
    assert all(changed.rendered == state.rendered for changed in same)
    assert all(changed.rendered != state.rendered for changed in other)


def test_constants_agree_with_the_engine():
    from app.model.display_settings import TONE_CURVES
    from app.model.lights import PROBE_COLUMNS, PROBE_ROWS
    from phynes_core.render.tonemap import TONE_CURVES as ENGINE_CURVES

    assert conventions.NUM_JOINTS == NUM_JOINTS
    assert (conventions.PROBE_ROWS, conventions.PROBE_COLUMNS) == (PROBE_ROWS, PROBE_COLUMNS)
    assert tuple(ENGINE_CURVES) == TONE_CURVES


def test_a_video_has_at_least_one_frame():
    assert TurntableState(seconds=4.0, fps=30).num_frames == 120
    assert TurntableState(seconds=0.001, fps=24).num_frames == 1


def test_undo_leaves_the_camera_alone_where_it_is_not_to_undo_it():
    undoes_camera = False
    store = Store(ViewState(), lambda: undoes_camera)
    store.post(add_lamp, "add lamp")
    store.end_gesture()
    store.post(lambda s: cameras.orbit(s, 30, 0), "orbit")
    store.apply()
    turned = store.state.camera
    assert store.undo() and not store.state.light.lamps and store.state.camera == turned
    assert not store.can_undo  # the orbit was no step
    assert store.redo() and len(store.state.light.lamps) == 1 and store.state.camera == turned
    undoes_camera = True
    store.post(lambda s: cameras.orbit(s, 30, 0), "orbit")
    store.apply()
    assert store.undo() and store.state.camera == turned
