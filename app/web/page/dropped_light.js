// A dropped picture as an environment: .hdr, .png or .jpg, checked, made linear and brought to a size that light needs.

import { decoded } from "./lamp_handles.js";
import { PictureError, checkSize, readRadiance } from "./radiance_file.js";

/** @typedef {{name: string, width: number, height: number, radiance: Float32Array}} EnvironmentImage */

const MOST_BYTES = 128 << 20;
const MOST_ROWS = 512; // what the engine gets: 512 probes and the bright sources see no more
const LARGEST_RADIANCE = 1e6;
const LONGEST_NAME = 40;
const HEAD_BYTES = 1 << 20; // in which a JPEG must tell its size

/** @param {File} file @returns {Promise<EnvironmentImage>} throws PictureError */
export async function environmentIn(file) {
    const name = nameOf(file.name);
    const suffix = /\.([a-z]{3,4})$/i.exec(file.name)?.[1].toLowerCase() ?? "";
    if (file.size > MOST_BYTES) {
        throw new PictureError(`${name}: expected at most ${MOST_BYTES >> 20} MB, got ${Math.ceil(file.size / (1 << 20))}`);
    }
    try {
        if (suffix === "hdr") {
            return { name, ...reduced(linearRows(readRadiance(new Uint8Array(await file.arrayBuffer())))) };
        }
        if (["png", "jpg", "jpeg"].includes(suffix)) {
            return { name, ...reduced(await displayedRows(file)) };
        }
    } catch (error) {
        const reason = error instanceof PictureError ? error.message : "the browser cannot read this picture";
        throw new PictureError(`${name}: ${reason}`);
    }
    throw new PictureError(`${name}: expected an .hdr, .png or .jpg picture of an environment`);
}

/** @param {string} file @returns {string} */
function nameOf(file) {
    return file.replace(/\.[a-z]+$/i, "").replace(/[^\p{L}\p{N} ._-]/gu, "").slice(0, LONGEST_NAME) || "dropped light";
}

/** @typedef {{width: number, height: number, row: (index: number, into: Float32Array) => void}} Rows linear red, green, blue */

/** @param {import("./radiance_file.js").RadiancePicture} picture @returns {Rows} */
function linearRows({ width, height, rgbe, exposure }) {
    const scales = Float32Array.from({ length: 256 }, (_, exponent) => (exponent ? 2 ** (exponent - 136) / exposure : 0));
    return { width, height, row(index, into) {
        for (let column = 0; column < width; column++) {
            const at = 4 * (index * width + column);
            for (let channel = 0; channel < 3; channel++) {
                const value = rgbe[at + channel] * scales[rgbe[at + 3]];
                into[3 * column + channel] = value < LARGEST_RADIANCE ? value : LARGEST_RADIANCE;
            }
        }
    } };
}

/** @param {File} file @returns {Promise<Rows>} */
async function displayedRows(file) {
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    const [width, height] = displayedSize(head); // before the browser decodes all of it
    checkSize(width, height);
    const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    if (bitmap.width !== width || bitmap.height !== height) {
        bitmap.close();
        throw new PictureError("its size is not what it says; save it again");
    }
    const scale = Math.min(1, (2 * MOST_ROWS) / height); // of 8-bit values: the rest is averaged in linear light
    const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const table = Float32Array.from({ length: 256 }, (_, byte) => decoded(byte / 255));
    return { width: canvas.width, height: canvas.height, row(index, into) {
        const { data } = context.getImageData(0, index, canvas.width, 1);
        for (let column = 0; column < canvas.width; column++) {
            for (let channel = 0; channel < 3; channel++) {
                into[3 * column + channel] = table[data[4 * column + channel]];
            }
        }
    } };
}

/** Width and height that a PNG or a JPEG says. @param {Uint8Array} head @returns {[number, number]} */
function displayedSize(head) {
    const view = new DataView(head.buffer);
    if (head.length >= 24 && view.getUint32(0) === 0x89504e47 && view.getUint32(12) === 0x49484452) {
        return [view.getUint32(16), view.getUint32(20)];
    }
    if (head[0] !== 0xff || head[1] !== 0xd8) {
        throw new PictureError("expected a PNG or a JPEG, got another kind of file");
    }
    for (let at = 2; at + 9 < head.length && head[at] === 0xff; ) {
        const marker = head[at + 1];
        const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
        if (isFrame) {
            return [view.getUint16(at + 7), view.getUint16(at + 5)];
        }
        at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
    }
    throw new PictureError("the JPEG does not say its size");
}

/** Averages blocks of pixels until there are at most MOST_ROWS rows. @param {Rows} rows @returns {{width: number, height: number, radiance: Float32Array}} */
function reduced({ width, height, row }) {
    const step = Math.max(1, Math.ceil(height / MOST_ROWS));
    const [columns, lines] = [Math.floor(width / step), Math.floor(height / step)];
    const radiance = new Float32Array(3 * columns * lines);
    const texels = new Float32Array(3 * width);
    let isLit = false;
    for (let index = 0; index < lines * step; index++) {
        row(index, texels);
        const to = 3 * columns * Math.floor(index / step);
        for (let column = 0; column < columns * step; column++) {
            for (let channel = 0; channel < 3; channel++) {
                radiance[to + 3 * Math.floor(column / step) + channel] += texels[3 * column + channel] / (step * step);
            }
        }
    }
    for (let at = 0; at < radiance.length && !isLit; at++) {
        isLit = radiance[at] > 0;
    }
    if (!isLit) {
        throw new PictureError("expected some light, got only black");
    }
    return { width: columns, height: lines, radiance };
}
