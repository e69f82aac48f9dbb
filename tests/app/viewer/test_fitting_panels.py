"""Every panel fits where it stands at first, on screens of any size: no scrollbar beside empty space."""

import json
import subprocess
import sys

import pytest

from tests.app.desktop import PROJECT, WINDOW_MARKS

pytestmark = WINDOW_MARKS
SCREENS = ("1366x768@1", "1600x1000@1", "1920x1080@1", "3840x2160@2")
TOO_SMALL = "640x420@1"


@pytest.fixture(scope="module")
def overflow(desktop) -> dict[str, dict[str, list[float]]]:
    command = [sys.executable, "-m", "tests.app.fitting_panels", TOO_SMALL, *SCREENS]
    made = subprocess.run(command, cwd=PROJECT, env=desktop.environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout.splitlines()[-1])


@pytest.mark.parametrize("screen", SCREENS)
def test_no_panel_scrolls_at_first(overflow, screen):
    assert {title: pixels for title, pixels in overflow[screen].items() if any(pixels)} == {}


def test_panels_that_do_not_fit_are_found(overflow):
    assert overflow[TOO_SMALL]["Camera path"][0] > 50
