"""Pictures of an exported page in a real browser against the CPU's engine: the same view, light and pose."""

from typing import Any

import numpy as np
import pytest
import torch

from app.model.cameras import CameraState
from app.model.lamps import LampState
from app.model.lights import LightState
from app.model.view_state import BodyState, ViewState
from app.rendering.render_service import RenderService
from phynes_core.body.model import Pose
from phynes_core.export.page_packet import MOST_SOURCES
from phynes_core.frame.buffers import FrameBuffers
from phynes_core.frame.options import COARSE, RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.shipped_files import bundled_avatars, bundled_environments
from phynes_core.render.camera import orbit_camera
from phynes_core.render.ground import Ground
from phynes_core.render.lamps import AreaLamp, Lamp
from phynes_core.render.lighting import Lighting, one_light
from phynes_core.render.probes import Environment
from phynes_core.render.tonemap import TONE_CURVES, tonemap
from tests.app.web.shown_pages import chromium
from tests.export.page_browser import EnginePage, content_of, web_folder, write_page

SIZE = 256
LEAST_DB = 45.0  # measured: 109 to 121, of the floor 136; a hardware GPU rounds otherwise
SUN = {
    "kind": "sun", "azimuth": 40, "elevation": 35, "angle": 2, "position": [0, 0, 0], "radius": 0.1,
    "color": [1, 0.93, 0.8], "intensity": 6.28, "on": True,
}  # fmt: skip
ASIDE = {**SUN, "azimuth": 100}
NEAR = {**SUN, "kind": "near", "position": [0.6, 0.3, 0.9], "intensity": 3.0}
DARK = {"index": -1, "rotation": 0, "gain": 1}
SUNSET = {"index": 1, "rotation": 70, "gain": 1.3}
SCENES: list[tuple[str, str, dict[str, Any]]] = [  # six: light, lamps, floor and pose, of both avatars
    ("josh", "learned light", {}),
    ("josh", "environment with sources", {"environment": SUNSET}),
    ("josh", "sun", {"lamps": [SUN, {**SUN, "on": False, "azimuth": -90}]}),
    ("josh", "floor", {"environment": SUNSET, "lamps": [SUN], "floor": True}),
    ("ada", "lamp near the body", {"environment": DARK, "lamps": [NEAR]}),
    ("ada", "pose of a clip", {"clip": (0, 0.513), "lamps": [SUN]}),
]


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(browser, tmp_path_factory):
    """Pages by the avatar's name, opened once."""
    opened: dict[str, EnginePage] = {}
    folder = tmp_path_factory.mktemp("pages")
    (folder / "web").mkdir()
    web = web_folder(folder / "web")

    def page_of(name: str) -> EnginePage:
        if name not in opened:
            opened[name] = EnginePage(browser, write_page(web, name, folder / f"{name}.html"))
        return opened[name]

    yield page_of
    for name, page in opened.items():
        page.run("() => renderer.dispose()")  # which is no loss
        assert page.complaints == [], name
        assert page.run("() => said") == []
        assert page.requests == [page.address]


def view_of(page: EnginePage, changes: dict[str, Any]) -> dict[str, Any]:
    """A view as the page takes it."""
    view = {**page.home, "quality": "draft", "camera": {**page.home["camera"], "azimuth": 25, "elevation": 12}}
    changes = dict(changes)
    if clip := changes.pop("clip", None):
        placed = page.run("([clip, seconds]) => renderer.poseAt(clip, seconds)", list(clip))
        view["pose"] = {"rotations": placed["rotations"], "translation": placed["translation"]}
        view["camera"]["target"] = placed["target"]
    if changes.pop("floor", False):
        view["floor"] = {**page.home["floor"], "on": True}
    return view | changes


def expected_frame(name: str, view: dict[str, Any], size: int, one: str | None = None) -> FrameBuffers:
    """The CPU's frame of such a view; `one`: of the light of this name alone."""
    content = content_of(name)
    avatar, camera, surrounding = content.avatar, view["camera"], view["environment"]
    images = [avatar.light, *(light.image for light in content.lights)]
    suns = tuple(lamp for lamp in view["lamps"] if lamp["on"] and lamp["kind"] == "sun")
    near = tuple(lamp for lamp in view["lamps"] if lamp["on"] and lamp["kind"] == "near")
    lighting = Lighting(
        Environment(images[surrounding["index"]], surrounding["rotation"], surrounding["gain"])
        if surrounding["index"] >= 0 else None,
        tuple(
            Lamp(lamp["azimuth"], lamp["elevation"], lamp["intensity"], tuple(lamp["color"]), lamp["angle"])
            for lamp in suns
        ),
        area_lamps=tuple(
            AreaLamp(tuple(lamp["position"]), lamp["intensity"], tuple(lamp["color"]), lamp["radius"]) for lamp in near
        ),
    )  # fmt: skip
    if one is not None:
        lighting = one_light(lighting, one, MOST_SOURCES)
    floor = view["floor"]
    ground = Ground(floor["height"], tuple(floor["center"])) if floor["on"] else None
    rotations = torch.tensor(view["pose"]["rotations"]).float().view(24, 3)
    pose = Pose(rotations[1:], rotations[0], torch.tensor(view["pose"]["translation"]).float(), avatar.betas)
    target = torch.tensor(camera["target"])
    seen = orbit_camera(target, camera["azimuth"], camera["elevation"], camera["distance"], size, size, camera["fov"])
    options = RenderOptions(
        frozenset({"radiance", "albedo", "position", "visibility", "mask"}), lamp_samples=4, has_vertex_sources=True,
        freezes_materials=True, ground_grids=COARSE,
    )  # fmt: skip
    return FrameRenderer().render(Scene((PosedAvatar(avatar, pose),), seen, lighting, ground), options)


def decibels(shown: torch.Tensor, expected: torch.Tensor) -> float:
    error = (shown - expected).square().mean().clamp(min=1e-20)
    return float(10.0 * torch.log10(expected.max().square() / error))


@pytest.mark.parametrize(("name", "scene", "changes"), SCENES, ids=[f"{name} {scene}" for name, scene, _ in SCENES])
def test_a_page_shows_what_the_engine_renders(name, scene, changes, pages):
    page = pages(name)
    view = view_of(page, changes)
    expected = expected_frame(name, view, SIZE)
    for buffer in ("radiance", "albedo"):
        shown = page.buffer({**view, "buffer": buffer}, SIZE)
        assert decibels(shown[..., :3], expected.image(buffer)) >= LEAST_DB, buffer
        assert decibels(shown[..., 3:], expected.mask) >= LEAST_DB, buffer
    if view["floor"]["on"]:
        assert decibels(page.buffer(view, SIZE, "floor"), expected.ground) >= LEAST_DB


@pytest.mark.parametrize(
    ("changes", "lamp"),
    [
        ({"lamps": [NEAR, {**ASIDE, "on": False}, SUN], "shownLamp": 1}, ASIDE),
        ({"lamps": [{**NEAR, "position": [0.9, 0.6, -0.2]}], "shownLamp": 3}, None),
        ({"environment": SUNSET}, None),
        ({}, None),
    ],
    ids=["a lamp that is off", "a number that no lamp has", "the brightest source", "the brightest probe"],
)
def test_one_light_alone_is_that_of_the_engine(changes, lamp, pages):
    page = pages("josh")
    view = view_of(page, {**changes, "buffer": "light_visibility"})
    lit = view if lamp is None else {**view, "lamps": [lamp]}
    expected, shown = expected_frame("josh", lit, 96, one=""), page.buffer(view, 96)[..., :1]
    assert 0.1 < float(shown.sum() / expected.mask.sum()) < 0.9
    assert decibels(shown, expected.image("visibility")) >= LEAST_DB


def test_two_pages_draw_at_once_and_a_lamp_lights_its_side(pages):
    josh, ada = pages("josh"), pages("ada")
    dark = {"environment": DARK, "buffer": "shading"}
    josh.run("(view) => { globalThis.drawing = renderer.draw(view); }", view_of(josh, {}))
    for side in (-70, 70):
        shown = ada.buffer(view_of(ada, {**dark, "lamps": [{**SUN, "azimuth": side + 25}]}), 64)[..., 0]
        left, right = float(shown[:, :32].sum()), float(shown[:, 32:].sum())
        assert (right > 1.5 * left) if side > 0 else (left > 1.5 * right)
    josh.run("() => drawing")
    assert josh.run("() => [canvas.width, canvas.height]") == [64, 64]


def test_the_newest_view_wins_and_nothing_is_drawn_at_rest(pages):
    page = pages("josh")
    view = {**view_of(page, {}), "buffer": "normal"}
    script = """async (view) => {
        const { frames } = renderer;
        const show = frames.show.bind(frames);
        const shown = [];
        frames.show = (each, ...rest) => { shown.push(each.camera.azimuth); return show(each, ...rest); };
        const turned = (azimuth) => ({ ...view, camera: { ...view.camera, azimuth } });
        await Promise.all([renderer.draw(turned(1)), renderer.draw(turned(2)), renderer.draw(turned(3))]);
        await renderer.draw(turned(3));
        canvas.width = 40;
        await renderer.draw(turned(3));
        canvas.width = 64;
        frames.show = show;
        return shown;
    }"""
    assert page.run(script, view) == [3, 3]  # the newest; again when the size changes


def test_what_lies_under_the_pointer_is_found(pages):
    page = pages("josh")
    view = view_of(page, {"environment": DARK})
    page.run("(view) => renderer.draw(view)", view)
    hit = page.run("() => renderer.pick(32, 30)")
    position = expected_frame("josh", view, 64).position[30, 32]
    assert hit["kind"] == "body" and np.abs(np.array(hit["point"]) - position.numpy()).max() <= 1e-4
    assert page.run("() => renderer.pick(2, 2)") == {"kind": "nothing"}


def test_a_saved_picture_is_that_of_render(pages):
    """At the quality of files: the service behind `render`, its bytes for the sun's view, with and without alpha."""
    page, size = pages("josh"), 96
    view = view_of(page, {"environment": SUNSET, "lamps": [SUN]}) | {"exposure": -0.5, "curve": "filmic"}
    environment = str(bundled_environments()["sunset"])
    lamp = LampState(40.0, 35.0, 2.0, (1.0, 0.93, 0.8), 6.28)
    state = ViewState(
        BodyState(str(bundled_avatars()["josh"])), CameraState(25.0, 12.0, view["camera"]["distance"]),
        LightState("environment", environment, 70.0, 1.3, lamps=(lamp,)),
    )  # fmt: skip
    rendered = RenderService().buffers(state, size, frozenset({"radiance"}))
    light, mask = rendered.buffers.image("radiance"), rendered.buffers.mask
    values = tonemap(light / mask.clamp(min=1e-4), -0.5, "filmic")
    clear = page.pixels(view, size, size, alpha=True)
    assert np.abs(clear[..., 3] - 255.0 * mask[..., 0].numpy()).max() <= 1.0
    is_whole = mask[..., 0] > 0.99
    away = torch.from_numpy(clear[..., :3].astype(np.float32)) / 255.0 - values
    assert float(away[is_whole].abs().quantile(0.999)) <= 1.01 / 255.0
    shown = torch.from_numpy(page.pixels(view, size, size)[..., :3].astype(np.float32)) / 255.0
    over = torch.tensor(view["background"]) * (1.0 - mask) + values * mask
    assert decibels(shown, over) >= LEAST_DB


def test_the_tone_curves_are_those_of_the_engine(pages):
    page = pages("josh")
    view = view_of(page, {"environment": SUNSET})
    light = page.buffer({**view, "quality": "full"}, 32)
    is_whole = light[..., 3] > 0.99
    for curve in TONE_CURVES:
        shown = page.pixels({**view, "curve": curve, "exposure": 1.0}, 32, 32)
        expected = tonemap(light[..., :3], 1.0, curve)
        away = torch.from_numpy(shown[..., :3].astype(np.float32)) / 255.0 - expected
        assert float(away[is_whole].abs().max()) <= 0.51 / 255.0 + 1e-3, curve


def test_a_lost_device_is_said_and_a_new_renderer_goes_on(pages):
    page = pages("ada")
    view = {**view_of(page, {}), "buffer": "normal"}
    before = page.buffer(view, 32)
    page.run("async () => { const { device } = renderer.frames.gpu; device.destroy(); await device.lost; }")
    assert [line.partition(":")[0] for line in page.run("() => said.splice(0)")] == ["lost"]
    page.run("async () => { renderer.dispose(); renderer = await open(); }")
    assert torch.equal(page.buffer(view, 32), before)
