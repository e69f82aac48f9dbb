// Runs the described passes: only those that are wanted and stale. The twin of phynes_core/kernels/gpu/graph.py.

import { Runs, general } from "./runs.js";

/** @typedef {import("./device.js").Gpu} Gpu */
/** @typedef {import("./runs.js").Instance} Instance */
/** @typedef {import("./runs.js").Values} Values */
/** @typedef {{buffer: GPUBuffer, version: string, madeOf: string}} Held */
/** @typedef {{size: string, ids: GPUTextureView, depth: GPUTextureView, textures: GPUTexture[]}} Drawn */

const NONE = "-"; // a binding that a run does not use
let version = 0;

/** @returns {string} one that no other content has */
function nextVersion() {
    version += 1;
    return `v${version}`;
}

export class PassGraph {
    /** @param {Gpu} gpu @param {PassGraph | null} base another view of the same scene, whose bodies are prepared once */
    constructor(gpu, base = null) {
        this.gpu = gpu;
        this.base = base;
        this.described = gpu.engine.frame;
        this.runs = new Runs(this.described);
        /** @type {Map<string, Held>} */
        this.held = new Map();
        /** @type {Map<string, Drawn>} */
        this.textures = new Map();
        /** @type {Map<string, string>} */
        this.made = new Map();
        /** @type {Map<string, {content: string, buffer: GPUBuffer}>} */
        this.uniforms = new Map();
        /** @type {Map<string, {resources: object[], group: GPUBindGroup}>} */
        this.groups = new Map();
        /** @type {Set<string>} */
        this.supplied = new Set();
        /** @type {Values} */
        this.values = {};
        /** @type {string[]} runs of the last frame */
        this.ran = [];
    }

    /** @param {Values} values of this frame @param {Record<string, number>} numbers how many avatars and tiles */
    start(values, numbers) {
        this.values = values;
        this.runs.count(numbers);
        this.supplied.clear();
        this.ran = [];
    }

    /**
     * A buffer that the page fills: anew when the version differs.
     * @param {string} name @param {string} version @param {() => ArrayBufferView} make
     */
    supply(name, version, make) {
        let held = this.held.get(name);
        if (!held || held.version !== version) {
            const content = make();
            if (!held || held.buffer.size < content.byteLength) {
                held?.buffer.destroy();
                held = { buffer: this.gpu.buffer(content.byteLength), version, madeOf: "" };
                this.held.set(name, held);
            }
            if (content.byteLength > 0) {
                this.gpu.write(held.buffer, content);
            }
            held.version = version;
        }
        this.supplied.add(name);
    }

    /**
     * A buffer that lies on the device already; its content is another one when the version differs.
     * @param {string} name @param {GPUBuffer} buffer @param {string} version
     */
    lend(name, buffer, version) {
        const held = this.held.get(name);
        if (held?.buffer !== buffer || held.version !== version) {
            this.held.set(name, { buffer, version, madeOf: "" });
        }
        this.supplied.add(name);
    }

    /** Encodes what brings these buffers up to date. @param {string[]} wanted @param {GPUCommandEncoder} encoder */
    encode(wanted, encoder) {
        /** @type {GPUComputePassEncoder | null} */
        let compute = null;
        for (const instance of this.needed(wanted)) {
            compute = this.broughtUp(instance, encoder, compute);
        }
        compute?.end();
    }

    /** Compiles all that these buffers need, pass beside pass. @param {string[]} wanted */
    async compile(wanted) {
        await Promise.all(this.needed(wanted).map((each) => this.gpu.compile(each.run.pass, this.constants(each))));
    }

    /** @param {string} name of this frame's buffer, such as avatar0.list @returns {Held} */
    buffer(name) {
        const held = this.home(name).get(name);
        if (!held) {
            throw new Error(`${name}: no pass wrote it`);
        }
        return held;
    }

    /** @param {string[]} wanted @returns {Instance[]} the runs that something wanted follows from, in order */
    needed(wanted) {
        const names = new Set(wanted);
        const chosen = [];
        for (const instance of this.runs.all.slice().reverse()) {
            const { run } = instance;
            const writes = instance.bound.filter(([, access]) => access === "write").map(([name]) => name);
            const all = run.target ? [...writes, run.target] : writes;
            if (all.some((name) => names.has(name) && !this.supplied.has(name)) && this.mayRun(instance)) {
                chosen.push(instance);
                instance.bound.forEach(([name, access]) => {
                    if (access === "read" || access === "texture") {
                        names.add(name);
                    }
                });
                Object.values(run.clears_after ?? {}).flat().forEach((name) => names.add(name));
                if (run.dispatch?.indirect) {
                    names.add(instance.named(run.dispatch.indirect));
                }
            }
        }
        return chosen.reverse();
    }

    /** @param {Instance} instance @returns {boolean} */
    mayRun({ run, named }) {
        const isTrue = (/** @type {string} */ name) => Boolean(this.values[named(name)]); // one that is missing is not
        const { when = "", unless = "" } = run;
        const isWanted = !when || isTrue(when.replace("!", "")) !== when.startsWith("!");
        return isWanted && !(unless && isTrue(unless));
    }

    /**
     * Encodes the run if it is stale; returns the open compute pass.
     * @param {Instance} instance @param {GPUCommandEncoder} encoder @param {GPUComputePassEncoder | null} compute
     * @returns {GPUComputePassEncoder | null}
     */
    broughtUp(instance, encoder, compute) {
        const { run, bound } = instance;
        const helds = new Map();
        for (const [name, access] of bound) {
            helds.set(name, access === "texture" ? this.drawn(name) : this.allocated(instance, name));
        }
        const params = instance.params(this.values);
        const constants = this.constants(instance);
        const size = run.target ? [instance.product(this.values, run.corners ?? [])] : instance.workgroups(this.values);
        const after = Object.entries(run.clears_after ?? {}).map(([name, others]) => (
            { name: instance.named(name), base: others.map((other) => this.buffer(other).version).join() }
        ));
        const target = run.target ? this.drawn(run.target) : null;
        const read = bound.filter(([name, access]) => access === "read" && name !== NONE);
        const written = bound.filter(([, access]) => access === "write");
        const drawn = bound.filter(([, access]) => access === "texture");
        const key = [
            ...read.map(([name]) => helds.get(name).version), ...drawn.map(([name]) => this.made.get(`texture ${name}`)),
            params.text, ...constants, ...written.map(([name]) => helds.get(name).buffer.label), target?.size,
            ...after.map(({ base }) => base), ...size,
        ].join("|");
        const made = this.madeIn(bound);
        if (made.get(instance.key) === key) {
            return compute;
        }
        made.set(instance.key, key);
        this.ran.push(run.name);
        const clears = (run.clears ?? []).map((name) => helds.get(instance.named(name)));
        for (const { name, base } of after) {
            const held = helds.get(name);
            if (held.madeOf !== base) {
                held.madeOf = base;
                clears.push(held);
            }
        }
        if (compute && (clears.length > 0 || target)) {
            compute.end();
            compute = null;
        }
        clears.forEach((held) => encoder.clearBuffer(held.buffer));
        const pipeline = this.gpu.pipeline(run.pass, constants);
        const group = this.group(instance, params, bound.map(([name]) => helds.get(name)));
        if (target) {
            draw(encoder, target, /** @type {GPURenderPipeline} */ (pipeline), group, size[0]);
            this.made.set(`texture ${run.target}`, nextVersion());
        } else {
            compute = compute ?? encoder.beginComputePass();
            compute.setPipeline(/** @type {GPUComputePipeline} */ (pipeline));
            compute.setBindGroup(0, group);
            if (run.dispatch?.indirect) {
                const sizes = this.buffer(instance.named(run.dispatch.indirect)).buffer;
                compute.dispatchWorkgroupsIndirect(sizes, 16 * (run.dispatch.kind ?? 0));
            } else {
                compute.dispatchWorkgroups(size[0], size[1] ?? 1, size[2] ?? 1);
            }
        }
        const version = nextVersion();
        written.forEach(([name]) => { helds.get(name).version = version; });
        return compute;
    }

    /** @param {Instance} instance @returns {string[]} values of the pass's constants */
    constants({ run, pass, named }) {
        const names = /** @type {string[]} */ (pass.constants ? this.described[pass.constants] : []);
        return names.map((name) => String(this.values[`${named(run.map ?? "")}.${name}`]));
    }

    /** @param {[string, string][]} bound @returns {Map<string, string>} with the base where all that it touches is shared */
    madeIn(bound) {
        const isOwn = bound.some(([name, access]) => (
            access === "texture" || (general(name) in this.described.buffers && !this.isShared(name))
        ));
        return this.base === null || isOwn ? this.made : this.base.made;
    }

    /** @param {string} name @returns {boolean} */
    isShared(name) {
        return Boolean(this.described.buffers[general(name)]?.shared);
    }

    /** @param {string} name @returns {Map<string, Held>} */
    home(name) {
        return this.base && this.isShared(name) && !this.supplied.has(name) ? this.base.held : this.held;
    }

    /** @param {Instance} instance @param {string} name @returns {Held} made where it is missing or of a wrong size */
    allocated(instance, name) {
        const home = this.home(name);
        const held = home.get(name);
        if (held && (name === NONE || this.supplied.has(name))) {
            return held;
        }
        const described = this.described.buffers[general(name)];
        const bytes = described ? Math.max(16, instance.product(this.values, described.bytes)) : 16;
        if (held && held.buffer.size >= bytes && held.buffer.size <= 4 * bytes + (1 << 20)) {
            return held;
        }
        const buffer = this.gpu.buffer(bytes); // one of 16 bytes where nothing was supplied: there is none
        buffer.label = nextVersion();
        held?.buffer.destroy();
        const made = { buffer, version: buffer.label, madeOf: "" };
        home.set(name, made);
        return made;
    }

    /** @param {string} name of a texture @returns {Drawn} */
    drawn(name) {
        const { format, size } = this.described.textures[name];
        const [width, height] = size.map((/** @type {string} */ side) => Number(this.values[side]));
        const known = this.textures.get(name);
        if (known?.size === `${width} x ${height}`) {
            return known;
        }
        known?.textures.forEach((texture) => texture.destroy());
        const textures = [format, "depth32float"].map((each) => this.gpu.texture(width, height, each));
        const [ids, depth] = textures.map((texture) => texture.createView());
        const made = { size: `${width} x ${height}`, ids, depth, textures };
        this.textures.set(name, made);
        this.made.delete(`texture ${name}`);
        return made;
    }

    /**
     * @param {Instance} instance @param {{bytes: ArrayBuffer, text: string}} params @param {(Held & Drawn)[]} bound
     * @returns {GPUBindGroup} made anew when a buffer is another one
     */
    group(instance, params, bound) {
        /** @type {any[]} */
        const resources = bound.map((each) => each.buffer ?? each.ids);
        if (instance.pass.params) {
            resources.unshift(this.uniform(instance.key, params));
        }
        const known = this.groups.get(instance.key);
        if (known && known.resources.length === resources.length && resources.every((each, at) => each === known.resources[at])) {
            return known.group;
        }
        const entries = resources.map((each, binding) => (
            { binding, resource: each instanceof GPUBuffer ? { buffer: each } : each }
        ));
        const group = this.gpu.device.createBindGroup({ layout: this.gpu.layout(instance.run.pass), entries });
        this.groups.set(instance.key, { resources, group });
        return group;
    }

    /** @param {string} key @param {{bytes: ArrayBuffer, text: string}} params @returns {GPUBuffer} */
    uniform(key, params) {
        let known = this.uniforms.get(key);
        if (!known) {
            known = { content: "", buffer: this.gpu.buffer(params.bytes.byteLength, "uniform") };
            this.uniforms.set(key, known);
        }
        if (known.content !== params.text) {
            this.gpu.write(known.buffer, params.bytes);
            known.content = params.text;
        }
        return known.buffer;
    }
}

/**
 * @param {GPUCommandEncoder} encoder @param {Drawn} target @param {GPURenderPipeline} pipeline @param {GPUBindGroup} group
 * @param {number} corners
 */
function draw(encoder, target, pipeline, group, corners) {
    const drawing = encoder.beginRenderPass({
        colorAttachments: [{ view: target.ids, clearValue: [0, 0, 0, 0], loadOp: "clear", storeOp: "store" }],
        depthStencilAttachment: {
            view: target.depth, depthClearValue: 0, depthLoadOp: "clear", depthStoreOp: "discard",
        },
    });
    drawing.setPipeline(pipeline);
    drawing.setBindGroup(0, group);
    drawing.draw(corners);
    drawing.end();
}
