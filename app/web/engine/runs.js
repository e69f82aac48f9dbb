// The runs of frame.json, one by one: for each avatar or tile with names of their own. Twin of kernels/gpu/instances.py.

/** @typedef {import("./device.js").Pass} Pass */
/** @typedef {number | boolean | string | number[] | Uint32Array} Value */
/** @typedef {Record<string, Value>} Values by their names in frame.json */

/**
 * @typedef {object} Run of frame.json
 * @property {string} name
 * @property {string} pass
 * @property {string} [when] a value that must be true, or with an exclamation mark must not
 * @property {string} [unless] a value that must not be true
 * @property {Record<string, Value>} [params]
 * @property {Record<string, string>} [buffers]
 * @property {string[]} [clears]
 * @property {Record<string, string[]>} [clears_after]
 * @property {{counts?: (string | number)[], per?: (string | number)[], indirect?: string, kind?: number}} [dispatch]
 * @property {string} [target]
 * @property {(string | number)[]} [corners]
 * @property {string} [map]
 */

/** @param {string} name @returns {string} as the description has it: avatar3.list -> avatar.list */
export function general(name) {
    const dot = name.indexOf(".");
    return dot < 0 ? name : name.slice(0, dot).replace(/\d+$/, "") + name.slice(dot);
}

export class Runs {
    /** @param {any} described frame.json */
    constructor(described) {
        this.described = described;
        this.counted = "";
        /** @type {Instance[]} */
        this.all = [];
    }

    /** @param {Record<string, number>} numbers how many avatars and tiles there are */
    count(numbers) {
        const counted = JSON.stringify(numbers);
        if (counted === this.counted) {
            return;
        }
        this.counted = counted;
        this.all = [];
        for (const entry of this.described.frame) {
            const each = entry.each ?? "";
            for (let index = 0; index < (each ? numbers[each] : 1); index++) {
                for (const run of entry.runs ?? [entry]) {
                    this.all.push(new Instance(run, this.described.passes[run.pass], each, index));
                }
            }
        }
    }
}

/** A run, for one of the avatars or tiles where it is one of several. */
export class Instance {
    /** @param {Run} run @param {Pass} pass @param {string} each @param {number} index */
    constructor(run, pass, each, index) {
        this.run = run;
        this.pass = pass;
        this.key = each ? `${run.name}${index}` : run.name;
        /** This one's name of a buffer or value: avatar.f0 -> avatar3.f0. @type {(name: string) => string} */
        this.named = (name) => (
            each && name.startsWith(`${each}.`) ? `${each}${index}${name.slice(each.length)}` : name
        );
        /** Names and access of the buffers, in the order of the pass's bindings. @type {[string, string][]} */
        this.bound = pass.bindings.map(([name, access]) => [this.named(run.buffers?.[name] ?? name), access]);
    }

    /** @param {Values} values @param {Value} name @returns {Value} */
    value(values, name) {
        if (typeof name !== "string") {
            return name;
        }
        const found = values[this.named(name)];
        if (found === undefined) {
            throw new Error(`${this.key}: no value ${this.named(name)}`);
        }
        return found;
    }

    /** @param {Values} values @param {(string | number)[]} factors @returns {number} */
    product(values, factors) {
        return factors.reduce((/** @type {number} */ product, factor) => product * Number(this.value(values, factor)), 1);
    }

    /** @param {Values} values @returns {number[]} */
    workgroups(values) {
        const { counts = [], per = [] } = this.run.dispatch ?? {};
        return counts.map((name, at) => (
            Math.ceil(Number(this.value(values, name)) / Number(this.value(values, per[at])))
        ));
    }

    /** @param {Values} values @returns {{bytes: ArrayBuffer, text: string}} the uniform, and what equals only for equal ones */
    params(values) {
        const fields = (this.pass.params ?? []).map(([field, kind]) => {
            const value = this.value(values, this.run.params?.[field] ?? field);
            const numbers = Array.isArray(value) || value instanceof Uint32Array ? Array.from(value) : [Number(value)];
            return { isFloat: kind === "f32" || kind === "vec4f", numbers };
        });
        const count = fields.reduce((sum, { numbers }) => sum + numbers.length, 0);
        const bytes = new ArrayBuffer(Math.ceil(count / 4) * 16);
        const floats = new Float32Array(bytes);
        const words = new Uint32Array(bytes);
        let at = 0;
        for (const { isFloat, numbers } of fields) {
            (isFloat ? floats : words).set(numbers, at);
            at += numbers.length;
        }
        return { bytes, text: words.join() };
    }
}
