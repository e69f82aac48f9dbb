// An opened GPU: pipelines compiled once, and buffers. The twin of phynes_core/kernels/gpu/device.py.

/**
 * @typedef {object} Pass of frame.json
 * @property {string} file
 * @property {[string, string, string][]} bindings name, access, element
 * @property {[string, string][]} [params]
 * @property {string} [constants]
 * @property {string[]} [entries]
 * @property {string} [target]
 */

/**
 * The engine's files, as the exporter joins them.
 * @typedef {object} Engine
 * @property {any} frame frame.json
 * @property {Record<string, string>} wgsl text of each pass's file, includes and all
 * @property {string} present the pass that shows a picture
 */

const MOST_BYTES = 128 << 20; // what every browser lets a pass bind

/** Why there is no picture; the message is a sentence for the visitor. */
export class NoWebGpu extends Error {}

/** The GPU cannot go on: memory is short, or a picture is too large for it. */
class GpuError extends Error {}

export class Gpu {
    /** @param {GPUDevice} device @param {Engine} engine @param {string} name */
    constructor(device, engine, name) {
        this.device = device;
        this.engine = engine;
        this.name = name;
        /** @type {Map<string, GPUComputePipeline | GPURenderPipeline>} */
        this.pipelines = new Map();
        /** @type {Map<string, GPUBindGroupLayout>} */
        this.layouts = new Map();
    }

    /**
     * Throws NoWebGpu where the browser or the machine has none.
     * @param {Engine} engine @returns {Promise<Gpu>}
     */
    static async open(engine) {
        const gpu = navigator.gpu;
        if (!gpu) {
            throw new NoWebGpu("This browser has no WebGPU, which computes the picture.");
        }
        const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
        if (adapter === null) {
            throw new NoWebGpu("This browser has WebGPU, but no graphics card that it lets pages use.");
        }
        const device = await adapter.requestDevice();
        const { vendor, architecture, description } = adapter.info;
        return new Gpu(device, engine, description || `${vendor} ${architecture}`.trim());
    }

    /** @param {string} name @returns {Pass} */
    pass(name) {
        return this.engine.frame.passes[name];
    }

    /**
     * Memory on the device, zeroed.
     * @param {number} bytes @param {"" | "read" | "uniform"} use "read": for the host, "uniform": parameters
     * @returns {GPUBuffer}
     */
    buffer(bytes, use = "") {
        const size = Math.ceil(Math.max(bytes, 16) / 16) * 16;
        if (size > MOST_BYTES) {
            throw new GpuError(`A buffer of ${size >> 20} MB is needed, which is more than WebGPU's 128 MB.`);
        }
        const flags = GPUBufferUsage;
        const usage = {
            "": flags.STORAGE | flags.COPY_DST | flags.COPY_SRC | flags.INDIRECT,
            read: flags.MAP_READ | flags.COPY_DST,
            uniform: flags.UNIFORM | flags.COPY_DST,
        }[use];
        return this.device.createBuffer({ size, usage });
    }

    /** @param {GPUBuffer} buffer @param {ArrayBufferView | ArrayBuffer} content its beginning, before the next submission */
    write(buffer, content) {
        const bytes = ArrayBuffer.isView(content)
            ? new Uint8Array(content.buffer, content.byteOffset, content.byteLength) : new Uint8Array(content);
        const whole = bytes.length % 4 === 0 ? bytes : padded(bytes);
        this.device.queue.writeBuffer(buffer, 0, /** @type {BufferSource} */ (whole));
    }

    /** @param {ArrayBufferView} content @returns {GPUBuffer} a new one */
    uploaded(content) {
        const buffer = this.buffer(content.byteLength);
        if (content.byteLength > 0) {
            this.write(buffer, content);
        }
        return buffer;
    }

    /** @param {number} width @param {number} height @param {string} format @returns {GPUTexture} drawn and read */
    texture(width, height, format) {
        const flags = GPUTextureUsage;
        return this.device.createTexture({
            size: [width, height], format: /** @type {GPUTextureFormat} */ (format),
            usage: flags.RENDER_ATTACHMENT | flags.TEXTURE_BINDING | flags.COPY_SRC,
        });
    }

    /**
     * The beginning of a buffer, after all that was submitted.
     * @param {GPUBuffer} buffer @param {number} bytes @returns {Promise<ArrayBuffer>}
     */
    async download(buffer, bytes) {
        const staging = this.buffer(bytes, "read");
        const encoder = this.device.createCommandEncoder();
        encoder.copyBufferToBuffer(buffer, 0, staging, 0, Math.ceil(bytes / 4) * 4);
        this.device.queue.submit([encoder.finish()]);
        try {
            await staging.mapAsync(GPUMapMode.READ);
            return staging.getMappedRange(0, Math.ceil(bytes / 4) * 4).slice(0, bytes);
        } finally {
            staging.destroy();
        }
    }

    /** @param {string} name of a pass @param {string[]} constants @returns {GPUComputePipeline | GPURenderPipeline} */
    pipeline(name, constants) {
        const key = [name, ...constants].join(" ");
        const known = this.pipelines.get(key);
        if (known) {
            return known;
        }
        const { compute, drawing } = this.described(name, constants);
        const made = compute ? this.device.createComputePipeline(compute) : this.device.createRenderPipeline(drawing);
        this.pipelines.set(key, made);
        return made;
    }

    /** Compiles a pass beside others, before it is needed. @param {string} name @param {string[]} constants */
    async compile(name, constants) {
        const key = [name, ...constants].join(" ");
        if (!this.pipelines.has(key)) {
            const { compute, drawing } = this.described(name, constants);
            this.pipelines.set(key, compute ? await this.device.createComputePipelineAsync(compute)
                : await this.device.createRenderPipelineAsync(drawing));
        }
    }

    /**
     * @param {string} name @param {string[]} constants
     * @returns {{compute: GPUComputePipelineDescriptor, drawing?: undefined} | {compute?: undefined, drawing: GPURenderPipelineDescriptor}}
     */
    described(name, constants) {
        const pass = this.pass(name);
        const module = this.device.createShaderModule({ label: pass.file, code: this.source(pass, constants) });
        const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.layout(name)] });
        if (!pass.entries) {
            return { compute: { label: name, layout, compute: { module, entryPoint: "main" } } };
        }
        const [corner, color] = pass.entries;
        const format = /** @type {GPUTextureFormat} */ (pass.target);
        return {
            drawing: {
                label: name, layout, vertex: { module, entryPoint: corner },
                primitive: { topology: "triangle-list", cullMode: "none" },
                depthStencil: { format: "depth32float", depthWriteEnabled: true, depthCompare: "greater" },
                fragment: { module, entryPoint: color, targets: [{ format }] },
            },
        };
    }

    /** @param {Pass} pass @param {string[]} constants @returns {string} */
    source(pass, constants) {
        const names = /** @type {string[]} */ (pass.constants ? this.engine.frame[pass.constants] : []);
        const lines = names.map((name, at) => `const ${name} = ${constants[at]};`);
        return [...lines, this.engine.wgsl[pass.file]].join("\n");
    }

    /** @param {string} name of a pass @returns {GPUBindGroupLayout} */
    layout(name) {
        const known = this.layouts.get(name);
        if (known) {
            return known;
        }
        const pass = this.pass(name);
        const stages = GPUShaderStage;
        const visibility = pass.entries ? stages.VERTEX | stages.FRAGMENT : stages.COMPUTE;
        /** @type {GPUBindGroupLayoutEntry[]} */
        const entries = pass.params ? [{ binding: 0, visibility, buffer: { type: "uniform" } }] : [];
        for (const [, access] of pass.bindings) {
            const binding = entries.length;
            if (access === "texture") {
                entries.push({ binding, visibility, texture: { sampleType: "uint" } });
            } else {
                const type = access === "read" ? "read-only-storage" : "storage";
                entries.push({ binding, visibility, buffer: { type } });
            }
        }
        const made = this.device.createBindGroupLayout({ label: name, entries });
        this.layouts.set(name, made);
        return made;
    }
}

/** @param {Uint8Array} bytes @returns {Uint8Array} */
function padded(bytes) {
    const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    whole.set(bytes);
    return whole;
}
