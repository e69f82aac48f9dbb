// The panel Save: the picture as PNG, a turntable as WebM with progress and cancel, the link.

import { turnLight, withCamera, withClip } from "./edits.js";
import { byId, option, setting } from "./rows.js";
import { Cancelled, download, fileName, pictureOf, videoKind, videoOf } from "./saving.js";
import { viewOf, wrapped } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("../engine/renderer.js").Renderer} Renderer */
/** @typedef {import("./saving.js").Size} Size */

/**
 * @typedef {object} SaveContext
 * @property {Store} store
 * @property {() => Renderer} renderer
 * @property {() => Size} size of the picture on the page, in pixels of the screen
 * @property {(text: string) => void} say
 * @property {() => string} link the page's address with the view
 */

const FPS = 30;
const SIZES = /** @type {const} */ ([["page", "as here"], ["1024", "1024 × 1024"], ["2048", "2048 × 2048"], ["1920", "1920 × 1080"], ["3840", "3840 × 2160"]]);
const VIDEO_SIZES = /** @type {const} */ ([["256", "256 × 256"], ["512", "512 × 512"], ["720", "720 × 720"], ["1080", "1080 × 1080"]]);
const SPINS = /** @type {const} */ ([["camera", "the camera"], ["light", "all light"], ["clip", "nothing, the clip plays"]]);
const LENGTHS = /** @type {const} */ ([["1", "1 s"], ["2", "2 s"], ["4", "4 s"], ["8", "8 s"]]);

export class SavePanel {
    /** @param {SaveContext} context */
    constructor(context) {
        this.context = context;
        this.pictureSize = setting("picture-rows", "size", SIZES, "page");
        this.isClear = option("picture-rows", "clear behind");
        this.spin = setting("video-rows", "goes round", SPINS, "camera");
        this.length = setting("video-rows", "length", LENGTHS, "4");
        this.videoSize = setting("video-rows", "size", VIDEO_SIZES, "720");
        /** @type {AbortController | null} of the video that is being made */
        this.recording = null;
        byId("save-picture").addEventListener("click", () => void this.savePicture());
        byId("record").addEventListener("click", () => void this.record());
        byId("cancel").addEventListener("click", () => this.recording?.abort());
        byId("copy-link").addEventListener("click", () => void this.copyLink());
    }

    /** The picture as it is shown, at any size. */
    async savePicture() {
        const { store, renderer, say } = this.context;
        const button = byId("save-picture");
        button.toggleAttribute("disabled", true);
        try {
            const size = { ...sizeOf(this.pictureSize(), this.context.size()), alpha: this.isClear() };
            const blob = await pictureOf(renderer(), viewOf(store.state, renderer(), "full"), size);
            download(blob, `${this.name}.png`);
            say(`${this.name}.png, ${size.width} × ${size.height} pixels`);
        } catch (error) {
            say(`The picture could not be made: ${reasonOf(error)}`);
        } finally {
            button.toggleAttribute("disabled", false);
        }
    }

    /** A turntable; a second call while one is made does nothing. */
    async record() {
        const { store, renderer, say } = this.context;
        const clip = renderer().description.clips[store.state.clip.index];
        const spin = this.spin();
        if (this.recording || videoKind() === null || (spin === "clip" && !clip)) {
            say(this.recording ? "A video is being made" : spin === "clip" ? "There is no clip: choose one first" : "This browser records no video");
            return;
        }
        const seconds = spin === "clip" && clip ? clip.seconds : Number(this.length());
        const count = Math.max(2, Math.round(seconds * FPS));
        const start = store.state;
        const recording = new AbortController();
        this.show(recording);
        try {
            const blob = await videoOf(renderer(), {
                count, fps: FPS, size: sizeOf(this.videoSize(), this.context.size()), signal: recording.signal,
                viewAt: (index) => viewOf(moment(start, spin, index / count, clip?.seconds ?? 0), renderer(), "full"),
                onProgress: (share) => { /** @type {HTMLProgressElement} */ (byId("progress")).value = share; },
            });
            const suffix = blob.type.includes("mp4") ? "mp4" : "webm";
            download(blob, `${this.name}.${suffix}`);
            say(`${this.name}.${suffix}, ${(blob.size / 1e6).toFixed(1)} MB`);
        } catch (error) {
            say(error instanceof Cancelled ? "The video is cancelled" : `The video could not be made: ${reasonOf(error)}`);
        } finally {
            this.show(null);
        }
    }

    /** @param {AbortController | null} recording */
    show(recording) {
        this.recording = recording;
        byId("recording").hidden = recording === null;
        byId("record").toggleAttribute("disabled", recording !== null);
        /** @type {HTMLProgressElement} */ (byId("progress")).value = 0;
    }

    async copyLink() {
        const { link, say } = this.context;
        try {
            await navigator.clipboard.writeText(link());
            say("The link is copied");
        } catch {
            say("This browser lets no page copy: take the address of the page");
        }
    }

    /** Of files. @returns {string} */
    get name() {
        return fileName(this.context.renderer().description.name);
    }
}

/** @param {string} name of a choice @param {Size} shown @returns {Size} */
function sizeOf(name, shown) {
    const height = { 1920: 1080, 3840: 2160 }[name];
    return name === "page" ? shown : { width: Number(name), height: height ?? Number(name) };
}

/** The state of a turntable after a share of its length. @param {State} start @param {string} spin @param {number} share @param {number} seconds of the clip @returns {State} */
function moment(start, spin, share, seconds) {
    if (spin === "camera") {
        return withCamera(start, { azimuth: wrapped(start.camera.azimuth + 360 * share) });
    }
    if (spin === "light") {
        const lamps = start.lamps.map((lamp) => ({ ...lamp, azimuth: wrapped(lamp.azimuth + 360 * share) }));
        return turnLight({ ...start, lamps }, 360 * share);
    }
    return withClip(start, { time: share * seconds });
}

/** @param {unknown} error @returns {string} */
function reasonOf(error) {
    return error instanceof Error ? error.message : String(error);
}
