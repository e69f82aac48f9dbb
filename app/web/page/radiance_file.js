// Reads Radiance pictures (.hdr) of strangers: sizes are checked before anything is allocated. The twin of
// phynes_core/io/radiance_files.py.

export const MOST_WIDTH = 8192;
export const MOST_HEIGHT = 4096;
const MOST_UNPACKED = 127; // times the file's bytes: the longest run of the coding
const LONGEST_HEADER = 1 << 16;
const EXPOSURES = [1e-9, 1e9];

/** Why a picture cannot be used, in a sentence for the visitor. */
export class PictureError extends Error {}

/** @typedef {{width: number, height: number, rgbe: Uint8Array, exposure: number}} RadiancePicture four bytes a pixel, row 0 on top */

/** @param {Uint8Array} bytes @returns {RadiancePicture} throws PictureError */
export function readRadiance(bytes) {
    const { lines, next } = headerOf(bytes);
    if (lines.some((line) => line.startsWith("FORMAT=32-bit_rle_xyze"))) {
        throw new PictureError("expected a Radiance picture in RGBE, got XYZE; convert it");
    }
    const end = bytes.indexOf(10, next);
    const sizeLine = end >= 0 && end - next < 80 ? latin(bytes.subarray(next, end)) : "";
    const size = /^-Y (\d{1,6}) \+X (\d{1,6})\s*$/.exec(sizeLine);
    if (size === null) {
        throw new PictureError("expected a resolution line '-Y rows +X columns'; save the picture unrotated");
    }
    const [height, width] = [Number(size[1]), Number(size[2])];
    checkSize(width, height);
    if (width * height * 4 > MOST_UNPACKED * bytes.length) {
        throw new PictureError(`${width} x ${height} pixels do not fit into the file; it is damaged`);
    }
    const exposure = lines.filter((line) => line.startsWith("EXPOSURE="))
        .reduce((product, line) => product * Number(line.slice(9)), 1);
    if (!(exposure >= EXPOSURES[0] && exposure <= EXPOSURES[1])) {
        throw new PictureError("expected an exposure of 1e-9 to 1e9; the file is damaged");
    }
    const rgbe = new Uint8Array(4 * width * height);
    unpack(bytes, end + 1, rgbe, width, height);
    return { width, height, rgbe, exposure };
}

/** Throws PictureError for a size that no environment has. @param {number} width @param {number} height */
export function checkSize(width, height) {
    if (width > MOST_WIDTH || height > MOST_HEIGHT || width < 2 || height < 1) {
        throw new PictureError(`expected at most ${MOST_WIDTH} x ${MOST_HEIGHT} pixels, got ${width} x ${height}`);
    }
    if (width !== 2 * height) {
        throw new PictureError(
            `expected a lat-long picture twice as wide as high, got ${width} x ${height}; export it as equirectangular`,
        );
    }
}

/** @param {Uint8Array} bytes @returns {{lines: string[], next: number}} lines without spaces, and where the resolution begins */
function headerOf(bytes) {
    const head = bytes.subarray(0, LONGEST_HEADER);
    let blank = -1;
    for (let at = 0; at + 1 < head.length && blank < 0; at++) {
        blank = head[at] === 10 && head[at + 1] === 10 ? at : -1;
    }
    if (head[0] !== 35 || head[1] !== 63 || blank < 0) {
        throw new PictureError("expected a Radiance picture (#?RADIANCE), got another kind of file");
    }
    return { lines: latin(head.subarray(0, blank)).replaceAll(" ", "").split("\n"), next: blank + 2 };
}

/** @param {Uint8Array} bytes @returns {string} */
function latin(bytes) {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** @param {Uint8Array} bytes @param {number} start @param {Uint8Array} rgbe @param {number} width @param {number} height */
function unpack(bytes, start, rgbe, width, height) {
    let at = start;
    for (let row = 0; row < height; row++) {
        const isPlanar = width >= 8 && width < 32768 && bytes[at] === 2 && bytes[at + 1] === 2 && bytes[at + 2] < 128;
        if (!isPlanar) {
            unpackFlat(bytes, at, rgbe.subarray(4 * row * width));
            return;
        }
        if (((bytes[at + 2] << 8) | bytes[at + 3]) !== width) {
            throw damaged();
        }
        at += 4;
        for (let channel = 0; channel < 4; channel++) {
            at = unpackLine(bytes, at, rgbe, 4 * row * width + channel, width);
        }
    }
}

/** One channel of a row in the new coding: a count over 128 repeats one byte, else bytes follow. @param {Uint8Array} bytes @param {number} at @param {Uint8Array} rgbe @param {number} to @param {number} width @returns {number} */
function unpackLine(bytes, at, rgbe, to, width) {
    let done = 0;
    while (done < width) {
        const count = bytes[at];
        const isRun = count > 128;
        const length = isRun ? count - 128 : count;
        const next = at + 1 + (isRun ? 1 : count);
        if (count === undefined || count === 0 || done + length > width || next > bytes.length) {
            throw damaged();
        }
        for (let step = 0; step < length; step++) {
            rgbe[to + 4 * (done + step)] = bytes[at + 1 + (isRun ? 0 : step)];
        }
        done += length;
        at = next;
    }
    return at;
}

/** Plain pixels; in the old coding (1, 1, 1, n) repeats the last pixel n times; counts in a row add 8 bits each. @param {Uint8Array} bytes @param {number} at @param {Uint8Array} pixels */
function unpackFlat(bytes, at, pixels) {
    let shift = 0;
    for (let to = 0; to < pixels.length; at += 4) {
        if (at + 4 > bytes.length) {
            throw damaged();
        }
        if (bytes[at] === 1 && bytes[at + 1] === 1 && bytes[at + 2] === 1) {
            const count = Math.min(bytes[at + 3] * 2 ** shift, (pixels.length - to) / 4);
            shift = Math.min(shift + 8, 24);
            for (let step = 0; step < count; step++, to += 4) {
                if (to > 0) {
                    pixels.copyWithin(to, to - 4, to);
                }
            }
        } else {
            pixels.set(bytes.subarray(at, at + 4), to);
            to += 4;
            shift = 0;
        }
    }
}

/** @returns {PictureError} */
function damaged() {
    return new PictureError("the file ends early or is damaged; save it again");
}
