// The file's arrays: a head in JSON, then numbers, deflated as one.

/**
 * @typedef {object} Packet
 * @property {Record<string, any>} head what the exporter says of the avatar, its clips and lights
 * @property {Record<string, Uint8Array>} arrays by name
 */

/**
 * The packet of a self-contained page: base64 in an element of its own.
 * @param {Document} page @returns {Promise<Packet>}
 */
export async function embeddedPacket(page) {
    throw new Error("not written yet");
}

/**
 * The packet of a file's bytes, such as `avatar.bin` of an exported folder.
 * @param {Uint8Array} bytes @returns {Promise<Packet>}
 */
export async function readPacket(bytes) {
    throw new Error("not written yet");
}
