// The page's renderer: a View in, a picture on a canvas out, computed by shaders/engine on the visitor's GPU.

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {import("./packet.js").Packet} Packet */

/**
 * What the file holds, for menus.
 * @typedef {object} Description
 * @property {string} name of the avatar
 * @property {{name: string, width: number, height: number, rgba: Uint8ClampedArray}[]} environments with small pictures
 * @property {{name: string, seconds: number, fps: number}[]} clips
 * @property {{name: string, parent: number}[]} joints SMPL's, the root first with parent -1
 */

/**
 * A pose of a clip, with what the camera orbits and where the floor is.
 * @typedef {import("./view.js").Pose & {target: Vector, floor: number}} PlacedPose
 */

/**
 * What lies under the pointer.
 * @typedef {{kind: "body", point: Vector} | {kind: "lamp", index: number} | {kind: "nothing"}} Hit
 */

/** Why there is no picture; the message is a sentence for the visitor. */
export class NoWebGpu extends Error {}

export class Renderer {
    /**
     * Opens the GPU. Throws NoWebGpu where the browser has none.
     * @param {HTMLCanvasElement} canvas its width and height are the picture's; set them before `draw`
     * @param {Packet} packet
     * @param {{onLost?: (reason: string) => void}} options called once when the device is lost: make a new renderer
     * @returns {Promise<Renderer>}
     */
    static async create(canvas, packet, options = {}) {
        throw new NoWebGpu("not written yet");
    }

    /** @type {Description} */
    get description() {
        throw new Error("not written yet");
    }

    /** The view that a page begins with: the front, the body filling 85 % of the height, the learned light. @type {View} */
    get home() {
        throw new Error("not written yet");
    }

    /**
     * The pose of a clip at a time, between its frames; -1 is the rest pose. Times beyond the end wrap around.
     * @param {number} clip @param {number} seconds @returns {PlacedPose}
     */
    poseAt(clip, seconds) {
        throw new Error("not written yet");
    }

    /**
     * Shows a view as soon as the GPU is free: only what changed is computed, and the newest view wins.
     * @param {View} view
     * @returns {Promise<void>} resolves when this view or a newer one is on the canvas
     */
    async draw(view) {}

    /**
     * A picture of any size, at full quality, tone mapped, sRGB. Without alpha it lies on the view's background.
     * @param {View} view @param {{width: number, height: number, alpha?: boolean}} size @returns {Promise<ImageData>}
     */
    async readPixels(view, size) {
        throw new Error("not written yet");
    }

    /**
     * Lights a dropped picture's way: adds it to `description.environments`.
     * @param {{name: string, width: number, height: number, radiance: Float32Array}} image lat-long, width = 2 height,
     *     linear RGB, three numbers a texel, row 0 on top; finite and not negative
     * @returns {number} its index
     */
    addEnvironment(image) {
        throw new Error("not written yet");
    }

    /**
     * Where each lamp's handle lies over the drawn view, in pixels of the canvas; null: behind the eye.
     * @param {View} view @returns {({x: number, y: number} | null)[]}
     */
    lampHandles(view) {
        return [];
    }

    /**
     * What lies under a pixel of the canvas in the view that was drawn last.
     * @param {number} x @param {number} y @returns {Promise<Hit>}
     */
    async pick(x, y) {
        return { kind: "nothing" };
    }

    /** Frees the GPU's memory. */
    dispose() {}
}
