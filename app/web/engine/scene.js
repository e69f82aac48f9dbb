// What the passes are given: numbers and arrays of the avatar and of a view. The twin of phynes_core/frame/gpu_inputs.py.

import { cameraValues } from "./cameras.js";

/** @typedef {import("./device.js").Gpu} Gpu */
/** @typedef {import("./graph.js").PassGraph} PassGraph */
/** @typedef {import("./packet.js").Packet} Packet */
/** @typedef {import("./cameras.js").Pinhole} Pinhole */
/** @typedef {import("./view.js").Pose} Pose */
/** @typedef {import("./view.js").BufferName} BufferName */
/** @typedef {import("./runs.js").Values} Values */

const OF_SCENE = ["faces", "fans", "corner_uv", "tree", "face_order"];
const TILE = 512;
/** @type {BufferName[]} */
export const LIT = ["radiance", "visibility", "shading", "light_visibility"];

export class Body {
    /** Lays the avatar's arrays onto the device. @param {Gpu} gpu @param {Packet} packet */
    constructor(gpu, packet) {
        /** @type {Map<string, GPUBuffer>} by their names in frame.json */
        this.buffers = new Map();
        for (const [name, content] of packet.arrays) {
            if (OF_SCENE.includes(name) || name.startsWith("avatar.")) {
                this.buffers.set(name.replace("avatar.", "avatar0."), gpu.uploaded(content));
            }
        }
        this.materialPose = /** @type {Float32Array} */ (packet.arrays.get("material_pose"));
    }

    /** @param {PassGraph} graph @param {Pose} pose */
    supply(graph, pose) {
        this.buffers.forEach((buffer, name) => graph.lend(name, buffer, name));
        const posed = Float32Array.of(...pose.rotations, ...pose.translation, ...new Array(10).fill(0));
        graph.supply("avatar0.pose", posed.join(), () => posed);
        const vector = Float32Array.of(0, 0, 0, ...pose.rotations.slice(3)); // what the maps see: the root's are zeroed
        graph.supply("avatar0.pose_vector", vector.join(), () => vector);
        graph.supply("avatar0.material_pose", "first", () => this.materialPose);
    }
}

/** The buffer that the passes make, of a scene that one light alone lights. @param {BufferName} buffer @returns {BufferName} */
export function passedBuffer(buffer) {
    return buffer === "light_visibility" ? "visibility" : buffer;
}

/**
 * Numbers of the avatar, of a camera and of a buffer.
 * @param {any} head of the packet @param {Pinhole} pinhole whose pixels are sampled
 * @param {number} samples a side of a pixel
 * @param {{buffer: BufferName | "position", hasAntialias: boolean}} options @returns {Values}
 */
export function frameValues(head, pinhole, samples, { buffer, hasAntialias }) {
    const { width, height } = pinhole;
    const [across, down] = [width / samples, height / samples];
    return {
        ...head.scene, ...head.values[buffer], ...cameraValues(pinhole, head.near), ...tileValues(width, height),
        picture_width: across, picture_height: down, picture_pixels: across * down, samples,
        has_antialias: hasAntialias,
    };
}

/** @param {number} width @param {number} height @returns {Values} of the tiles whose subsamples are drawn at once */
function tileValues(width, height) {
    /** @type {Values} */
    const values = { tile_side: TILE, fine_side: 4 * TILE };
    tiles(width, height).forEach(([left, top], number) => {
        values[`tile${number}.left`] = left;
        values[`tile${number}.top`] = top;
        values[`tile${number}.fine_left`] = 4 * left;
        values[`tile${number}.fine_top`] = 4 * top;
    });
    return values;
}

/** @param {number} width @param {number} height @returns {[number, number][]} left and top of each tile */
export function tiles(width, height) {
    /** @type {[number, number][]} */
    const found = [];
    for (let top = 0; top < height; top += TILE) {
        for (let left = 0; left < width; left += TILE) {
            found.push([left, top]);
        }
    }
    return found;
}
