"""Memory does not grow: over thousands of frames in which everything changes, and from avatar to avatar."""

import gc
import shutil
import statistics
import sys
import weakref
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.model.avatar_row import BodyState
from app.model.cameras import CameraState
from app.model.lamps import add_lamp
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.rendering.posed_row import MAX_KEPT
from app.rendering.render_service import RenderService
from app.viewer.event_record import resident_mb
from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import BodyModel
from phynes_core.io.shipped_files import ASSETS
from tests.app.desktop import WINDOW_MARKS, Desktop, Viewer

SIZE = 64
MOST_GROWTH = 1.02
MOST_GROWTH_AT_FIRST = 1.05  # of a run so short that windows and drivers still fill their caches
NUM_AVATARS = 20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/PID/statm")


def in_windows(test):
    for mark in WINDOW_MARKS:
        test = mark(test)
    return test


def growth(measured: list[float]) -> float:
    """Median of a run's last fifth over that of its second fifth, which follows the warm-up."""
    fifth = len(measured) // 5
    return statistics.median(measured[-fifth:]) / statistics.median(measured[fifth : 2 * fifth])


def described(measured: list[float]) -> str:
    fifth = len(measured) // 5
    medians = [statistics.median(measured[start : start + fifth]) for start in range(0, 5 * fifth, fifth)]
    return f"resident, fifth by fifth: {', '.join(f'{mb:.1f}' for mb in medians)} MB"


def everything_changes(avatar: Path, count: int) -> Iterable[tuple[ViewState, bool]]:
    """Views and whether they are final: environment, lamp and camera change in each frame, the pose in every third."""
    environments = [LightState("environment", str(path)) for path in sorted((ASSETS / "probes").glob("*.exr"))[:3]]
    body = BodyState(str(avatar), str(ASSETS / "motions" / "walk.npz"))
    for index in range(count):
        light = replace(environments[index // 10 % len(environments)], yaw_deg=float(7 * index % 360 - 180))
        state = add_lamp(ViewState(replace(body, time_s=index // 3 % 30 / 30), light=light))
        lamp = replace(state.light.lamps[0], azimuth_deg=float(11 * index % 360 - 180))
        camera = CameraState(azimuth_deg=float(5 * index % 360 - 180), distance_m=3.6)
        yield replace(state, camera=camera, light=replace(state.light, lamps=(lamp,))), index % 20 == 19


def memory_of_frames(avatar: Path, count: int, device: str = "cpu") -> list[float]:
    service, measured = RenderService(device=torch.device(device)), []
    for state, is_final in everything_changes(avatar, count):
        service.render(state, SIZE, is_final)
        measured.append(resident_mb() if device == "cpu" else torch.cuda.memory_allocated() / 2**20)
    return measured


def test_three_hundred_frames_do_not_grow_memory(avatar_file):
    measured = memory_of_frames(avatar_file, 300)
    assert growth(measured) < MOST_GROWTH, described(measured)


@pytest.mark.soak
def test_ten_thousand_frames_do_not_grow_memory(avatar_file):
    measured = memory_of_frames(avatar_file, 10_000)
    print(described(measured))
    assert growth(measured) < MOST_GROWTH, described(measured)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_three_hundred_frames_do_not_grow_a_gpus_memory(avatar_file):
    measured = memory_of_frames(avatar_file, 300, "cuda")
    assert growth(measured) < MOST_GROWTH, described(measured)


def alive(kind: type) -> "weakref.WeakSet":
    gc.collect()
    return weakref.WeakSet(found for found in gc.get_objects() if type(found) is kind)


def test_twenty_avatars_one_after_the_other_are_freed(avatar_file, tmp_path):
    """All but the last MAX_KEPT avatars, which the cache holds; and these with the service."""
    before = {kind: len(alive(kind)) for kind in (Avatar, BodyModel)}
    service, measured = RenderService(), []
    for number in range(NUM_AVATARS):
        path = tmp_path / f"avatar{number}.ckpt"
        shutil.copy(avatar_file, path)
        service.render(ViewState(BodyState(str(path), detail="on")), SIZE)
        measured.append(resident_mb())
    kept = {kind: len(alive(kind)) - before[kind] for kind in before}
    assert kept[Avatar] == MAX_KEPT
    assert kept[BodyModel] <= 1  # they share the one that ships
    assert measured[-1] < MOST_GROWTH * measured[MAX_KEPT + 1], f"resident after each: {measured}"
    del service
    assert {kind: len(alive(kind)) - before[kind] for kind in before} == {Avatar: 0, BodyModel: 0}


def memory_of_windows(avatar: Path, folder: Path, count: int) -> list[float]:
    """Play the clip while the camera is dragged and keys are pressed, until `count` pictures were drawn."""
    desktop = Desktop()
    desktop.environment["PHYNES_TEST_SHOTS"] = str(folder)
    viewer = None
    try:
        viewer = Viewer(desktop, folder, avatar)
        viewer.key("l")
        viewer.settled(lambda event: event["lamps"])  # includes the memory of a picture at full quality
        viewer.key("space")
        trace, measured, drawn, offset = folder / "trace.jsonl", [], 0, 0
        height, width = viewer.picture().shape[:2]
        while drawn < count:
            with trace.open() as file:
                file.seek(offset)
                lines = file.readlines()
            offset += sum(len(line.encode()) for line in lines)
            drawn += sum('"kind": "shown"' in line for line in lines)
            across = 0.3 + 0.4 * (len(measured) % 2)
            viewer.drag("picture", (width * across, height * 0.9), (width * (1 - across), height * 0.85))
            viewer.key("period" if len(measured) % 2 else "comma")
            measured.append(resident_mb(viewer.process.pid))
            assert viewer.process.poll() is None, (folder / "output.txt").read_text()
        return measured
    finally:
        if viewer is not None:
            viewer.stop()
        desktop.close()


@in_windows
def test_windows_that_play_and_are_dragged_in_do_not_grow_memory(avatar_file, tmp_path):
    measured = memory_of_windows(avatar_file, tmp_path, 100)
    assert growth(measured) < MOST_GROWTH_AT_FIRST, described(measured)


@pytest.mark.soak
@in_windows
def test_ten_thousand_pictures_in_windows_do_not_grow_memory(avatar_file, tmp_path):
    measured = memory_of_windows(avatar_file, tmp_path, 10_000)
    print(described(measured))
    assert growth(measured) < MOST_GROWTH, described(measured)
