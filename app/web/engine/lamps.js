// Rays to lamps: even over a disc, always the same ones. The twin of phynes_core/render/lamps.py.

import { cross, normalized, orbitDirection, plus, radians, scaled } from "./vectors.js";

/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {{azimuth: number, elevation: number, angle: number, color: number[], intensity: number}} Disc degrees */
/** @typedef {{directions: Vector[], power: Vector[]}} Rays */

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
const WIDE_SOURCE = 4;
const STRONG_SOURCE = 0.1;

/** @param {Disc[]} lamps @param {number} samples of each @returns {Rays} */
export function lampRays(lamps, samples) {
    /** @type {Rays} */
    const rays = { directions: [], power: [] };
    for (const lamp of lamps) {
        const power = /** @type {Vector} */ (lamp.color.map((each) => (each * lamp.intensity) / samples));
        rays.directions.push(...directionsOf(lamp, samples));
        rays.power.push(...new Array(samples).fill(power));
    }
    return rays;
}

/** More rays for wide and strong sources of an environment. @param {Disc[]} sources @param {number} most @returns {Rays} */
export function sourceRays(sources, most) {
    const total = sources.reduce((sum, source) => sum + source.intensity, 0);
    const rays = sources.map((source) => {
        const width = Math.min(1, source.angle / WIDE_SOURCE);
        const share = Math.min(1, source.intensity / (STRONG_SOURCE * Math.max(total, 1e-12)));
        return lampRays([source], Math.max(1, Math.ceil(most * width * share)));
    });
    return { directions: rays.flatMap((each) => each.directions), power: rays.flatMap((each) => each.power) };
}

/** @param {Disc} lamp @param {number} count @returns {Vector[]} */
function directionsOf(lamp, count) {
    const axis = orbitDirection(lamp.azimuth, lamp.elevation);
    const tangent = normalized(cross(axis, Math.abs(axis[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
    const bitangent = cross(axis, tangent);
    const size = Math.tan(radians(lamp.angle));
    return Array.from({ length: count }, (_, at) => {
        const radius = count > 1 ? Math.sqrt((at + 0.5) / count) : 0; // a single ray goes to the middle
        const turn = at * GOLDEN_ANGLE;
        const across = plus(scaled(tangent, Math.cos(turn)), bitangent, Math.sin(turn));
        return normalized(plus(axis, across, radius * size));
    });
}
