// The part of a page's address that holds the view: "#v=1&camera=...". It may come from anyone.

import { BUFFERS, CURVES, MOST_LAMPS } from "../engine/view.js";
import { NUM_JOINTS, RANGES, within, wrapped } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").LampState} LampState */
/** @typedef {import("../engine/view.js").Vector} Vector */
/** @typedef {{environments: number, clips: number}} Held how many of the page's own a link may name */

const VERSION = "1";
const LONGEST = 6000; // characters
const NUMBER = /^-?\d{1,6}(\.\d{1,6})?$/;
const ANGLE = [-180, 180];
const UNIT = [0, 1];
/** Kind, then the ranges of azimuth, elevation, disc, distance, radius, red, green, blue, intensity, on. */
const LAMP = [ANGLE, RANGES.elevation, RANGES.angle, RANGES.near, RANGES.radius, UNIT, UNIT, UNIT, RANGES.intensity, UNIT];

/**
 * @param {State} state @param {State} plain what is left out @param {State} first what the page begins with @param {Held} held
 * @returns {string} without "#"; "" for what the page begins with
 */
export function linkOf(state, plain, first, held) {
    const text = textOf(state, plain, held);
    return text === textOf(first, plain, held) ? "" : `v=${VERSION}&${text}`;
}

/** @param {State} state @param {State} plain @param {Held} held @returns {string} */
function textOf(state, plain, held) {
    /** @type {[string, string][]} */
    const parts = [["camera", cameraNumbers(state)]];
    if (state.clip.index >= 0) {
        const { index, time, speed, playing } = state.clip;
        parts.push(["clip", joined([index, time, speed, Number(playing)])]);
    }
    state.turns.forEach((angles, joint) => angles.some(Boolean) && parts.push(["joint", joined([joint, ...angles])]));
    if (state.light.index < held.environments) {
        parts.push(["light", joined([state.light.index, state.light.rotation, state.light.gain])]);
    }
    for (const lamp of state.lamps) {
        parts.push(["lamp", `${lamp.kind},${joined([
            lamp.azimuth, lamp.elevation, lamp.angle, lamp.distance, lamp.radius, ...lamp.color, lamp.intensity, Number(lamp.on),
        ])}`]);
    }
    if (state.floor.on) {
        parts.push(["floor", joined([state.floor.shadow, state.floor.reflection])]);
    }
    parts.push(["show", `${state.buffer},${state.curve},${joined([state.exposure])}`]);
    if (state.buffer === "light_visibility" && state.shownLamp >= 0) {
        parts.push(["one", joined([state.shownLamp])]);
    }
    if (state.background !== plain.background) {
        parts.push(["background", joined(state.background)]);
    }
    return parts.map(([name, value]) => `${name}=${value}`).join("&");
}

/** @param {State} state @returns {string} */
function cameraNumbers({ camera: { azimuth, elevation, distance, fov, pan } }) {
    return joined([azimuth, elevation, distance, fov, ...pan]);
}

/**
 * The state that a link holds. What cannot be read is left as in `plain`; numbers are brought into their ranges.
 * @param {string} link with or without "#" @param {State} plain @param {Held} held
 * @returns {State | null} null where it is no link of ours
 */
export function stateOf(link, plain, held) {
    const text = link.replace(/^#/, "");
    const pairs = text.length <= LONGEST ? text.split("&").map((part) => part.split("=")) : [];
    if (!pairs.some(([name, value]) => name === "v" && value === VERSION)) {
        return null;
    }
    let state = plain;
    for (const [name, value] of pairs) {
        const read = Object.hasOwn(READERS, name) && value !== undefined ? READERS[name](state, value, held) : null;
        state = read ?? state;
    }
    return state;
}

/**
 * The same state on a page that holds others: dropped lights come behind its own; a clip that is missing is none.
 * @param {State} state @param {Held} from @param {Held} to @returns {State}
 */
export function movedTo(state, from, to) {
    const { light, clip } = state;
    const index = light.index < from.environments ? Math.min(light.index, to.environments - 1)
        : light.index - from.environments + to.environments;
    const isThere = clip.index < to.clips;
    return { ...state, light: { ...light, index }, clip: isThere ? clip : { ...clip, index: -1, playing: false } };
}

/** @type {Record<string, (state: State, text: string, held: Held) => State | null>} null: it cannot be read */
const READERS = {
    camera(state, text) {
        const ranges = [ANGLE, RANGES.elevation, RANGES.distance, RANGES.fov, RANGES.pan, RANGES.pan, RANGES.pan];
        const read = numbers(text, ranges);
        return read && { ...state, camera: {
            azimuth: wrapped(read[0]), elevation: read[1], distance: read[2], fov: read[3], pan: [read[4], read[5], read[6]],
        } };
    },
    clip(state, text, { clips }) {
        const read = numbers(text, [[0, clips - 1], [0, 1e6], RANGES.speed, UNIT]);
        return read && clips > 0 && Number.isInteger(read[0])
            ? { ...state, clip: { ...state.clip, index: read[0], time: read[1], speed: read[2], playing: read[3] === 1 } } : null;
    },
    joint(state, text) {
        const read = numbers(text, [[0, NUM_JOINTS - 1], ANGLE, ANGLE, ANGLE]);
        if (read === null || !Number.isInteger(read[0])) {
            return null;
        }
        const turns = state.turns.map((angles, joint) => (joint === read[0] ? /** @type {Vector} */ (read.slice(1)) : angles));
        return { ...state, turns };
    },
    light(state, text, { environments }) {
        const read = numbers(text, [[-1, environments - 1], ANGLE, RANGES.gain]);
        return read && Number.isInteger(read[0])
            ? { ...state, light: { index: read[0], rotation: wrapped(read[1]), gain: read[2] } } : null;
    },
    lamp(state, text) {
        const [kind, ...rest] = text.split(",");
        const read = numbers(rest.join(","), LAMP);
        if (read === null || (kind !== "sun" && kind !== "near") || state.lamps.length >= MOST_LAMPS) {
            return null;
        }
        const [azimuth, elevation, angle, distance, radius, red, green, blue, intensity, on] = read;
        const lamp = /** @type {LampState} */ (
            { kind, azimuth: wrapped(azimuth), elevation, angle, distance, radius, color: [red, green, blue], intensity, on: on === 1 }
        );
        return { ...state, lamps: [...state.lamps, lamp] };
    },
    floor(state, text) {
        const read = numbers(text, [RANGES.share, RANGES.share]);
        return read && { ...state, floor: { on: true, shadow: read[0], reflection: read[1] } };
    },
    show(state, text) {
        const [buffer, curve, ...rest] = text.split(",");
        const shown = BUFFERS.find((name) => name === buffer);
        const chosen = CURVES.find((name) => name === curve);
        const read = numbers(rest.join(","), [RANGES.exposure]);
        return read && shown && chosen ? { ...state, buffer: shown, curve: chosen, exposure: read[0] } : null;
    },
    one(state, text) {
        const read = numbers(text, [[0, MOST_LAMPS - 1]]);
        return read && Number.isInteger(read[0]) ? { ...state, shownLamp: read[0] } : null;
    },
    background(state, text) {
        const read = numbers(text, [UNIT, UNIT, UNIT]);
        return read && { ...state, background: /** @type {Vector} */ (read) };
    },
};

/** One number for each range, brought into it; null where there are others. @param {string} text @param {number[][]} ranges @returns {number[] | null} */
function numbers(text, ranges) {
    const parts = text.split(",");
    if (parts.length !== ranges.length || !parts.every((part) => NUMBER.test(part))) {
        return null;
    }
    return parts.map((part, at) => within(Number(part), ranges[at]));
}

/** @param {number[]} values @returns {string} */
function joined(values) {
    return values.map((value) => String(Number(value.toFixed(4)))).join(",");
}
