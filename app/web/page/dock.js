// The bar below the picture: the strip of lights, the clip, and the buttons that open panels.

import { chooseClip, withClip, withLight } from "./edits.js";
import { byId, element } from "./rows.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("../engine/renderer.js").Description} Description */

const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 4];

export class Dock {
    /** @param {Store} store @param {() => Description} description */
    constructor(store, description) {
        this.store = store;
        this.description = description;
        /** @type {HTMLButtonElement[]} */
        this.lights = [];
        this.play = byId("play");
        this.clip = /** @type {HTMLSelectElement} */ (byId("clip"));
        this.scrub = /** @type {HTMLInputElement} */ (byId("scrub"));
        this.speed = /** @type {HTMLSelectElement} */ (byId("speed"));
        this.time = /** @type {HTMLOutputElement} */ (byId("time"));
        this.clip.append(element("option", { value: "-1" }, "rest pose"));
        description().clips.forEach(({ name }, index) => this.clip.append(element("option", { value: index }, name.replaceAll("_", " "))));
        SPEEDS.forEach((speed) => this.speed.append(element("option", { value: speed }, `${speed} ×`)));
        this.play.addEventListener("click", () => {
            const isFirst = store.state.clip.index < 0; // nothing is chosen: play the first clip
            store.post((state) => (isFirst ? chooseClip(state, 0) : withClip(state, { playing: !state.clip.playing })));
        });
        this.clip.addEventListener("change", () => {
            store.post((state) => chooseClip(state, Number(this.clip.value)), "clip");
            store.endGesture();
        });
        this.scrub.addEventListener("input", () => (
            store.post((state) => withClip(state, { time: Number(this.scrub.value), playing: false }))
        ));
        this.speed.addEventListener("change", () => store.post((state) => withClip(state, { speed: Number(this.speed.value) })));
        byId("transport").hidden = description().clips.length === 0;
        for (const button of document.querySelectorAll("#tabs [data-panel]")) {
            button.addEventListener("click", () => this.toggle(/** @type {HTMLElement} */ (button).dataset.panel ?? ""));
        }
    }

    /** Opens a panel, or closes it. @param {string} name "" closes all */
    toggle(name) {
        const isOpen = !byId("panel").hidden && !byId(`panel-${name || "light"}`).hidden;
        const opened = name && !isOpen ? name : "";
        byId("panel").hidden = opened === "";
        for (const section of document.querySelectorAll("#panel > section")) {
            /** @type {HTMLElement} */ (section).hidden = section.id !== `panel-${opened}`;
        }
        for (const button of document.querySelectorAll("#tabs [data-panel]")) {
            button.setAttribute("aria-expanded", String(/** @type {HTMLElement} */ (button).dataset.panel === opened));
        }
    }

    /** @param {State} state */
    sync(state) {
        const { environments, clips } = this.description();
        while (this.lights.length < environments.length) {
            this.lights.push(this.thumbnail(this.lights.length));
        }
        this.lights.forEach((button, index) => button.setAttribute("aria-pressed", String(index === state.light.index)));
        const clip = clips[state.clip.index];
        const isPlaying = state.clip.playing && clip !== undefined;
        this.play.setAttribute("aria-pressed", String(isPlaying));
        this.play.setAttribute("aria-label", isPlaying ? "Pause the clip" : "Play the clip");
        this.play.title = `${isPlaying ? "Pause" : "Play"} (Space)`;
        this.clip.value = String(state.clip.index);
        byId("transport").classList.toggle("still", clip === undefined);
        this.scrub.max = String(clip?.seconds ?? 1);
        this.scrub.value = String(state.clip.time);
        this.time.value = clip ? `${state.clip.time.toFixed(2)} s` : "";
        this.scrub.setAttribute("aria-valuetext", clip ? `${state.clip.time.toFixed(2)} of ${clip.seconds.toFixed(2)} seconds` : "no clip");
        this.speed.value = String(SPEEDS.find((speed) => speed === state.clip.speed) ?? "");
    }

    /** @param {number} index @returns {HTMLButtonElement} */
    thumbnail(index) {
        const { name, width, height, rgba } = this.description().environments[index];
        const button = element("button", { type: "button", "aria-pressed": "false", "aria-label": `Light: ${name}`, title: name });
        const canvas = element("canvas", { width, height });
        canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
        button.append(canvas);
        button.addEventListener("click", () => {
            this.store.post((state) => withLight(state, { index }), "light");
            this.store.endGesture();
        });
        byId("strip").append(button);
        return button;
    }
}
