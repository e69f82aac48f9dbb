"""What an artist is promised, line by line, with the tests that hold it; `windows` in a name: in real windows."""

import ast

import pytest

from tests.app.desktop import PROJECT

PROMISES: dict[str, tuple[str, ...]] = {
    # two windows that act as one
    "keys reach the same commands from either window": (
        "viewer/test_command_windows.py::test_keys_work_while_the_controls_have_the_focus",
        "viewer/test_command_windows.py::test_held_keys_fly_from_the_controls",
    ),
    "a file dropped on the controls does what it does on the picture": (
        "viewer/test_first_session_windows.py::test_a_file_that_is_dropped_on_the_controls_is_opened",
    ),
    "minimizing and closing": (
        "viewer/test_window_pair.py::test_minimizing_and_showing_one_takes_the_other_along_and_no_click_is_lost",
        "viewer/test_windows.py::test_closing_the_panels_ends_the_viewer",
    ),
    "raising one raises both, and a maximized picture leaves the controls in reach": (
        "viewer/test_window_pair.py::test_raising_one_raises_both_and_the_keyboard_stays",
        "viewer/test_window_pair.py::test_a_maximized_picture_leaves_the_controls_in_reach",
    ),
    "one window holds the picture and the panels": (
        "viewer/test_one_window.py::test_one_window_holds_a_large_picture_and_the_panels_beside_it",
        "viewer/test_one_window.py::test_the_lamp_and_the_camera_are_dragged",
    ),
    "the layout fills the screen that it opens on, and no panel scrolls": (
        "viewer/test_fitting_panels.py::test_no_panel_scrolls_at_first",
        "viewer/test_window_areas.py::test_on_ordinary_screens_both_windows_are_whole_apart_and_fill_it",
    ),
    "a resize is painted, whoever causes it": (
        "viewer/test_first_session_windows.py::test_a_window_that_another_program_resizes_is_painted",
    ),
    "names on the picture, and the slider's line over anything": (
        "viewer/test_first_session_windows.py::test_names_and_the_line_of_the_comparison_are_seen",
        "viewer/test_notices.py::test_what_is_being_made_is_said_below_the_names_of_the_picture",
    ),
    # hands
    "the wheel zooms to the pointer; views of head, bust, hands, feet": (
        "viewer/test_first_session_windows.py::test_the_wheel_zooms_to_the_pointer_and_parts_of_the_body_are_framed",
    ),
    "a double click or F frames, and keeps the direction": (
        "viewer/test_windows.py::test_a_double_click_frames_what_is_there_and_f_all_of_it",
        "viewer/test_one_window.py::test_a_double_click_frames_what_is_there",
    ),
    "a lamp behind the body looks so and gets there; aim; keys": (
        "viewer/test_first_session_windows.py::test_a_lamp_goes_behind_the_body_and_shines_where_it_is_aimed",
        "tools/test_lamp_handles.py::test_a_pointer_that_leaves_the_outline_and_returns_moves_the_lamp_behind",
        "tools/test_aim.py::test_a_sun_shines_straight_or_is_mirrored_where_the_pointer_is",
    ),
    "solo and mute": ("model/test_lamp_edits.py::test_solo_lamps_shine_alone_and_muted_ones_never",),
    "near lamps with a translate gizmo": (
        "tools/test_near_lamps.py::test_a_drag_of_an_axis_moves_the_lamp_along_it_under_the_pointer",
    ),
    "all of a lamp's controls fit its panel": ("viewer/test_fitting_panels.py::test_no_panel_scrolls_at_first",),
    "an exposure that fits the light, once, and does not clip": (
        "viewer/test_first_session_windows.py::test_the_exposure_fits_another_light_once_and_is_the_persons_own_after",
        "viewer/test_exposure.py::test_highlights_do_not_clip_and_the_body_is_not_dark",
        "viewer/test_exposure.py::test_the_preference_switches_it_off",
    ),
    "fill takes what a person means, with a preview": (
        "viewer/test_first_session_windows.py::test_a_fill_is_previewed_under_the_pointer_and_made_by_a_click",
        "tools/test_fill_pointer.py::test_the_service_previews_about_what_a_fill_takes",
    ),
    "another avatar is asked for, comes without paint, and leaves the light": (
        "viewer/test_body_windows.py::test_four_avatars_stand_side_by_side_and_a_click_chooses_one",
        "model/test_avatar_row.py::test_a_new_body_comes_without_the_paint_of_the_active_one",
        "model/test_avatar_row.py::test_captured_light_stays_that_of_the_avatar_it_was_chosen_for",
    ),
    "a new clip drops the mix; one Play button; a timeline": (
        "model/test_avatar_row.py::test_another_clip_drops_what_was_mixed_into_the_one_before",
        "panels/test_panels.py::test_a_clip_can_be_chosen_and_played_by_one_button",
        "viewer/test_body_windows.py::test_the_clip_is_scrubbed_on_the_strip_and_played_with_the_space_bar",
    ),
    "undo leaves the camera alone": (
        "viewer/test_first_session_windows.py::test_undo_takes_back_the_light_and_leaves_the_view",
    ),
    # files
    "native dialogs, and ours as the fallback": (
        "viewer/test_system_dialogs.py::test_a_cancel_says_nothing_and_a_failure_shows_the_own_one",
        "files/test_native_dialogs.py::test_each_program_is_asked_in_its_own_words",
        "viewer/test_closing_windows.py::test_save_as_keeps_the_name_and_asks_before_it_replaces",
    ),
    "dialogs start where the last was, take typed paths, Enter confirms, natural order": (
        "panels/popups/test_file_dialog.py::test_the_next_dialog_opens_where_the_last_one_was",
        "panels/popups/test_file_dialog.py::test_an_absolute_path_and_a_folder_may_be_typed_as_the_name",
        "panels/popups/test_file_dialog.py::test_names_are_sorted_as_people_count",
    ),
    "a browser of environments by folder, with thumbnails and favorites": (
        "viewer/test_first_session_windows.py::test_the_browser_of_environments_lights_by_arrows_and_enter",
        "panels/popups/test_light_browser.py::test_a_star_keeps_a_favorite_that_is_shown_while_its_file_is_there",
    ),
    "messages": ("viewer/test_notices.py::test_messages_fade_and_errors_stay_longer",),
    "preferences, among them keys, theme and size": (
        "panels/test_preferences_panel.py::test_every_preference_can_be_changed",
        "viewer/test_command_windows.py::test_a_key_that_is_chosen_runs_its_command_until_all_are_as_at_first",
        "viewer/test_windows.py::test_the_controls_can_be_light_and_large",
        "tools/test_navigation.py::test_every_drag_of_the_table_does_what_it_says",
    ),
    # at first sight and while moving
    "it opens on something one wants to look at": (
        "viewer/test_first_session_windows.py::test_it_opens_in_a_pose_before_a_key_light_on_a_floor_from_three_quarters",
    ),
    "options give the bare start": ("viewer/test_windows.py::test_it_opens_on_the_avatar_under_the_captured_light",),
    "edges are smooth while things move, and finer at rest": (
        "rendering/test_render_service.py::test_edges_are_smooth_in_quarters_while_things_move_and_finer_at_rest",
    ),
    "what is done comes before a picture at rest that is being made": (
        "rendering/test_interruptions.py::test_a_deed_comes_before_the_rest_of_a_picture_at_rest",
    ),
    "files show the picture one sees": ("commands/test_shown_pictures.py::test_a_file_equals_the_windows_picture",),
    "a guided start, done by doing, skippable, never twice": (
        "viewer/test_first_session_windows.py::test_the_guide_goes_on_by_deeds_and_comes_only_once",
        "viewer/test_guide.py::test_each_step_is_done_by_doing_it",
    ),
    "help texts say what an option does when given": (
        "commands/test_cli.py::test_help_of_every_command_shows_examples_and_says_what_an_option_does_when_given",
    ),
}


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_has_tests_that_are_there(promise):
    for test in PROMISES[promise]:
        path, _, name = test.partition("::")
        tree = ast.parse((PROJECT / "tests" / "app" / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
