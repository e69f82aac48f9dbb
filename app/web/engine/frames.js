// Frames of views: which passes run at which size, and where their picture goes.

import { band, pinholeOf, refined } from "./cameras.js";
import { FLOOR_IMAGE, lendMirror, mirroredCamera, showsFloor, supplyFloor } from "./floor.js";
import { PassGraph } from "./graph.js";
import { lightsOf } from "./lights.js";
import { PICTURE_FORMAT, Presenter } from "./present.js";
import { Body, LIT, frameValues, passedBuffer, tiles } from "./scene.js";
import { probeDirections, storedEnvironments } from "./environments.js";

/** @typedef {import("./device.js").Gpu} Gpu */
/** @typedef {import("./packet.js").Packet} Packet */
/** @typedef {import("./cameras.js").Pinhole} Pinhole */
/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Vector} Vector */

/** @typedef {{samples: number, hasAntialias: boolean, lampSamples: number, hasVertexSources: boolean}} Quality */

const MOST_PIXELS = 1 << 20; // samples that are rendered at once: 64 MB in the largest buffer
/** @type {Record<import("./view.js").Quality, Quality>} */
const QUALITIES = { // as app/rendering/scenes.py's LIVE and FINAL
    draft: { samples: 1, hasAntialias: false, lampSamples: 4, hasVertexSources: true },
    full: { samples: 2, hasAntialias: true, lampSamples: 16, hasVertexSources: false },
};

/** @type {Quality} */
const MIRRORED = { samples: 1, hasAntialias: false, lampSamples: 4, hasVertexSources: true };
const DEPTH_SIDE = 256; // of the picture whose nearest and farthest pixels become white and dark
/** @type {[number, number]} */
const NO_DEPTH = [0, 1];

export class Frames {
    /** @param {Gpu} gpu @param {Packet} packet @param {GPUCanvasContext} context */
    constructor(gpu, packet, context) {
        this.gpu = gpu;
        this.context = context;
        this.head = packet.head;
        this.body = new Body(gpu, packet);
        this.graph = new PassGraph(gpu);
        this.pointer = new PassGraph(gpu, this.graph); // another view of the same body, one pixel large
        this.mirror = new PassGraph(gpu, this.graph); // what the floor mirrors
        this.presenter = new Presenter(gpu);
        this.environments = storedEnvironments(packet);
        this.probes = {
            directions: probeDirections(), order: /** @type {Uint32Array} */ (packet.arrays.get("probe_order")),
        };
        /** @type {GPUTexture | null} what the canvas shows */
        this.picture = null;
    }

    /** Compiles the passes of moving and of resting pictures. @param {View} view */
    async prepare(view) {
        for (const quality of Object.values(QUALITIES)) {
            this.start(this.graph, view, pinholeOf(view.camera, 1, 1), quality);
            await this.graph.compile(["image.radiance"]);
        }
    }

    /**
     * Puts a view onto the canvas. False: a newer one is wanted, and nothing was shown.
     * @param {View} view @param {number} width @param {number} height @param {() => boolean} isOutdated
     * @returns {Promise<boolean>}
     */
    async show(view, width, height, isOutdated) {
        const { device } = this.gpu;
        const format = navigator.gpu.getPreferredCanvasFormat();
        if (this.picture?.width !== width || this.picture.height !== height) {
            this.picture?.destroy();
            this.picture = this.gpu.texture(width, height, format);
        }
        const quality = QUALITIES[view.quality];
        const samples = width * height > MOST_PIXELS ? 1 : quality.samples; // large ones need less smoothing
        const isShown = await this.paint(this.picture, view, { ...quality, samples }, false, isOutdated);
        if (isShown) {
            const encoder = device.createCommandEncoder();
            const target = this.context.getCurrentTexture();
            const size = [Math.min(width, target.width), Math.min(height, target.height)];
            encoder.copyTextureToTexture({ texture: this.picture }, { texture: target }, size);
            device.queue.submit([encoder.finish()]);
            await device.queue.onSubmittedWorkDone();
        }
        return isShown;
    }

    /**
     * @param {View} view @param {number} width @param {number} height @param {boolean} hasAlpha
     * @returns {Promise<ImageData>}
     */
    async read(view, width, height, hasAlpha) {
        const target = this.gpu.texture(width, height, PICTURE_FORMAT);
        try {
            await this.paint(target, view, QUALITIES.full, hasAlpha, () => false);
            return await this.presenter.read(target);
        } finally {
            target.destroy();
        }
    }

    /**
     * @param {View} view @param {number} width @param {number} height @param {"image" | "floor"} part
     * @returns {Promise<Float32Array>} [height][width][4]
     */
    async readBuffer(view, width, height, part) {
        const pinhole = pinholeOf(view.camera, width, height);
        const made = this.submitted((encoder) => this.encode(encoder, view, pinhole, QUALITIES[view.quality]));
        const buffer = made[part];
        return buffer ? new Float32Array(await this.gpu.download(buffer, 16 * width * height))
            : new Float32Array(4 * width * height);
    }

    /**
     * The body's point under a pixel; null beside it.
     * @param {View} view @param {number} x @param {number} y @param {number} width @param {number} height
     * @returns {Promise<Vector | null>}
     */
    async pointAt(view, x, y, width, height) {
        const pinhole = pinholeOf(view.camera, width, height);
        const [left, top] = [Math.floor(x), Math.floor(y)];
        const pixel = { ...pinhole, centerX: pinhole.centerX - left, centerY: pinhole.centerY - top, width: 1, height: 1 };
        const { pointer } = this;
        const options = { buffer: /** @type {"position"} */ ("position"), hasAntialias: false };
        pointer.start(frameValues(this.head, pixel, 1, options), { avatar: 1, tile: 1 });
        this.body.supply(pointer, view.pose);
        const image = this.submitted((encoder) => {
            pointer.encode(["image.position"], encoder);
            return pointer.buffer("image.position").buffer;
        });
        const [px, py, pz, coverage] = new Float32Array(await this.gpu.download(image, 16));
        return coverage > 0 ? [px, py, pz] : null;
    }

    /** Frees everything on the device. */
    dispose() {
        this.context.unconfigure();
        this.gpu.device.destroy();
    }

    /**
     * A view into a texture, band by band where it is large. False: it became outdated on the way.
     * @param {GPUTexture} target @param {View} view @param {Quality} quality @param {boolean} hasAlpha
     * @param {() => boolean} isOutdated @returns {Promise<boolean>}
     */
    async paint(target, view, quality, hasAlpha, isOutdated) {
        const { width, height } = target;
        const isDraft = view.quality === "draft";
        const share = isDraft ? Math.min(1, Math.sqrt(MOST_PIXELS / (width * height))) : 1;
        const [across, down] = [width, height].map((side) => Math.max(1, Math.floor(side * share)));
        const whole = pinholeOf(view.camera, across, down);
        const rows = Math.max(1, Math.floor(MOST_PIXELS / (whole.width * quality.samples ** 2)));
        const depth = view.buffer === "depth" ? await this.depthRange(view, width, height) : NO_DEPTH;
        for (let top = 0; top < whole.height; top += rows) {
            const count = Math.min(rows, whole.height - top);
            const part = count === whole.height ? whole : band(whole, top, count);
            this.submitted((encoder) => {
                const image = this.encode(encoder, view, part, quality);
                const place = isDraft ? { top: 0, width, height } : { top, width, height: count };
                const options = { isFirst: top === 0, hasAlpha };
                this.presenter.show(encoder, target, { ...image, place, depth }, view, options);
            });
            if (top + count < whole.height) {
                await this.gpu.device.queue.onSubmittedWorkDone();
                if (isOutdated()) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Encodes the passes of a picture, and of the floor behind it.
     * @param {GPUCommandEncoder} encoder @param {View} view @param {Pinhole} pinhole @param {Quality} quality
     * @returns {{image: GPUBuffer, floor: GPUBuffer | null, width: number, height: number}}
     */
    encode(encoder, view, pinhole, quality) {
        const { graph } = this;
        const hasFloor = showsFloor(view);
        const camera = hasFloor ? mirroredCamera(view, pinhole) : null;
        if (camera) {
            this.start(this.mirror, view, camera, { ...MIRRORED, hasAntialias: quality.hasAntialias });
            this.mirror.encode(["image.radiance", "image.position"], encoder);
        }
        this.start(graph, view, pinhole, quality);
        if (hasFloor) {
            const floor = supplyFloor(graph, view, this.environments, this.probes, this.head);
            Object.assign(graph.values, floor, lendMirror(graph, this.mirror, camera));
        }
        const name = `image.${passedBuffer(view.buffer)}`;
        graph.encode(hasFloor ? [name, FLOOR_IMAGE] : [name], encoder);
        return {
            image: graph.buffer(name).buffer, floor: hasFloor ? graph.buffer(FLOOR_IMAGE).buffer : null,
            width: pinhole.width, height: pinhole.height,
        };
    }

    /**
     * Gives a graph everything that a view's picture is made of.
     * @param {PassGraph} graph @param {View} view @param {Pinhole} pinhole @param {Quality} quality
     */
    start(graph, view, pinhole, { samples, hasAntialias, lampSamples, hasVertexSources }) {
        const sampled = refined(pinhole, samples);
        const isLit = LIT.includes(view.buffer);
        const shown = isLit ? view : { ...view, lamps: [], environment: { ...view.environment, index: -1 } };
        const lights = lightsOf(shown, this.environments, this.probes, { samples: lampSamples, hasVertexSources });
        graph.start({
            ...frameValues(this.head, sampled, samples, { buffer: passedBuffer(view.buffer), hasAntialias }), ...lights.values,
        }, { avatar: 1, tile: tiles(sampled.width, sampled.height).length });
        this.body.supply(graph, view.pose);
        lights.arrays.forEach(({ name, version, make }) => graph.supply(name, version, make));
    }

    /**
     * Of the body's pixels, in a small picture.
     * @param {View} view @param {number} width @param {number} height @returns {Promise<[number, number]>} metres
     */
    async depthRange(view, width, height) {
        const share = Math.min(1, DEPTH_SIDE / Math.max(width, height));
        const [across, down] = [Math.ceil(width * share), Math.ceil(height * share)];
        const values = await this.readBuffer({ ...view, quality: "draft" }, across, down, "image");
        let [near, far] = [Infinity, 0];
        for (let at = 0; at < values.length; at += 4) {
            if (values[at + 3] > 0) {
                near = Math.min(near, values[at]);
                far = Math.max(far, values[at]);
            }
        }
        return far > 0 ? [near, far] : NO_DEPTH;
    }

    /** @template T @param {(encoder: GPUCommandEncoder) => T} encode @returns {T} what it made, submitted */
    submitted(encode) {
        const encoder = this.gpu.device.createCommandEncoder();
        const made = encode(encoder);
        this.gpu.device.queue.submit([encoder.finish()]);
        return made;
    }
}
