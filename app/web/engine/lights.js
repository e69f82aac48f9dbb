// The lights of a frame as the passes read them. The twin of phynes_core/frame/gpu_lights.py, which says in which order.

import { probePower, turnedSources } from "./environments.js";
import { lampRays, sourceRays } from "./lamps.js";
import { litByOne } from "./one_light.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Lamp} Lamp */
/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {import("./environments.js").Environment} Environment */
/** @typedef {import("./lamps.js").Rays} Rays */
/** @typedef {import("./runs.js").Values} Values */
/** @typedef {{name: string, version: string, make: () => Float32Array}} Supplied */
/** @typedef {{values: Values, arrays: Supplied[]}} Lights */
/** @typedef {{directions: Float32Array, order: Uint32Array}} Probes row by row from the top, and in patches of neighbors */

const WORD = 32;
const MOST_GROUPS = 16;
const NEAR = 1; // the kind of a group: a lamp near the body

/** What of a view the lights follow from. @param {View} view @param {Environment[]} environments */
function partsOf(view, environments) {
    const { index, rotation, gain } = view.environment;
    const environment = index >= 0 ? environments[index] : null;
    const all = {
        environment, rotation, gain, lamps: view.lamps,
        sources: environment ? turnedSources(environment.sources, rotation, gain) : [],
        name: JSON.stringify([index, rotation]), // of the directions of its light
    };
    const parts = view.buffer === "light_visibility" ? litByOne(all, view.shownLamp) : all;
    const on = parts.lamps.filter((lamp) => lamp.on);
    return { ...parts, suns: on.filter(({ kind }) => kind === "sun"), near: on.filter(({ kind }) => kind === "near") };
}

/**
 * @param {View} view @param {Environment[]} environments @param {Probes} probes
 * @param {{samples: number, hasVertexSources: boolean}} options shadow rays a pixel and lamp; shadows of bright sources
 *     from the vertices, like the probes'
 * @returns {Lights}
 */
export function lightsOf(view, environments, probes, { samples, hasVertexSources }) {
    const { environment, rotation, gain, sources, suns, near, name } = partsOf(view, environments);
    const table = new Table();
    if (environment) {
        table.atVertices("probe", "probes", patched(environment, probes, rotation, gain), `${name} ${gain}`);
    }
    if (sources.length > 0) {
        const rays = sourceRays(sources, samples);
        if (hasVertexSources) {
            table.atVertices("source", `${name} ${samples}`, rays, String(gain));
        } else {
            table.atPixels(`${name} ${samples}`, rays, String(gain));
        }
    }
    if (suns.length > 0) {
        const places = suns.map(({ azimuth, elevation, angle }) => [azimuth, elevation, angle]);
        table.atPixels(JSON.stringify([places, samples]), lampRays(suns, samples), JSON.stringify(suns));
    }
    near.forEach((lamp) => table.near(lamp, samples));
    return table.finished();
}

/**
 * The floor's lights: the sky on a coarse grid, lamps and bright sources on a fine one.
 * @param {View} view @param {Environment[]} environments @param {Probes} probes
 * @param {{skyCells: number, lampCells: number, samples: number}} grids @returns {Lights}
 */
export function floorLights(view, environments, probes, { skyCells, lampCells, samples }) {
    const { environment, rotation, gain, sources, suns, near } = partsOf(view, environments);
    const sky = new Table();
    const lamps = new Table();
    if (environment) {
        sky.atPixels("", patched(environment, probes, rotation, gain), "");
    }
    if (suns.length > 0) {
        lamps.atPixels("", lampRays(suns, samples), "");
    }
    if (sources.length > 0) {
        lamps.atPixels("", sourceRays(sources, samples), "");
    }
    near.forEach((lamp) => lamps.near(lamp, samples));
    /** @type {Values} */
    const values = { sky_floor_cells: skyCells, lamp_floor_cells: lampCells };
    const version = JSON.stringify([view.environment, view.lamps, samples]);
    const arrays = [["sky", sky], ["lamp", lamps]].map(([name, table]) => {
        const made = /** @type {Table} */ (table).finished();
        values[`${name}_floor_groups`] = made.values.groups;
        values[`${name}_floor_num_groups`] = made.values.num_groups;
        const { make } = made.arrays[made.arrays.length - 1];
        return { name: `${name}_floor_lights`, version, make };
    });
    return { values, arrays };
}

/** @param {Environment} environment @param {Probes} probes @param {number} rotation @param {number} gain @returns {Rays} */
function patched(environment, { directions, order }, rotation, gain) {
    const power = probePower(environment, rotation, gain);
    const at = (/** @type {Float32Array} */ rows) => Array.from(
        order, (cell) => /** @type {Vector} */ ([rows[3 * cell], rows[3 * cell + 1], rows[3 * cell + 2]]),
    );
    return { directions: at(directions), power: at(power) };
}

class Table {
    constructor() {
        /** @type {Record<string, number>} */
        this.words = { probe: 0, source: 0 };
        /** @type {Record<string, number>} */
        this.counts = { probe: 0, source: 0 };
        /** @type {Supplied[]} */
        this.directions = [];
        /** @type {{madeOf: string, version: string, make: () => Float32Array}[]} */
        this.rows = [];
        /** @type {number[][]} */
        this.groups = [];
        this.numLights = 0;
        this.pixelWords = 0;
        this.numRays = 0;
    }

    /** Lights with bits at the vertices. @param {string} name @param {string} madeOf @param {Rays} rays @param {string} power */
    atVertices(name, madeOf, rays, power) {
        const count = rays.directions.length;
        this.words[name] = Math.ceil(count / WORD);
        this.counts[name] = count;
        this.directions.push({ name: `${name}_directions`, version: madeOf, make: () => vectors(rays.directions) });
        this.add(madeOf, rays, power);
    }

    /** Lights with bits of each pixel, or with none. @param {string} madeOf @param {Rays} rays @param {string} power */
    atPixels(madeOf, rays, power) {
        const count = rays.directions.length;
        this.groups.push([0, this.numLights, count, this.pixelWords]);
        this.add(madeOf, rays, power);
        this.pixelWords += Math.ceil(count / WORD);
        this.numRays += count;
    }

    /** A lamp near the body. @param {Lamp} lamp @param {number} samples */
    near(lamp, samples) {
        this.groups.push([NEAR, this.numLights, samples, this.pixelWords]);
        const power = lamp.color.map((each) => each * lamp.intensity);
        const make = () => padded(Float32Array.of(...lamp.position, lamp.radius, ...power, 0));
        this.rows.push({ madeOf: JSON.stringify([lamp.position, lamp.radius]), version: JSON.stringify(lamp), make });
        this.numLights += WORD;
        this.pixelWords += Math.ceil(samples / WORD);
        this.numRays += samples;
    }

    /** @param {string} madeOf @param {Rays} rays @param {string} power */
    add(madeOf, { directions, power: powers }, power) {
        const make = () => padded(vectors(directions.flatMap((direction, at) => [direction, powers[at]])));
        this.rows.push({ madeOf, version: `${madeOf} ${power}`, make });
        this.numLights += Math.ceil(directions.length / WORD) * WORD;
    }

    /** @returns {Lights} */
    finished() {
        const groups = new Uint32Array(4 * MOST_GROUPS);
        groups.set(this.groups.flat());
        const joined = () => {
            const parts = this.rows.map(({ make }) => make());
            const all = new Float32Array(Math.max(8, parts.reduce((sum, part) => sum + part.length, 0)));
            parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
            return all;
        };
        const named = (/** @type {"madeOf" | "version"} */ part) => JSON.stringify(this.rows.map((row) => row[part]));
        return {
            values: {
                groups, num_groups: this.groups.length, pixel_words: this.pixelWords, pixel_rays: this.numRays,
                probe_words: this.words.probe, probe_count: this.counts.probe,
                source_words: this.words.source, source_count: this.counts.source,
            },
            arrays: [
                ...this.directions,
                { name: "ray_lights", version: named("madeOf"), make: joined }, // their powers are never read
                { name: "lights", version: named("version"), make: joined },
            ],
        };
    }
}

/** @param {Vector[]} rows @returns {Float32Array} as WGSL's vec4f */
function vectors(rows) {
    const padded = new Float32Array(4 * rows.length);
    rows.forEach((row, at) => padded.set(row, 4 * at));
    return padded;
}

/** @param {Float32Array} lights eight numbers each @returns {Float32Array} a multiple of 32 lights */
function padded(lights) {
    const whole = new Float32Array(Math.ceil(lights.length / (8 * WORD)) * 8 * WORD);
    whole.set(lights);
    return whole;
}
