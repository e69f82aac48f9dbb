"""A person's first session in the real windows: no settings, no options, and the preferences of a new user."""

import copy

import numpy as np
import pytest

from phynes_core.io.radiance_files import write_hdr
from tests.app.desktop import WINDOW_MARKS, Viewer

pytestmark = WINDOW_MARKS
HEAD, CHEST, PELVIS = 15, 9, 0


@pytest.fixture(scope="module")
def viewer(desktop, avatar_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    own = copy.copy(desktop)
    own.environment = desktop.environment | {"XDG_CONFIG_HOME": str(folder / "settings")}
    viewer = Viewer(own, folder, avatar_file, arguments=("--avatar", str(avatar_file)))
    yield viewer
    viewer.stop()


def over(viewer: Viewer, joint: int) -> tuple[int, int]:
    """Move the pointer over a joint; returns where it is in the picture's window."""
    x, y = viewer.settled()["joints_px"][0][joint]
    left, top = viewer.origin("picture")
    viewer.desktop.pointer("mousemove", round(left + x), round(top + y))
    return round(x), round(y)


def test_it_opens_in_a_pose_before_a_key_light_on_a_floor_from_three_quarters(viewer):
    event = viewer.settled()
    assert event["light"][0] == "environment" and len(event["lamps"]) == 1
    assert event["held"] and event["surroundings"][1]
    assert 10 < abs(event["camera"][0]) < 80
    viewer.keep("first_picture")


def test_the_guide_goes_on_by_deeds_and_comes_only_once(viewer):
    welcomed = viewer.folder / "settings" / "phynes-viewer" / "welcomed"
    before = viewer.settled()
    height = viewer.picture().shape[0]
    first = viewer.picture()[round(0.93 * height) : round(0.98 * height)].astype(int)
    viewer.drag("picture", (20, 0.3 * height), (70, 0.3 * height))
    viewer.settled(lambda event: event["camera"][0] != before["camera"][0])

    def has_other_text():
        return np.abs(viewer.picture()[round(0.93 * height) : round(0.98 * height)].astype(int) - first).max() > 100

    viewer.wait("the second step", has_other_text)
    assert not welcomed.exists()
    viewer.key("Escape")
    viewer.wait("the end of the guide", welcomed.exists)


def test_undo_takes_back_the_light_and_leaves_the_view(viewer):
    lamps = viewer.settled()["lamps"]
    viewer.key("ctrl+Right")
    viewer.settled(lambda event: event["lamps"] != lamps)
    viewer.key("alt+1")
    turned = viewer.settled(lambda event: event["camera"][0] == 0.0)["camera"]
    viewer.key("ctrl+z")
    assert viewer.settled(lamps=lamps)["camera"] == turned


def test_the_wheel_zooms_to_the_pointer_and_parts_of_the_body_are_framed(viewer):
    before = viewer.settled()["camera"]
    x, y = over(viewer, HEAD)
    viewer.desktop.pointer("click", "--repeat", "3", "--delay", "80", "4")
    near = viewer.settled(lambda event: event["camera"][2] < 0.9 * before[2])
    assert near["joints_px"][0][HEAD] == pytest.approx([x, y], abs=8.0)
    viewer.key("alt+0")
    feet = viewer.settled(lambda event: event["camera"] != near["camera"])["camera"]
    viewer.key("alt+7")
    head = viewer.settled(lambda event: event["camera"] != feet)["camera"]
    assert head[4] > feet[4] + 1.0 and head[:2] == near["camera"][:2]
    viewer.key("f")
    viewer.settled(lambda event: event["camera"][2] > 2.0 * head[2])


def test_a_lamp_goes_behind_the_body_and_shines_where_it_is_aimed(viewer):
    lamp = viewer.settled()["lamps"][0]
    viewer.key("ctrl+b")
    behind = viewer.settled(lambda event: event["lamps"][0] != lamp)["lamps"][0]
    assert np.cos(np.deg2rad(behind[0])) < 0.1
    viewer.keep("lamp_behind")
    viewer.key("ctrl+a")
    point = over(viewer, CHEST)
    viewer.drag("picture", point, point)
    aimed = viewer.settled(lambda event: event["lamps"][0] != behind)["lamps"][0]
    assert np.cos(np.deg2rad(aimed[0])) > 0.3  # the chest faces the front


def test_the_exposure_fits_another_light_once_and_is_the_persons_own_after(viewer):
    before = viewer.settled()
    viewer.key("Right")
    fitted = viewer.settled(lambda e: e["light"] != before["light"] and e["exposure_ev"] != before["exposure_ev"])
    viewer.drag("panels", viewer.point("view.exposure", 0.5), viewer.point("view.exposure", 0.6))
    viewer.settled(lambda event: event["exposure_ev"] != fitted["exposure_ev"])
    own = []
    for turn in (5.0, 10.0):
        viewer.key("shift+Right")
        own.append(viewer.settled(lambda event, turn=turn: event["light"][2] == turn)["exposure_ev"])
    assert own[0] == own[1] != fitted["exposure_ev"]


def test_a_fill_is_previewed_under_the_pointer_and_made_by_a_click(viewer):
    viewer.key("2")
    viewer.settled(buffer="albedo")
    viewer.key("shift+g")
    over(viewer, PELVIS)
    plain = viewer.picture().astype(int)
    x, y = over(viewer, CHEST)
    viewer.wait("a preview", lambda: (np.abs(viewer.picture().astype(int) - plain).max(-1) > 12).sum() > 50)
    viewer.drag("picture", (x, y), (x, y))
    viewer.settled(lambda event: event["materials"][1] == 1)
    viewer.key("ctrl+z")
    viewer.settled(lambda event: event["materials"][1] == 0)
    viewer.key("Escape", "1")


def test_a_file_that_is_dropped_on_the_controls_is_opened(viewer):
    path = viewer.folder / "blue.hdr"
    write_hdr(path, np.full((16, 32, 3), (0.2, 0.6, 1.5), np.float32))
    viewer.drop(path, window="panels")
    viewer.settled(lambda event: event["light"][:2] == ["environment", str(path)])


def test_the_browser_of_environments_lights_by_arrows_and_enter(viewer):
    before = viewer.settled()["light"]
    viewer.key("ctrl+shift+p")
    viewer.wait("the palette", lambda: viewer.last("widgets")["value"].get("palette.text"))
    viewer.desktop.pointer("type", "browse environments")
    viewer.desktop.pointer("key", "Return")
    viewer.wait("the palette closed", lambda: not viewer.last("widgets")["value"].get("palette.text"))
    viewer.desktop.pointer("key", "Right")
    viewer.desktop.pointer("key", "Return")
    viewer.settled(lambda event: event["light"] != before)
    viewer.keep("browser")
    viewer.desktop.pointer("key", "Escape")


def test_names_and_the_line_of_the_comparison_are_seen(viewer):
    viewer.settled()

    def corner() -> np.ndarray:
        picture = viewer.picture().astype(int)
        return picture[4 : round(0.05 * len(picture)), 8 : picture.shape[1] // 4]

    assert np.ptp(corner()) > 80  # letters
    viewer.key("shift+t")
    viewer.wait("no names", lambda: np.ptp(corner()) < 40)
    viewer.key("shift+t", "c")
    viewer.settled(lambda event: event["compare"][0])
    middle = viewer.picture().astype(int)[20, viewer.picture().shape[1] // 2 - 12 :][:24].mean(-1)
    assert middle.max() > 200 and middle.min() < 60  # light between dark edges
    viewer.keep("compared")
    viewer.key("c")


def test_a_window_that_another_program_resizes_is_painted(viewer):
    viewer.settled()
    width, height = viewer.picture().shape[1] - 120, viewer.picture().shape[0] - 90
    viewer.desktop.pointer("windowsize", viewer.windows["picture"], width, height)

    def is_painted():
        picture = viewer.picture()
        return picture.shape[:2] == (height, width) and all(
            part.std() > 4 for part in np.array_split(picture[height // 5 : -height // 5, width // 3 : -width // 3], 3)
        )

    viewer.wait("the whole body in the smaller window", is_painted)
    x = viewer.settled()["joints_px"][0][PELVIS][0]
    assert x == pytest.approx(width / 2, abs=0.1 * width)
