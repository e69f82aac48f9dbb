// The page's renderer: a View in, a picture on a canvas out, computed by shaders/engine on the visitor's GPU.

import { Frames } from "./frames.js";
import { Gpu, NoWebGpu } from "./device.js";
import { environmentOf } from "./environments.js";
import { poseAt } from "./poses.js";
import { BACKGROUND } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {import("./packet.js").Packet} Packet */
/** @typedef {import("./poses.js").PlacedPose} PlacedPose */

/**
 * What the file holds, for menus.
 * @typedef {object} Description
 * @property {string} name of the avatar
 * @property {{name: string, width: number, height: number, rgba: Uint8ClampedArray}[]} environments with small pictures
 * @property {{name: string, seconds: number, fps: number}[]} clips
 * @property {{name: string, parent: number}[]} joints SMPL's, the root first with parent -1
 */

/**
 * What lies under the pointer.
 * @typedef {{kind: "body", point: Vector} | {kind: "nothing"}} Hit
 */

export class Renderer {
    /** @param {HTMLCanvasElement} canvas @param {Packet} packet @param {Frames} frames */
    constructor(canvas, packet, frames) {
        this.canvas = canvas;
        this.packet = packet;
        this.frames = frames;
        /** @type {View | null} that is wanted next */
        this.wanted = null;
        /** @type {string} the view on the canvas, with its size */
        this.shown = "";
        /** @type {View | null} */
        this.last = null;
        /** @type {Promise<void> | null} */
        this.running = null;
        this.isDisposed = false;
    }

    /**
     * Opens the GPU. Throws NoWebGpu where the browser has none.
     * @param {HTMLCanvasElement} canvas its width and height are the picture's; set them before `draw`
     * @param {Packet} packet
     * @param {{onLost?: (reason: string) => void, onError?: (message: string) => void}} options onLost is called once
     *     when the device is lost: make a new renderer. onError: for what the GPU refuses
     * @returns {Promise<Renderer>}
     */
    static async create(canvas, packet, { onLost, onError = (message) => console.error(message) } = {}) {
        const engine = JSON.parse(new TextDecoder().decode(packet.arrays.get("engine")));
        const gpu = await Gpu.open(engine);
        gpu.device.addEventListener("uncapturederror", (event) => {
            onError(/** @type {GPUUncapturedErrorEvent} */ (event).error.message);
        });
        const context = canvas.getContext("webgpu");
        if (context === null) {
            throw new NoWebGpu("This browser has WebGPU, but shows none of its pictures.");
        }
        context.configure({
            device: gpu.device, format: navigator.gpu.getPreferredCanvasFormat(), alphaMode: "opaque",
            usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_DST,
        });
        const renderer = new Renderer(canvas, packet, new Frames(gpu, packet, context));
        void gpu.device.lost.then(({ message }) => {
            if (!renderer.isDisposed) {
                onLost?.(message || "the graphics card was reset");
            }
        });
        await renderer.frames.prepare(renderer.home);
        return renderer;
    }

    /** @type {Description} */
    get description() {
        const { head } = this.packet;
        return {
            name: head.name,
            environments: this.frames.environments.map(({ name, picture }) => ({ name, ...picture })),
            clips: head.clips.map((/** @type {any} */ clip) => (
                { name: clip.name, fps: clip.fps, seconds: (clip.frames - 1) / clip.fps }
            )),
            joints: head.joints.map((/** @type {any} */ { name, parent }) => ({ name, parent })),
        };
    }

    /** The GPU's name. @type {string} */
    get gpuName() {
        return this.frames.gpu.name;
    }

    /** The view that a page begins with: the front, the body filling 85 % of the height, the learned light. @type {View} */
    get home() {
        const { target, floor, rotations, translation } = this.poseAt(-1, 0);
        const { distance, fov } = this.packet.head;
        return {
            camera: { target, azimuth: 0, elevation: 0, distance, fov },
            pose: { rotations, translation },
            environment: { index: 0, rotation: 0, gain: 1 },
            lamps: [],
            floor: { on: false, height: floor, center: [target[0], target[2]], shadow: 1, reflection: 0.15 },
            buffer: "radiance", shownLamp: -1, curve: "linear", exposure: 0, background: [...BACKGROUND], quality: "full",
        };
    }

    /**
     * The pose of a clip at a time, between its frames; -1 is the rest pose. Times beyond the end wrap around.
     * @param {number} clip @param {number} seconds @returns {PlacedPose}
     */
    poseAt(clip, seconds) {
        return poseAt(this.packet, clip, seconds);
    }

    /**
     * Shows a view as soon as the GPU is free: only what changed is computed, and the newest view wins.
     * @param {View} view
     * @returns {Promise<void>} resolves when this view or a newer one is on the canvas
     */
    draw(view) {
        this.wanted = view;
        this.running ??= this.drawWanted();
        return this.running;
    }

    async drawWanted() {
        await null; // `running` is set before anything ends
        try {
            while (this.wanted) {
                const view = this.wanted;
                this.wanted = null;
                const { width, height } = this.canvas;
                const name = JSON.stringify([view, width, height]);
                if (name !== this.shown) {
                    this.shown = (await this.frames.show(view, width, height, () => this.wanted !== null)) ? name : "";
                    this.last = view;
                }
            }
        } finally {
            this.running = null;
        }
    }

    /**
     * A picture of any size, at full quality, tone mapped, sRGB. Without alpha it lies on the view's background.
     * @param {View} view @param {{width: number, height: number, alpha?: boolean}} size @returns {Promise<ImageData>}
     */
    readPixels(view, { width, height, alpha = false }) {
        return this.frames.read({ ...view, quality: "full" }, width, height, alpha);
    }

    /**
     * Numbers of the view's buffer as the engine has them: three values and the coverage of each pixel, radiance
     * premultiplied; or the floor's light and the share of the background that it hides.
     * @param {View} view @param {{width: number, height: number, part?: "image" | "floor"}} size at most a million pixels
     * @returns {Promise<Float32Array>}
     */
    readBuffer(view, { width, height, part = "image" }) {
        return this.frames.readBuffer(view, width, height, part);
    }

    /**
     * Adds a light to `description.environments`.
     * @param {{name: string, width: number, height: number, radiance: Float32Array}} image lat-long, width = 2 height,
     *     linear RGB, three numbers a texel, row 0 on top; finite and not negative
     * @returns {number} its index
     */
    addEnvironment(image) {
        this.frames.environments.push(environmentOf(image));
        return this.frames.environments.length - 1;
    }

    /**
     * What lies under a pixel of the canvas in the view that was drawn last.
     * @param {number} x @param {number} y @returns {Promise<Hit>}
     */
    async pick(x, y) {
        const view = this.last;
        if (view === null) {
            return { kind: "nothing" };
        }
        const point = await this.frames.pointAt(view, x, y, this.canvas.width, this.canvas.height);
        return point ? { kind: "body", point } : { kind: "nothing" };
    }

    /** Frees the GPU's memory. */
    dispose() {
        this.isDisposed = true;
        this.wanted = null;
        this.frames.dispose();
    }
}
