// Lat-long pictures of the surrounding light, and the 512 probes of them. The twin of phynes_core/render/probes.py.

import { brightSources } from "./bright_sources.js";
import { latlongDirection, solidAngle } from "./latlong.js";

/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {import("./packet.js").Packet} Packet */
/** @typedef {import("./bright_sources.js").Source} Source */

/**
 * @typedef {object} Environment
 * @property {string} name
 * @property {number} columns
 * @property {Float32Array} rows means over 16 zones of the sphere, bright sources taken out: [16][columns][3]
 * @property {Source[]} sources
 * @property {{width: number, height: number, rgba: Uint8ClampedArray}} picture small, for a menu
 */

/** @typedef {{name: string, width: number, height: number, radiance: Float32Array}} RadianceImage lat-long, linear */

const ROWS = 16;
const COLUMNS = 32;
const PICTURE_ROWS = 48;
const MOST_SOURCES = 8;

/** @param {Packet} packet @returns {Environment[]} */
export function storedEnvironments(packet) {
    return packet.head.lights.map((/** @type {any} */ light, /** @type {number} */ number) => {
        const rows = /** @type {Float32Array} */ (packet.arrays.get(`light${number}.rows`));
        const rgb = /** @type {Uint8Array} */ (packet.arrays.get(`light${number}.picture`));
        const [width, height] = light.picture;
        const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
        for (let at = 0; at < width * height; at++) {
            rgba.set(rgb.subarray(3 * at, 3 * at + 3), 4 * at);
        }
        return { name: light.name, columns: light.columns, rows, sources: light.sources, picture: { width, height, rgba } };
    });
}

/** What a dropped picture becomes. @param {RadianceImage} image @returns {Environment} */
export function environmentOf(image) {
    const { name, width, height, radiance } = image;
    if (width !== 2 * height || radiance.length !== 3 * width * height) {
        throw new Error(`${name}: expected a picture twice as wide as high, got ${width} x ${height}`);
    }
    const { rest, sources } = width > 2 * COLUMNS
        ? brightSources(radiance, width, height, MOST_SOURCES) : { rest: radiance, sources: [] };
    return { name, columns: width, rows: rowMeans(rest, width, height), sources, picture: smallPicture(image) };
}

/** @returns {Float32Array} directions of the probes, row by row from the top, [512][3] */
export function probeDirections() {
    const directions = new Float32Array(3 * ROWS * COLUMNS);
    for (let cell = 0; cell < ROWS * COLUMNS; cell++) {
        const [row, column] = [Math.floor(cell / COLUMNS), cell % COLUMNS];
        directions.set(latlongDirection((column + 0.5) / COLUMNS, (row + 0.5) / ROWS), 3 * cell);
    }
    return directions;
}

/**
 * Irradiance that each probe gives to a surface facing it, exact for any rotation.
 * @param {Environment} environment @param {number} rotation degrees @param {number} gain
 * @returns {Float32Array} [512][3], row by row from the top
 */
export function probePower(environment, rotation, gain) {
    const { columns, rows } = environment;
    const power = new Float32Array(3 * ROWS * COLUMNS);
    const overlap = columnOverlap(columns, -rotation / 360);
    for (let row = 0; row < ROWS; row++) {
        const scale = gain * solidAngle(row, ROWS, COLUMNS);
        for (const { source, target, share } of overlap) {
            const from = 3 * (row * columns + source);
            const to = 3 * (row * COLUMNS + target);
            for (let channel = 0; channel < 3; channel++) {
                power[to + channel] += scale * share * rows[from + channel];
            }
        }
    }
    return power;
}

/**
 * Share of each source column, moved right by `shift` turns, in each of the probes' columns.
 * @param {number} columns @param {number} shift @returns {{source: number, target: number, share: number}[]}
 */
function columnOverlap(columns, shift) {
    const found = [];
    const moved = ((shift % 1) + 1) % 1;
    for (let source = 0; source < columns; source++) {
        for (const turn of [0, -1]) {
            const left = source / columns + moved + turn;
            const right = left + 1 / columns;
            const first = Math.max(0, Math.floor(left * COLUMNS));
            for (let target = first; target < COLUMNS && target / COLUMNS < right; target++) {
                const width = Math.min(right, (target + 1) / COLUMNS) - Math.max(left, target / COLUMNS);
                if (width > 0) {
                    found.push({ source, target, share: width * COLUMNS });
                }
            }
        }
    }
    return found;
}

/** @param {Float32Array} radiance @param {number} width @param {number} height @returns {Float32Array} [16][width][3] */
function rowMeans(radiance, width, height) {
    const means = new Float32Array(3 * ROWS * width);
    const edge = (/** @type {number} */ row, /** @type {number} */ rows) => Math.cos((row * Math.PI) / rows);
    for (let zone = 0; zone < ROWS; zone++) {
        const [upper, lower] = [edge(zone, ROWS), edge(zone + 1, ROWS)];
        for (let row = 0; row < height; row++) {
            const share = (Math.min(upper, edge(row, height)) - Math.max(lower, edge(row + 1, height))) / (upper - lower);
            if (share <= 0) {
                continue;
            }
            const [from, to] = [3 * row * width, 3 * zone * width];
            for (let at = 0; at < 3 * width; at++) {
                means[to + at] += share * radiance[from + at];
            }
        }
    }
    return means;
}

/** A sun that stood at +Z stands at +X after 90 degrees. @param {Source[]} sources @param {number} rotation @param {number} gain @returns {Source[]} */
export function turnedSources(sources, rotation, gain) {
    return sources.map((source) => (
        { ...source, azimuth: source.azimuth + rotation, intensity: source.intensity * gain }
    ));
}

/** @param {RadianceImage} image @returns {Environment["picture"]} exposed so that its middle is gray */
function smallPicture({ width, height, radiance }) {
    const [rows, columns] = [PICTURE_ROWS, 2 * PICTURE_ROWS];
    const small = new Float32Array(3 * rows * columns);
    for (let row = 0; row < rows; row++) {
        const [top, bottom] = [Math.floor((row * height) / rows), Math.max(1, Math.ceil(((row + 1) * height) / rows))];
        for (let column = 0; column < columns; column++) {
            const left = Math.floor((column * width) / columns);
            const right = Math.max(left + 1, Math.ceil(((column + 1) * width) / columns));
            const to = 3 * (row * columns + column);
            for (let y = top; y < bottom; y++) {
                for (let x = left; x < right; x++) {
                    for (let channel = 0; channel < 3; channel++) {
                        small[to + channel] += radiance[3 * (y * width + x) + channel] / ((bottom - top) * (right - left));
                    }
                }
            }
        }
    }
    const middle = Math.max(1e-6, small.slice().sort()[small.length >> 1]);
    const rgba = new Uint8ClampedArray(4 * rows * columns).fill(255);
    for (let at = 0; at < rows * columns; at++) {
        for (let channel = 0; channel < 3; channel++) {
            const light = (0.25 * small[3 * at + channel]) / middle;
            rgba[4 * at + channel] = 255 * (light / (1 + light)) ** (1 / 2.2);
        }
    }
    return { width: columns, height: rows, rgba };
}
