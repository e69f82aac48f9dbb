"""Links that hold a view: they give it again, and those of strangers do no harm."""

import random

import pytest

from tests.app.web.modules import run_modules

SETUP = """
import { linkOf, stateOf } from "web/page/link.js";
import { firstState } from "web/page/state.js";
import { addLamp, turnJoint, withLampKind, withLight } from "web/page/edits.js";
const renderer = { home: { camera: { distance: 3.75, fov: 30 }, floor: { shadow: 1, reflection: 0.15 } } };
const first = firstState(renderer, false);
const held = { environments: 4, clips: 2 };
"""


@pytest.fixture
def read(tmp_path):
    def read(links: list[str]) -> list[dict | None]:
        return run_modules(tmp_path, SETUP + "answer(given.map((link) => stateOf(link, first, held)));", links)

    return read


def test_a_link_gives_its_view_again(tmp_path):
    script = """
    let state = addLamp(addLamp(withLight(first, { index: 2, rotation: -170.5, gain: 1.25 })));
    state = withLampKind(state, 1, "near");
    state = turnJoint({ ...state, mirrors: true }, 16, [10, -20.25, 30]);
    state = { ...state, mirrors: false, lamp: 0, floor: { on: true, shadow: 0.5, reflection: 0 },
        buffer: "light_visibility", shownLamp: 1, curve: "agx", exposure: -1.5, background: [1, 0.5, 0],
        clip: { ...state.clip, index: 1, time: 0.75, speed: 0.5, playing: true },
        camera: { azimuth: -33.25, elevation: 12.5, distance: 2.125, fov: 50, pan: [0.1, -0.25, 0.0625] } };
    const link = linkOf(state, first, first, held);
    answer({ state, read: stateOf("#" + link, first, held), link, fresh: linkOf(first, first, first, held) });
    """
    found = run_modules(tmp_path, SETUP + script)
    for state in (found["state"], found["read"]):
        for lamp in state["lamps"]:
            lamp["intensity"] = round(lamp["intensity"], 3)
    assert found["read"] == found["state"]
    assert found["fresh"] == "" and set(found["link"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789=,.&-_")


def test_a_light_that_was_dropped_is_left_out(tmp_path):
    script = "answer(linkOf(withLight(first, { index: 7 }), first, first, held));"
    assert "light=" not in run_modules(tmp_path, SETUP + script)


def test_numbers_are_brought_into_their_ranges(read):
    (state,) = read(
        ["v=1&camera=9999,9999,0,0,0,0,999999&show=radiance,linear,99&lamp=sun,0,95,0,0,9,9,-1,0.5,99999,1"]
    )
    assert state["camera"] == {"azimuth": -180, "elevation": 89, "distance": 0.4, "fov": 5, "pan": [0, 0, 100]}
    assert state["exposure"] == 6
    lamp = state["lamps"][0]
    assert (lamp["elevation"], lamp["angle"], lamp["color"], lamp["intensity"]) == (89, 0.1, [1, 0, 0.5], 20)


@pytest.mark.parametrize(
    "part",
    [
        "camera=NaN,0,3,30,0,0,0", "camera=Infinity,0,3,30,0,0,0", "camera=1e9,0,3,30,0,0,0", "camera=1,2,3", "camera=",
        "camera", "light=1.5,0,1", "light=x,0,1", "lamp=laser,0,0,1,1,0,1,1,1,1,1", "lamp=sun", "clip=0.5,0,1,1",
        "show=secret,linear,0", "show=radiance,<img src=x>,0", "show=__proto__,linear,0", "joint=24.5,0,0,0",
        "joint=a,0,0,0", "background=1,1", "__proto__=1", "constructor=1", "toString=1", "hasOwnProperty=1,1", "v=2",
        "=", "floor=1,a",
        "camera=0x10,0,3,30,0,0,0", "camera= 1,0,3,30,0,0,0", "camera=1_0,0,3,30,0,0,0",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_left_as_it_was(read, part):
    whole, changed = read(["v=1", f"v=1&{part}"])
    assert changed == whole


def test_what_is_no_link_of_ours_changes_nothing(read):
    assert read(["", "#", "section", "v=2&camera=1,1,1,30,0,0,0", "v=1" + "&" * 7000, "%76=1"]) == [None] * 6


def test_a_link_holds_at_most_eight_lamps(read):
    (state,) = read(["v=1" + "&lamp=sun,0,0,1,1,0,1,1,1,1,1" * 20])
    assert len(state["lamps"]) == 8


def test_random_links_give_states_that_can_be_drawn(read):
    """2,000 mutations of a good link: numbers stay finite and in range."""
    rng = random.Random(0)
    good = "v=1&camera=10,5,3,30,0,0,0&clip=1,0.5,1,1&joint=3,1,2,3&light=2,10,1"
    good += "&lamp=near,1,2,3,1,0.1,1,1,1,5,1&show=uv,aces,1"
    letters = "0123456789.,-=&ev#%+ \t<>\"'\u0660\uff11abcsunear"
    links = []
    for _ in range(2000):
        link = list(good)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(4, len(link))  # behind the version
            link[at : at + rng.randint(0, 2)] = rng.choices(letters, k=rng.randint(0, 3))
        links.append("".join(link))
    for state in read(links):
        camera, light = state["camera"], state["light"]
        assert 0.4 <= camera["distance"] <= 60 and 5 <= camera["fov"] <= 90 and -89 <= camera["elevation"] <= 89
        assert light["index"] in range(-1, 4) and state["clip"]["index"] in (-1, 0, 1)
        assert len(state["turns"]) == 24 and all(-180 <= angle <= 180 for turn in state["turns"] for angle in turn)
