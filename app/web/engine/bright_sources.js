// Small bright sources of an environment (sun, windows, bulbs) as lamps; the rest stays with the probes.
// The twin of phynes_core/render/bright_sources.py, which says why.

import { latlongDirection, solidAngle } from "./latlong.js";
import { degrees, dot, normalized, orbitAngles, plus, radians } from "./vectors.js";

/** @typedef {import("./view.js").Vector} Vector */

/**
 * @typedef {object} Source a distant disc
 * @property {number} azimuth @property {number} elevation degrees
 * @property {number} angle the disc's radius in degrees
 * @property {number[]} color
 * @property {number} intensity irradiance on a surface that faces it
 */

const BRIGHT = 2.5;
const REACHES = [0.8, 2, 5];
const CELL_RADIUS = 6.3;
const LEAST_GAIN = 2e-3;
const BLOCK = 8;
const MOST_BLOCKS = 1500;
const LUMINANCE = [0.2126, 0.7152, 0.0722];

/** @typedef {{gain: number, members: number[], middle: Vector, radius: number}} Disc */

/**
 * @param {Float32Array} radiance [height][width][3] @param {number} width @param {number} height @param {number} most
 * @returns {{rest: Float32Array, sources: Source[]}}
 */
export function brightSources(radiance, width, height, most) {
    const count = width * height;
    const luminance = new Float64Array(count);
    const angles = Float64Array.from({ length: height }, (_, row) => solidAngle(row, height, width));
    let total = 0;
    for (let at = 0; at < count; at++) {
        luminance[at] = dot(colorAt(radiance, at), /** @type {Vector} */ (LUMINANCE));
        total += luminance[at] * angles[Math.floor(at / width)];
    }
    const level = generalLevel(luminance, angles, width);
    const search = new Search(radiance, luminance, angles, width, level);
    const sources = [];
    const rest = radiance.slice();
    while (sources.length < most) {
        const disc = search.best();
        if (disc === null || disc.gain <= LEAST_GAIN * total) {
            break;
        }
        sources.push(search.taken(disc, rest));
    }
    return { rest, sources };
}

/** @param {Float32Array} radiance @param {number} at @returns {Vector} */
function colorAt(radiance, at) {
    return [radiance[3 * at], radiance[3 * at + 1], radiance[3 * at + 2]];
}

/** BRIGHT times the mean of the picture clipped at that level. @param {Float64Array} luminance @param {Float64Array} angles @param {number} width @returns {number} */
function generalLevel(luminance, angles, width) {
    let level = Infinity;
    for (let turn = 0; turn < 21; turn++) {
        let sum = 0;
        for (let at = 0; at < luminance.length; at++) {
            sum += Math.min(luminance[at], level) * angles[Math.floor(at / width)];
        }
        level = (BRIGHT * sum) / (4 * Math.PI);
    }
    return level;
}

/** Bright texels, and which disc of them gains most as a lamp. */
class Search {
    /**
     * @param {Float32Array} radiance @param {Float64Array} luminance @param {Float64Array} angles
     * @param {number} width @param {number} level
     */
    constructor(radiance, luminance, angles, width, level) {
        const height = angles.length;
        this.texelVariance = (Math.PI / height) ** 2 / 6;
        /** @type {number[]} texels in the picture */ this.texels = [];
        /** @type {number[]} of each that is taken */ this.shares = [];
        /** @type {Vector[]} */ this.colors = [];
        /** @type {number[]} */ this.power = [];
        /** @type {Vector[]} */ this.directions = [];
        const names = [];
        for (let at = 0; at < luminance.length; at++) {
            if (luminance[at] > level) {
                const [row, column] = [Math.floor(at / width), at % width];
                const share = 1 - level / luminance[at];
                const color = /** @type {Vector} */ (colorAt(radiance, at).map((each) => each * share * angles[row]));
                this.texels.push(at);
                this.shares.push(share);
                this.colors.push(color);
                this.power.push(dot(color, /** @type {Vector} */ (LUMINANCE)));
                this.directions.push(latlongDirection((column + 0.5) / width, (row + 0.5) / height));
                names.push(Math.floor(row / BLOCK) * width + Math.floor(column / BLOCK));
            }
        }
        /** Numbers of each texel's block. @type {number[]} */
        this.block = names.map(numbering(names));
        this.numBlocks = this.block.reduce((most, each) => Math.max(most, each + 1), 0);
        /** @type {Vector[]} */
        const moments = Array.from({ length: this.numBlocks }, () => [0, 0, 0]);
        this.block.forEach((own, at) => { moments[own] = plus(moments[own], this.directions[at], this.power[at]); });
        const powers = this.powerOfBlocks();
        this.starts = moments.map((_, own) => own).sort((a, b) => powers[b] - powers[a] || a - b).slice(0, MOST_BLOCKS);
        this.middles = this.starts.map((own) => normalized(moments[own]));
    }

    /** @returns {number[]} */
    powerOfBlocks() {
        const powers = new Array(this.numBlocks).fill(0);
        this.block.forEach((own, at) => { powers[own] += this.power[at]; });
        return powers;
    }

    /** @returns {Disc | null} the disc to take next; null when all is taken */
    best() {
        const powers = this.powerOfBlocks();
        /** @type {Disc | null} */
        let best = null;
        for (const reach of this.starts.length > 0 ? REACHES : []) {
            const limit = Math.cos(radians(reach));
            const sums = this.middles.map((middle) => this.middles.reduce(
                (sum, other, at) => sum + (dot(middle, other) >= limit ? powers[this.starts[at]] : 0), 0,
            ));
            const start = sums.reduce((found, sum, at) => (sum > sums[found] ? at : found), 0);
            const disc = this.disc(this.middles[start], reach);
            if (disc !== null && (best === null || disc.gain > best.gain)) {
                best = disc;
            }
        }
        return best;
    }

    /** Moves a disc to the middle of the power that it holds. @param {Vector} middle @param {number} reach @returns {Disc | null} */
    disc(middle, reach) {
        const [limit, wide] = [Math.cos(radians(reach)), Math.cos(radians(3 * reach))];
        const near = this.texels.map((_, at) => at)
            .filter((at) => this.power[at] > 0 && dot(this.directions[at], middle) >= wide);
        /** @type {number[]} */
        let members = [];
        for (let turn = 0; turn < 8; turn++) {
            const axis = middle;
            members = near.filter((at) => dot(this.directions[at], axis) >= limit);
            if (members.length === 0) {
                return null;
            }
            middle = normalized(members.reduce(
                (sum, at) => plus(sum, this.directions[at], this.power[at]), /** @type {Vector} */ ([0, 0, 0]),
            ));
        }
        let [total, spread] = [0, 0];
        for (const at of members) {
            const away = plus(this.directions[at], middle, -1);
            total += this.power[at];
            spread += this.power[at] * dot(away, away);
        }
        const radius = degrees(Math.sqrt(2 * (spread / total + this.texelVariance)));
        return { gain: total * Math.max(0, 1 - radius / CELL_RADIUS), members, middle, radius };
    }

    /** Takes a disc's light out of the picture. @param {Disc} disc @param {Float32Array} rest @returns {Source} */
    taken({ members, middle, radius }, rest) {
        const color = members.reduce((sum, at) => plus(sum, this.colors[at]), /** @type {Vector} */ ([0, 0, 0]));
        for (const at of members) {
            this.power[at] = 0;
            for (let channel = 0; channel < 3; channel++) {
                rest[3 * this.texels[at] + channel] *= 1 - this.shares[at];
            }
        }
        const intensity = Math.max(...color);
        const white = intensity > 0 ? color.map((each) => each / intensity) : [1, 1, 1];
        return { ...orbitAngles(middle), angle: radius, color: white, intensity };
    }
}

/** @param {number[]} names @returns {(name: number) => number} their places in order */
function numbering(names) {
    const sorted = [...new Set(names)].sort((a, b) => a - b);
    const place = new Map(sorted.map((name, at) => [name, at]));
    return (name) => place.get(name) ?? 0;
}
