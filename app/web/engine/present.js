// Shows a finished buffer: shaders/present/page.wgsl onto a canvas, or into a picture that is read back.

import { BUFFERS, CURVES } from "./view.js";

/** @typedef {import("./device.js").Gpu} Gpu */
/** @typedef {import("./view.js").View} View */

/**
 * A part of a picture, and where it goes.
 * @typedef {object} Part
 * @property {GPUBuffer} image values and coverage, 16 bytes a pixel
 * @property {GPUBuffer | null} floor what the floor shows behind it
 * @property {number} width of the image
 * @property {number} height
 * @property {{top: number, width: number, height: number}} place rows of the target that it fills
 * @property {[number, number]} depth metres, nearest and farthest
 */

export const PICTURE_FORMAT = "rgba8unorm";
const PARAMS = 64; // bytes

export class Presenter {
    /** @param {Gpu} gpu */
    constructor(gpu) {
        this.gpu = gpu;
        const { device } = gpu;
        this.module = device.createShaderModule({ label: "present/page.wgsl", code: gpu.engine.present });
        const visibility = GPUShaderStage.FRAGMENT;
        this.layout = device.createBindGroupLayout({
            entries: [
                { binding: 0, visibility, buffer: { type: "uniform" } },
                { binding: 1, visibility, buffer: { type: "read-only-storage" } },
                { binding: 2, visibility, buffer: { type: "read-only-storage" } },
            ],
        });
        /** @type {Map<string, GPURenderPipeline>} */
        this.pipelines = new Map();
        this.nothing = gpu.buffer(16);
        this.uniform = gpu.buffer(PARAMS, "uniform");
    }

    /**
     * @param {GPUCommandEncoder} encoder @param {GPUTexture} target @param {Part} part
     * @param {View} view @param {{isFirst: boolean, hasAlpha: boolean}} options the first part clears the target
     */
    show(encoder, target, part, view, { isFirst, hasAlpha }) {
        this.gpu.write(this.uniform, paramsOf(part, view, hasAlpha)); // before this submission
        const group = this.gpu.device.createBindGroup({
            layout: this.layout,
            entries: [this.uniform, part.image, part.floor ?? this.nothing].map((buffer, binding) => (
                { binding, resource: { buffer } }
            )),
        });
        const drawing = encoder.beginRenderPass({
            colorAttachments: [{
                view: target.createView(), loadOp: isFirst ? "clear" : "load", storeOp: "store", clearValue: [0, 0, 0, 0],
            }],
        });
        drawing.setPipeline(this.pipeline(target.format));
        drawing.setBindGroup(0, group);
        drawing.setScissorRect(0, part.place.top, part.place.width, part.place.height);
        drawing.draw(3);
        drawing.end();
    }

    /** @param {GPUTexture} texture in PICTURE_FORMAT @returns {Promise<ImageData>} */
    async read(texture) {
        const { width, height } = texture;
        const row = Math.ceil((4 * width) / 256) * 256;
        const staging = this.gpu.buffer(row * height, "read");
        const encoder = this.gpu.device.createCommandEncoder();
        encoder.copyTextureToBuffer({ texture }, { buffer: staging, bytesPerRow: row }, [width, height]);
        this.gpu.device.queue.submit([encoder.finish()]);
        await staging.mapAsync(GPUMapMode.READ);
        const bytes = new Uint8Array(staging.getMappedRange());
        const picture = new ImageData(width, height);
        for (let y = 0; y < height; y++) {
            picture.data.set(bytes.subarray(row * y, row * y + 4 * width), 4 * width * y);
        }
        staging.destroy();
        return picture;
    }

    /** @param {GPUTextureFormat} format @returns {GPURenderPipeline} */
    pipeline(format) {
        const known = this.pipelines.get(format);
        if (known) {
            return known;
        }
        const made = this.gpu.device.createRenderPipeline({
            label: "present",
            layout: this.gpu.device.createPipelineLayout({ bindGroupLayouts: [this.layout] }),
            vertex: { module: this.module, entryPoint: "corner" },
            primitive: { topology: "triangle-list" },
            fragment: { module: this.module, entryPoint: "color", targets: [{ format }] },
        });
        this.pipelines.set(format, made);
        return made;
    }
}

/** @param {Part} part @param {View} view @param {boolean} hasAlpha @returns {ArrayBuffer} */
function paramsOf({ floor, width, height, place, depth }, view, hasAlpha) {
    const bytes = new ArrayBuffer(PARAMS);
    const floats = new Float32Array(bytes);
    floats.set([...view.background, hasAlpha ? 0 : 1, ...depth]);
    floats.set([width / place.width, height / place.height, 0, place.top, view.exposure], 6);
    const kinds = [BUFFERS.indexOf(view.buffer), CURVES.indexOf(view.curve)];
    new Uint32Array(bytes).set([width, height, ...kinds, floor ? 1 : 0], 11);
    return bytes;
}
