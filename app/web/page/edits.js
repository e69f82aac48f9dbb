// Edits: functions from state to state, named and bounded as those of app/model/.

import { cross, orbitAngles, orbitDirection, plus, scaled } from "../engine/vectors.js";
import { BUFFERS, MOST_LAMPS, newLamp } from "../engine/view.js";
import { NUM_JOINTS, RANGES, within, wrapped } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").LampState} LampState */
/** @typedef {import("../engine/view.js").Vector} Vector */
/** @typedef {{width: number, height: number}} Size of the picture, in pixels of the page */

const ORBIT_DEG_PER_PX = 0.4;
const TURN_DEG_PER_PX = 0.4;
const ZOOM_PER_NOTCH = 0.9;
const LAMP_AZIMUTHS = [40, -60, 150, -140, 90, 0, 180, -20]; // of new lamps, relative to the camera
const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 4];
/** Azimuth and elevation; left and right are the body's own. @type {Record<string, [number, number]>} */
export const VIEWS = {
    front: [0, 0], left: [90, 0], back: [180, 0], right: [-90, 0], top: [0, 89], below: [0, -89],
};
const PAIRS = [[1, 2], [4, 5], [7, 8], [10, 11], [13, 14], [16, 17], [18, 19], [20, 21], [22, 23]];
const OPPOSITE = new Map(PAIRS.flatMap(([left, right]) => [[left, right], [right, left]]));

/** @param {State} state @param {Partial<State["camera"]>} changes @returns {State} */
export function withCamera(state, changes) {
    return { ...state, camera: { ...state.camera, ...changes } };
}

/** @param {State} state @param {number} times @returns {State} */
export function farther(state, times) {
    return withCamera(state, { distance: within(state.camera.distance * times, RANGES.distance) });
}

/** So that the avatar follows the pointer. @param {State} state @param {number} dx @param {number} dy pixels @returns {State} */
export function orbit(state, dx, dy) {
    const { azimuth, elevation } = state.camera;
    return withCamera(state, {
        azimuth: wrapped(azimuth - dx * ORBIT_DEG_PER_PX),
        elevation: within(elevation + dy * ORBIT_DEG_PER_PX, RANGES.elevation),
    });
}

/** Right, up and forward; unit, world. @param {State["camera"]} camera @returns {{right: Vector, up: Vector, forward: Vector}} */
export function axesOf(camera) {
    const forward = scaled(orbitDirection(camera.azimuth, camera.elevation), -1);
    const right = orbitDirection(camera.azimuth + 90, 0);
    return { right, up: cross(right, forward), forward };
}

/** Pixels for a metre that is one metre away. @param {State["camera"]} camera @param {number} height @returns {number} */
export function focalOf(camera, height) {
    return (0.5 * height) / Math.tan((camera.fov * Math.PI) / 360);
}

/** So that the orbited point follows the pointer. @param {State} state @param {number} dx @param {number} dy @param {Size} size @returns {State} */
export function panned(state, dx, dy, size) {
    const { right, up } = axesOf(state.camera);
    const metres = state.camera.distance / focalOf(state.camera, size.height);
    return withCamera(state, { pan: boundedPan(plus(plus(state.camera.pan, right, -dx * metres), up, dy * metres)) });
}

/**
 * Closer for positive notches; what is under the pointer stays there.
 * @param {State} state @param {number} notches @param {{x: number, y: number}} pointer @param {Size} size @returns {State}
 */
export function zoomed(state, notches, pointer, size) {
    const { camera } = state;
    const distance = within(camera.distance * ZOOM_PER_NOTCH ** notches, RANGES.distance);
    const { right, up } = axesOf(camera);
    const metres = (camera.distance - distance) / focalOf(camera, size.height);
    const across = (pointer.x - 0.5 * size.width) * metres;
    const down = (pointer.y - 0.5 * size.height) * metres;
    return withCamera(state, { distance, pan: boundedPan(plus(plus(camera.pan, right, across), up, -down)) });
}

/** @param {Vector} pan @returns {Vector} */
function boundedPan(pan) {
    return /** @type {Vector} */ (pan.map((metres) => within(metres, RANGES.pan)));
}

/** Another lens, from where the avatar keeps its size. @param {State} state @param {number} fov degrees @returns {State} */
export function withFov(state, fov) {
    const [before, after] = [state.camera.fov, fov].map((angle) => Math.tan((angle * Math.PI) / 360));
    return withCamera(state, { fov, distance: within((state.camera.distance * before) / after, RANGES.distance) });
}

/** @param {State} state @param {string} name of VIEWS @returns {State} */
export function viewFrom(state, name) {
    const [azimuth, elevation] = VIEWS[name];
    return withCamera(state, { azimuth: wrapped(azimuth), elevation });
}

/** @param {State} state @param {Partial<State["light"]>} changes @returns {State} */
export function withLight(state, changes) {
    return { ...state, light: { ...state.light, ...changes } };
}

/** @param {State} state @param {number} degrees @returns {State} */
export function turnLight(state, degrees) {
    return withLight(state, { rotation: wrapped(state.light.rotation + degrees) });
}

/** Dragged to the right, a light in front of the avatar moves to the right. @param {State} state @param {number} dx @returns {State} */
export function dragLight(state, dx) {
    return turnLight(state, dx * TURN_DEG_PER_PX);
}

/** After the last comes the first. @param {State} state @param {number} steps @param {number} count of environments @returns {State} */
export function stepLight(state, steps, count) {
    return withLight(state, { index: (state.light.index + steps + count) % count });
}

/** @param {State} state @returns {State} */
export function addLamp(state) {
    if (state.lamps.length >= MOST_LAMPS) {
        return state;
    }
    const { position, ...lamp } = newLamp();
    const azimuth = wrapped(state.camera.azimuth + LAMP_AZIMUTHS[state.lamps.length]);
    return { ...state, lamps: [...state.lamps, { ...lamp, distance: 1.5, azimuth }], lamp: state.lamps.length };
}

/** @param {State} state @param {number} index @returns {State} */
export function removeLamp(state, index) {
    const lamps = state.lamps.filter((_, at) => at !== index);
    return { ...state, lamps, lamp: Math.max(0, Math.min(state.lamp, lamps.length - 1)) };
}

/** @param {State} state @param {number} index @param {Partial<LampState>} changes @returns {State} */
export function withLamp(state, index, changes) {
    return { ...state, lamps: state.lamps.map((lamp, at) => (at === index ? { ...lamp, ...changes } : lamp)) };
}

/** @param {State} state @param {number} index @param {number} azimuth @param {number} elevation @returns {State} */
export function moveLamp(state, index, azimuth, elevation) {
    const moved = withLamp(state, index, {
        azimuth: wrapped(azimuth), elevation: within(elevation, RANGES.elevation),
    });
    return { ...moved, lamp: index };
}

/** The same irradiance at the pelvis. @param {State} state @param {number} index @param {LampState["kind"]} kind @returns {State} */
export function withLampKind(state, index, kind) {
    const lamp = state.lamps[index];
    const squared = lamp.distance ** 2;
    return lamp.kind === kind ? state
        : withLamp(state, index, { kind, intensity: kind === "near" ? lamp.intensity * squared : lamp.intensity / squared });
}

/** Behind the avatar, or before it again; as far to the side. @param {State} state @returns {State} */
export function lampToOtherSide(state) {
    const lamp = state.lamps[state.lamp];
    const aside = lamp && wrapped(lamp.azimuth - state.camera.azimuth);
    return lamp ? moveLamp(state, state.lamp, lamp.azimuth + 180 - 2 * aside, lamp.elevation) : state;
}

/** @param {State} state @param {Partial<State["clip"]>} changes @returns {State} */
export function withClip(state, changes) {
    return { ...state, clip: { ...state.clip, ...changes } };
}

/** @param {State} state @param {number} index @returns {State} */
export function chooseClip(state, index) {
    return withClip(state, { index, time: 0, playing: index >= 0 });
}

/** @param {State} state @param {number} steps @returns {State} */
export function changeSpeed(state, steps) {
    const near = SPEEDS.map((speed) => Math.abs(speed - state.clip.speed));
    const index = within(near.indexOf(Math.min(...near)) + steps, [0, SPEEDS.length - 1]);
    return withClip(state, { speed: SPEEDS[index] });
}

/** The clip's time after some seconds of real time. @param {State} state @param {number} seconds @param {number} duration @returns {State} */
export function advanced(state, seconds, duration) {
    const { clip } = state;
    const time = clip.time + seconds * clip.speed;
    if (clip.loops && duration > 0) {
        return withClip(state, { time: ((time % duration) + duration) % duration });
    }
    const playing = clip.playing && time > 0 && time < duration;
    return withClip(state, { time: within(time, [0, duration]), playing });
}

/** @param {State} state @param {number} joint @param {Vector} angles @returns {State} */
export function turnJoint(state, joint, angles) {
    const turns = [...state.turns];
    turns[joint] = angles;
    const other = OPPOSITE.get(joint);
    if (state.mirrors && other !== undefined) {
        turns[other] = [angles[0], -angles[1], -angles[2]];
    }
    return { ...state, turns };
}

/** @param {State} state @returns {State} */
export function resetJoints(state) {
    return { ...state, turns: Array.from({ length: NUM_JOINTS }, () => /** @type {Vector} */ ([0, 0, 0])) };
}

/**
 * light_visibility begins with the selected lamp, and goes to the next one each time.
 * @param {State} state @param {number} index of BUFFERS @returns {State}
 */
export function showBuffer(state, index) {
    const buffer = BUFFERS[index];
    if (buffer === undefined || buffer !== "light_visibility") {
        return buffer === undefined || buffer === state.buffer ? state : { ...state, buffer };
    }
    const isNext = state.buffer === buffer && state.shownLamp >= 0;
    const shownLamp = isNext ? (state.shownLamp + 1) % state.lamps.length : state.lamp;
    return { ...state, buffer, shownLamp: state.lamps.length ? shownLamp : -1 };
}

/** Look at a point of the world. @param {State} state @param {Vector} point @param {Vector} target that is orbited without pan @returns {State} */
export function lookAt(state, point, target) {
    return withCamera(state, { pan: boundedPan(plus(point, target, -1)) });
}

/** @param {Vector} direction @returns {{azimuth: number, elevation: number}} */
export function anglesTo(direction) {
    return orbitAngles(direction);
}
