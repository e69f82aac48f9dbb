// Pictures as PNG, and turntables as WebM: frames are computed one after another, then played to the recorder in time.

/** @typedef {import("../engine/renderer.js").Renderer} Renderer */
/** @typedef {import("../engine/view.js").View} View */
/** @typedef {{width: number, height: number}} Size */

const BITS_PER_PIXEL = 0.35; // of a second of video, a frame
const EMPTY_BYTES = 250; // of a video without a frame
const LAST_FRAMES_MS = 200; // until the recorder has taken them
const KINDS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
const FRAME_QUALITY = 0.96; // of the frames that wait for the recorder

/** Told when a recording is cancelled; nothing of it is left. */
export class Cancelled extends Error {}

/** @param {Renderer} renderer @param {View} view @param {Size & {alpha: boolean}} size @returns {Promise<Blob>} */
export async function pictureOf(renderer, view, size) {
    const canvas = canvasOf(await renderer.readPixels(view, size));
    return canvas.convertToBlob({ type: "image/png" });
}

/**
 * @typedef {object} Recording
 * @property {number} count of frames
 * @property {number} fps
 * @property {Size} size
 * @property {(index: number) => View} viewAt
 * @property {AbortSignal} signal
 * @property {(share: number) => void} onProgress 0 to 1
 */

/**
 * @param {Renderer} renderer @param {Recording} recording
 * @returns {Promise<Blob>} throws Cancelled
 */
export async function videoOf(renderer, { count, fps, size, viewAt, signal, onProgress }) {
    const kind = videoKind();
    if (kind === null) {
        throw new Error("This browser records no video; another one does.");
    }
    /** @type {Blob[]} */
    const frames = [];
    for (let index = 0; index < count; index++) {
        const pixels = await renderer.readPixels(viewAt(index), size);
        check(signal);
        frames.push(await canvasOf(pixels).convertToBlob({ type: "image/webp", quality: FRAME_QUALITY }));
        onProgress((0.9 * (index + 1)) / count);
    }
    return recorded(frames, { fps, size, kind, signal, onProgress });
}

/** The first kind of file that this browser records; null for none. @returns {string | null} */
export function videoKind() {
    return globalThis.MediaRecorder ? KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? null : null;
}

/**
 * @param {Blob[]} frames
 * @param {{fps: number, size: Size, kind: string, signal: AbortSignal, onProgress: (share: number) => void}} settings
 * @returns {Promise<Blob>}
 */
async function recorded(frames, { fps, size, kind, signal, onProgress }) {
    const canvas = Object.assign(document.createElement("canvas"), size);
    const context = /** @type {CanvasRenderingContext2D} */ (
        canvas.getContext("2d", { alpha: false, willReadFrequently: true }) // the recorder reads every frame
    );
    const stream = canvas.captureStream(0); // takes a frame when it is told to
    const track = /** @type {CanvasCaptureMediaStreamTrack} */ (stream.getVideoTracks()[0]);
    const recorder = new MediaRecorder(stream, {
        mimeType: kind, videoBitsPerSecond: Math.max(2e6, BITS_PER_PIXEL * fps * size.width * size.height),
    });
    /** @type {Blob[]} */
    const parts = [];
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
    recorder.start();
    try {
        const started = performance.now();
        for (let index = 0; index < frames.length; index++) {
            await show(frames[index], context);
            track.requestFrame();
            check(signal);
            onProgress(0.9 + (0.1 * (index + 1)) / frames.length);
            await wait(started + ((index + 1) * 1000) / fps - performance.now());
        }
        await wait(LAST_FRAMES_MS);
    } finally {
        recorder.stop();
        await stopped;
    }
    if (parts.every(({ size }) => size < EMPTY_BYTES)) {
        throw new Error("this browser recorded nothing");
    }
    return new Blob(parts, { type: kind.split(";")[0] });
}

/** @param {Blob} frame @param {CanvasRenderingContext2D} context */
async function show(frame, context) {
    const bitmap = await createImageBitmap(frame);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
}

/** @param {number} milliseconds @returns {Promise<void>} */
function wait(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}

/** @param {AbortSignal} signal */
function check(signal) {
    if (signal.aborted) {
        throw new Cancelled("cancelled");
    }
}

/** @param {ImageData} pixels @returns {OffscreenCanvas} */
function canvasOf(pixels) {
    const canvas = new OffscreenCanvas(pixels.width, pixels.height);
    /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(pixels, 0, 0);
    return canvas;
}

/** Gives a file to the visitor. @param {Blob} blob @param {string} name */
export function download(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A name that a file can have. @param {string} name @returns {string} */
export function fileName(name) {
    return name.replace(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^\.+/, "").slice(0, 60) || "avatar";
}
