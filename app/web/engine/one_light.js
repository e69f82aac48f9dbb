// One light alone, white and bright: what the buffer light_visibility shows. The twin of phynes_core/render/lighting.py:one_light.

import { probePower } from "./environments.js";

/** @typedef {import("./environments.js").Environment} Environment */
/** @typedef {import("./bright_sources.js").Source} Source */
/** @typedef {import("./view.js").Lamp} Lamp */

const ROWS = 16;
const COLUMNS = 32;
const LUMINANCE = [0.2126, 0.7152, 0.0722];
const WHITE = { color: /** @type {import("./view.js").Vector} */ ([1, 1, 1]), intensity: 1, on: true };

/**
 * The light that a view is lit by; `name` stands for the directions of what is around.
 * @typedef {{environment: Environment | null, rotation: number, gain: number, lamps: Lamp[], sources: Source[], name: string}} Parts
 */

/**
 * One lamp, seen even when it is off; where there is none of this number, the first lamp that is on, else the brightest
 * source, else the brightest probe.
 * @param {Parts} all @param {number} number of a lamp, or -1 @returns {Parts}
 */
export function litByOne({ environment, rotation, gain, lamps, sources }, number) {
    const source = sources.length ? sunOf(sources[0]) : undefined;
    const lamp = lamps[number] ?? lamps.find(({ kind, on }) => on && kind === "sun") ?? lamps.find(({ on }) => on) ?? source;
    const parts = { rotation: 0, gain: 1, sources: [] };
    if (lamp) {
        return { ...parts, environment: null, lamps: [{ ...lamp, ...WHITE }], name: "" };
    }
    const cell = environment ? brightest(probePower(environment, rotation, gain)) : 0;
    const rows = new Float32Array(3 * ROWS * COLUMNS).fill(1, 3 * cell, 3 * cell + 3);
    const picture = { width: 0, height: 0, rgba: new Uint8ClampedArray() };
    const alone = { name: "", columns: COLUMNS, rows, sources: [], picture };
    return { ...parts, environment: alone, lamps: [], name: `probe ${cell}` };
}

/** @param {Source} source @returns {Lamp} */
function sunOf({ azimuth, elevation, angle }) {
    return { kind: "sun", azimuth, elevation, angle, position: [0, 0, 0], radius: 0, ...WHITE };
}

/** @param {Float32Array} power [512][3] @returns {number} */
function brightest(power) {
    let [most, best] = [-Infinity, 0];
    for (let cell = 0; cell < ROWS * COLUMNS; cell++) {
        const luminance = LUMINANCE.reduce((sum, weight, channel) => sum + weight * power[3 * cell + channel], 0);
        if (luminance > most) {
            [most, best] = [luminance, cell];
        }
    }
    return best;
}
