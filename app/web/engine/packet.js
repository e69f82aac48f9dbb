// The file of numbers that the exporter writes (phynes_core/export/packet_file.py): a head in JSON, then arrays.

/** @typedef {Float32Array | Uint32Array | Uint8Array} Numbers */

/**
 * @typedef {object} Packet
 * @property {any} head what the exporter says of the avatar, its clips and lights
 * @property {Map<string, Numbers>} arrays by name
 */

/** @typedef {{name: string, kind: string, count: number, low?: number, step?: number}} Entry */

const MAGIC = "PHYNES1\n";
/** @type {Record<string, number>} */
const BYTES = { f32: 4, u32: 4, f16: 2, u16: 2, n16: 2, "2x16": 2, u8: 1 };
const MOST_BYTES = 1 << 30;

/** What is no packet, or a damaged one; the message is a sentence. */
class PacketError extends Error {}

/**
 * The packet of a self-contained page, which lies in the element `avatar` as base64; null where there is none.
 * @param {Document} page @returns {Promise<Packet | null>}
 */
export async function embeddedPacket(page) {
    const element = page.getElementById("avatar");
    return element === null ? null : readPacket(bytesOfBase64(element.textContent ?? ""));
}

/**
 * The packet of a file's bytes. Throws PacketError.
 * @param {Uint8Array} bytes @returns {Promise<Packet>}
 */
export async function readPacket(bytes) {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 16 || new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) {
        throw new PacketError("avatar: expected a file that PhyNES exported, got another; export it again");
    }
    const headSize = words.getUint32(8, true);
    const packedSize = words.getUint32(12, true);
    if (16 + headSize + packedSize !== bytes.length) {
        throw new PacketError("avatar: the file is cut short; copy or export it again");
    }
    const head = headOf(bytes.subarray(16, 16 + headSize));
    /** @type {Entry[]} */
    const entries = head.arrays;
    const size = entries.reduce((sum, entry) => sum + entry.count * BYTES[entry.kind], 0);
    if (size > MOST_BYTES) {
        throw new PacketError(`avatar: expected at most ${MOST_BYTES >> 20} MB of numbers; export it again`);
    }
    const unpacked = await inflated(bytes.subarray(16 + headSize), size);
    const arrays = new Map();
    let at = 0;
    for (const entry of entries) {
        const end = at + entry.count * BYTES[entry.kind];
        arrays.set(entry.name, numbers(unpacked.subarray(at, end), entry));
        at = end;
    }
    return { head, arrays };
}

/** @param {Uint8Array} text @returns {any} its list of arrays is one that can be read */
function headOf(text) {
    try {
        const head = JSON.parse(new TextDecoder().decode(text));
        const isWhole = (/** @type {Entry} */ { count, kind }) => Number.isSafeInteger(count) && count >= 0 && kind in BYTES;
        if (head.arrays.every(isWhole)) {
            return head;
        }
    } catch {
        // said below
    }
    throw new PacketError("avatar: the file's list of numbers is damaged; export it again");
}

/** @param {string} text @returns {Uint8Array} */
function bytesOfBase64(text) {
    const letters = atob(text.trim());
    const bytes = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at++) {
        bytes[at] = letters.charCodeAt(at);
    }
    return bytes;
}

/** @param {Uint8Array} packed @param {number} size @returns {Promise<Uint8Array>} */
async function inflated(packed, size) {
    const bytes = new Uint8Array(size);
    const reader = new Blob([/** @type {BlobPart} */ (packed)])
        .stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    let at = 0;
    for (;;) {
        const { done, value } = await reader.read().catch(() => {
            throw new PacketError("avatar: the file's numbers are damaged; export it again");
        });
        if (done) {
            break;
        }
        if (at + value.length > size) {
            throw new PacketError("avatar: the file holds more numbers than it says; export it again");
        }
        bytes.set(value, at);
        at += value.length;
    }
    if (at !== size) {
        throw new PacketError("avatar: the file holds fewer numbers than it says; export it again");
    }
    return bytes;
}

/** @param {Uint8Array} planes @param {Entry} entry @returns {Numbers} */
function numbers(planes, entry) {
    const width = BYTES[entry.kind];
    const bytes = new Uint8Array(planes.length);
    for (let plane = 0; plane < width; plane++) {
        for (let at = 0; at < entry.count; at++) {
            bytes[at * width + plane] = planes[plane * entry.count + at];
        }
    }
    if (entry.kind === "f32") {
        return new Float32Array(bytes.buffer);
    }
    if (entry.kind === "u32") {
        return new Uint32Array(bytes.buffer);
    }
    if (entry.kind === "u8") {
        return bytes;
    }
    if (entry.kind === "2x16") {
        return new Uint32Array(bytes.buffer);
    }
    const halves = new Uint16Array(bytes.buffer);
    if (entry.kind === "u16") {
        return new Uint32Array(halves);
    }
    if (entry.kind === "f16") {
        return Float32Array.from(halves, floatOfHalf);
    }
    return Float32Array.from(halves, (step) => (entry.low ?? 0) + (entry.step ?? 0) * step);
}

/** @param {number} half bits of an IEEE 754 binary16 @returns {number} */
function floatOfHalf(half) {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 31) {
        return fraction ? NaN : sign * Infinity;
    }
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
