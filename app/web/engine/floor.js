// The floor behind the body: its lights' shadows on grids, and the view that it mirrors (phynes_core/frame/floor.py).

import { mirrored } from "./cameras.js";
import { floorLights } from "./lights.js";

/** @typedef {import("./cameras.js").Pinhole} Pinhole */
/** @typedef {import("./graph.js").PassGraph} PassGraph */
/** @typedef {import("./lights.js").Probes} Probes */
/** @typedef {import("./environments.js").Environment} Environment */
/** @typedef {import("./runs.js").Values} Values */
/** @typedef {import("./view.js").View} View */

/** The image that the passes blend behind the body. */
export const FLOOR_IMAGE = "image.ground";

/** @param {View} view @returns {boolean} */
export function showsFloor(view) {
    return view.floor.on && view.buffer === "radiance";
}

/**
 * The camera of what the floor mirrors; null where it mirrors nothing.
 * @param {View} view @param {Pinhole} pinhole of the picture @returns {Pinhole | null}
 */
export function mirroredCamera({ floor, quality }, pinhole) {
    if (floor.reflection <= 0 || pinhole.eye[1] <= floor.height) {
        return null;
    }
    const factor = quality === "draft" ? 2 : 1; // nobody sees the pixels of a faint image that moves
    const [width, height] = [Math.ceil(pinhole.width / factor), Math.ceil(pinhole.height / factor)];
    const seen = mirrored(pinhole, floor.height);
    const [across, down] = [width / pinhole.width, height / pinhole.height];
    return {
        ...seen, focalX: seen.focalX * across, focalY: seen.focalY * down,
        centerX: seen.centerX * across, centerY: seen.centerY * down, width, height,
    };
}

/**
 * Gives a graph the floor's lights; returns the floor's numbers.
 * @param {PassGraph} graph @param {View} view @param {Environment[]} environments @param {Probes} probes
 * @param {any} head of the packet @returns {Values}
 */
export function supplyFloor(graph, view, environments, probes, head) {
    const { values, arrays } = floorLights(view, environments, probes, head.floor.grids[view.quality]);
    arrays.forEach(({ name, version, make }) => graph.supply(name, version, make));
    const { height, center, shadow, reflection } = view.floor;
    return {
        ...values, floor_radius: head.floor.radius, floor_center_x: center[0], floor_center_z: center[1],
        floor_height: height, floor_shadow: shadow, floor_reflection: reflection,
    };
}

/**
 * Lends the mirrored view's images to the graph that blends them.
 * @param {PassGraph} graph @param {PassGraph} mirror @param {Pinhole | null} camera @returns {Values}
 */
export function lendMirror(graph, mirror, camera) {
    for (const name of camera ? ["radiance", "position"] : []) {
        const { buffer, version } = mirror.buffer(`image.${name}`);
        graph.lend(`mirror.${name}`, buffer, version);
    }
    return { mirror_width: camera?.width ?? 0, mirror_height: camera?.height ?? 0 };
}
