// The page: joins state, gestures, keys, panels and the renderer, and draws when something changed.

import { Renderer } from "../engine/renderer.js";
import { commandOf } from "./commands.js";
import { Dock } from "./dock.js";
import { environmentIn } from "./dropped_light.js";
import { advanced, farther, lookAt, withCamera, withLight } from "./edits.js";
import { Gestures } from "./gestures.js";
import { buildHelp } from "./help.js";
import { OrbitView } from "./lamp_handles.js";
import { linkOf, movedTo, stateOf } from "./link.js";
import { DrawLoop } from "./loop.js";
import { buildPanels } from "./panels.js";
import { PictureOverlay } from "./picture_overlay.js";
import { byId } from "./rows.js";
import { SavePanel } from "./save_panel.js";
import { bufferTitle, firstState, viewOf } from "./state.js";
import { Store } from "./store.js";

/** @typedef {import("../engine/packet.js").Packet} Packet */
/** @typedef {import("../engine/view.js").Quality} Quality */
/** @typedef {import("./state.js").State} State */
/** @typedef {import("./lamp_handles.js").Point} Point */
/** @typedef {import("./dropped_light.js").EnvironmentImage} EnvironmentImage */

const MOST_PIXELS = 3840 * 2160; // of a picture on the page; more is shown enlarged
const MIDDLE_GRAY = 0.46; // sRGB, as bright to the eye as its contrast to black and to white
const NOTICE_S = 5;
const LINK_AFTER_MS = 400;
const IDLE_AFTER_MS = 2500; // in full screen, until the controls fade
const MOST_RESTARTS = 3; // of a graphics card that is lost again and again
const AGAIN_MS = 60_000; // a card that was lost longer ago works
const NARROW = 0.72; // pictures of a smaller width over height show the avatar from farther away

export class Page {
    /** @param {Renderer} renderer @param {Packet} packet */
    constructor(renderer, packet) {
        this.renderer = renderer;
        this.packet = packet;
        this.canvas = /** @type {HTMLCanvasElement} */ (byId("picture"));
        const bare = firstState(renderer, matchMedia("(prefers-color-scheme: light)").matches);
        /** What links leave out. @type {State} */
        this.plain = this.framed(bare);
        this.held = { environments: renderer.description.environments.length, clips: renderer.description.clips.length };
        /** What the exporter chose to begin with. @type {State} */
        this.first = farther(stateOf(packet.head.start, bare, this.held) ?? bare, this.narrowness());
        this.store = new Store(stateOf(location.hash, this.plain, this.held) ?? this.first);
        /** @type {EnvironmentImage[]} */
        this.dropped = [];
        this.restarts = 0;
        this.lostAt = 0;
        this.isRestarting = false; // the card was lost: its last picture fails
        this.noticeTimer = this.linkTimer = this.idleTimer = 0;
        this.loop = new DrawLoop({
            draw: (quality, scale) => this.draw(quality, scale),
            interrupt: () => void this.renderer.draw(viewOf(this.store.state, this.renderer, "draft")),
            advance: (seconds) => this.advance(seconds),
            fail: (error) => this.isRestarting || this.fail(error instanceof Error ? error.message : String(error)),
        });
        this.dock = new Dock(this.store, () => this.renderer.description);
        this.overlay = new PictureOverlay(this.store);
        this.syncPanels = buildPanels(this.store, renderer.description);
        this.saving = new SavePanel({
            store: this.store, renderer: () => this.renderer, say: (text) => this.say(text), link: () => this.link(),
            size: () => ({ width: this.pixels(1).width, height: this.pixels(1).height }),
        });
        this.gestures = new Gestures(this.canvas, {
            store: this.store, view: () => this.orbitView(), frameUnder: (place) => void this.frameUnder(place),
            showSphere: (isDragged) => { this.overlay.isDragged = isDragged; this.overlay.sync(this.orbitView()); },
        });
        byId("name").textContent = renderer.description.name;
        document.title = `${renderer.description.name} · PhyNES avatar`;
        buildHelp();
        this.listen();
        this.store.listen(() => this.changed());
        this.changed();
    }

    listen() {
        addEventListener("keydown", (event) => this.key(event));
        addEventListener("hashchange", () => {
            const state = stateOf(location.hash, this.plain, this.held);
            if (state) {
                this.store.post(() => state, "link");
                this.store.endGesture();
            }
        });
        new ResizeObserver(() => { this.overlay.sync(this.orbitView()); this.loop.request(); }).observe(this.canvas);
        addEventListener("dragenter", (event) => this.dragged(event, true));
        addEventListener("dragover", (event) => this.dragged(event, true));
        addEventListener("dragleave", (event) => event.relatedTarget === null && this.dragged(event, false));
        addEventListener("drop", (event) => {
            this.dragged(event, false);
            void this.dropFiles([...(event.dataTransfer?.files ?? [])]);
        });
        byId("full-screen").addEventListener("click", () => void this.fullScreen());
        byId("show-help").addEventListener("click", () => this.showHelp());
        document.addEventListener("fullscreenchange", () => {
            byId("full-screen").setAttribute("aria-pressed", String(document.fullscreenElement !== null));
            this.busy();
        });
        for (const kind of ["pointermove", "pointerdown", "keydown"]) {
            addEventListener(kind, () => this.busy(), { passive: true });
        }
    }

    /** The state changed: show it. */
    changed() {
        const { state } = this.store;
        this.dock.sync(state);
        this.syncPanels(state);
        this.overlay.sync(this.orbitView());
        const { environments, clips } = this.renderer.description;
        const caption = [environments[state.light.index]?.name, clips[state.clip.index]?.name.replaceAll("_", " ")];
        const shown = state.buffer === "radiance" ? "" : bufferTitle(state);
        byId("caption").textContent = [...caption, shown].filter(Boolean).join(" · ");
        this.paintGround(state.background);
        this.loop.request();
        clearTimeout(this.linkTimer);
        this.linkTimer = setTimeout(() => this.keepLink(), LINK_AFTER_MS);
    }

    /** The page lies on the picture's background, and is light or dark with it. @param {import("../engine/view.js").Vector} srgb */
    paintGround(srgb) {
        const { style } = document.documentElement;
        style.setProperty("--ground", `rgb(${srgb.map((share) => Math.round(255 * share)).join(" ")})`);
        style.colorScheme = 0.3 * srgb[0] + 0.59 * srgb[1] + 0.11 * srgb[2] > MIDDLE_GRAY ? "light" : "dark";
    }

    /** @param {Quality} quality @param {number} scale of a draft's sides */
    async draw(quality, scale) {
        const { width, height } = this.pixels(scale);
        if (this.canvas.width !== width || this.canvas.height !== height) {
            this.canvas.width = width;
            this.canvas.height = height;
        }
        await this.renderer.draw(viewOf(this.store.state, this.renderer, quality));
        document.documentElement.dataset.state = "ready";
        byId("fallback").hidden = true; // of a graphics card that was lost before the first picture
    }

    /** @param {number} scale @returns {{width: number, height: number}} of the canvas */
    pixels(scale) {
        const { clientWidth, clientHeight } = this.canvas;
        const density = Math.min(devicePixelRatio, Math.sqrt(MOST_PIXELS / Math.max(1, clientWidth * clientHeight))) * scale;
        return { width: Math.max(1, Math.round(clientWidth * density)), height: Math.max(1, Math.round(clientHeight * density)) };
    }

    /** @returns {OrbitView} of the state, in pixels of the page */
    orbitView() {
        const { clientWidth, clientHeight } = this.canvas;
        const { clip, camera } = this.store.state;
        const { target } = this.renderer.poseAt(clip.index, clip.time);
        return new OrbitView(camera, target, Math.max(1, clientWidth), Math.max(1, clientHeight));
    }

    /** @param {number} seconds @returns {boolean} whether something plays */
    advance(seconds) {
        const clip = this.renderer.description.clips[this.store.state.clip.index];
        const isPlaying = this.store.state.clip.playing && clip !== undefined;
        if (isPlaying && seconds > 0) {
            this.store.post((state) => advanced(state, seconds, clip.seconds));
        }
        return isPlaying;
    }

    /** @param {State} state @returns {State} with the avatar in sight also where the picture is narrow */
    framed(state) {
        const { distance } = this.renderer.home.camera;
        return farther(withCamera(state, { distance, pan: [0, 0, 0], fov: 30 }), this.narrowness());
    }

    /** How much farther away a picture of this shape shows the whole avatar. */
    narrowness() {
        const shape = this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight);
        return Math.max(1, NARROW / Math.max(shape, 0.2));
    }

    /** Look at what is under a place of the page. @param {Point} place */
    async frameUnder(place) {
        const density = this.canvas.width / Math.max(1, this.canvas.clientWidth);
        const hit = await this.renderer.pick(place.x * density, place.y * density);
        if (hit.kind === "body") {
            const { pelvis } = this.orbitView();
            this.store.post((state) => lookAt(state, hit.point, pelvis), "frame");
            this.store.endGesture();
        }
    }

    /** @param {KeyboardEvent} event */
    key(event) {
        const command = commandOf(event);
        if (command) {
            event.preventDefault();
            command.run({
                store: this.store, description: this.renderer.description, say: (text) => this.say(text),
                goHome: () => this.step((state) => withCamera(this.framed(state), { azimuth: 0, elevation: 0 }), "home"),
                frame: () => this.step((state) => this.framed(state), "frame"),
                showHelp: () => this.showHelp(), record: () => void this.saving.record(), fullScreen: () => void this.fullScreen(),
                closeAll: () => this.dock.toggle(""),
            });
        }
    }

    /** @param {(state: State) => State} edit @param {string} label */
    step(edit, label) {
        this.store.endGesture();
        this.store.post(edit, label);
        this.store.endGesture();
    }

    /** @param {DragEvent} event @param {boolean} isOver */
    dragged(event, isOver) {
        event.preventDefault();
        byId("drop").hidden = !isOver;
    }

    /** The dropped pictures become lights, the last one is shown. @param {File[]} files */
    async dropFiles(files) {
        for (const file of files) {
            try {
                const image = await environmentIn(file);
                this.dropped.push(image);
                const index = this.renderer.addEnvironment(image);
                this.step((state) => withLight(state, { index }), "dropped light");
                this.say(`${image.name} lights the avatar; links do not hold it`);
            } catch (error) {
                this.say(error instanceof Error ? error.message : String(error), true);
            }
        }
    }

    /**
     * Goes on as another page of the avatar was left: its state, steps to undo and dropped lights. Resolves once that is drawn.
     * @param {Page | undefined} other in another window of this origin
     */
    async takeOver(other) {
        if (!other || (other.store.state === other.first && other.dropped.length === 0)) {
            return;
        }
        for (const image of structuredClone(other.dropped)) { // nothing stays behind in a window that goes
            this.dropped.push(image);
            this.renderer.addEnvironment(image);
        }
        const moved = (/** @type {State} */ state) => movedTo(state, other.held, this.held);
        const [before, after] = structuredClone([other.store.before, other.store.after]);
        this.store.before = before.map(moved);
        this.store.after = after.map(moved);
        this.store.show(moved(structuredClone(other.store.state)));
        await this.renderer.draw(viewOf(this.store.state, this.renderer, "draft"));
    }

    /** The graphics card was lost: begin anew with the same view. @param {string} reason */
    async lost(reason) {
        const now = performance.now();
        this.restarts = now - this.lostAt < AGAIN_MS ? this.restarts + 1 : 1;
        this.lostAt = now;
        if (this.restarts > MOST_RESTARTS) {
            this.loop.stop();
            this.say(`The graphics card was lost again (${reason}). Reload the page to try once more.`, true);
            return;
        }
        this.say("The graphics card was lost; the picture is made anew.");
        this.isRestarting = true;
        try {
            this.renderer.dispose();
            this.renderer = await Renderer.create(this.canvas, this.packet, { onLost: (again) => void this.lost(again) });
        } catch (error) {
            this.fail(error instanceof Error ? error.message : String(error));
            return;
        } finally {
            this.isRestarting = false;
        }
        this.dropped.forEach((image) => this.renderer.addEnvironment(image));
        this.loop.resume();
    }

    /** Drawing ends: say why, and where there was no picture yet, in its place. @param {string} reason */
    fail(reason) {
        this.say(`The picture cannot be drawn: ${reason}`, true);
        if (document.documentElement.dataset.state === "starting") {
            showFallback("failed", reason);
        }
    }

    async fullScreen() {
        try {
            await (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
        } catch {
            this.say("This browser lets no page fill the screen");
        }
    }

    /** In full screen the controls fade while nothing is done. */
    busy() {
        const root = document.documentElement;
        root.classList.remove("idle");
        clearTimeout(this.idleTimer);
        if (document.fullscreenElement) {
            this.idleTimer = setTimeout(() => root.classList.add("idle"), IDLE_AFTER_MS);
        }
    }

    /** The page's address with the view. @returns {string} */
    link() {
        this.keepLink();
        return location.href;
    }

    keepLink() {
        clearTimeout(this.linkTimer);
        const text = linkOf(this.store.state, this.plain, this.first, this.held);
        if (location.hash.replace(/^#/, "") !== text) {
            history.replaceState(null, "", text ? `#${text}` : location.href.replace(/#.*/, ""));
        }
    }

    /** @param {string} text @param {boolean} [stays] until the next one */
    say(text, stays = false) {
        const notice = byId("notice");
        notice.textContent = text;
        notice.classList.add("shown");
        clearTimeout(this.noticeTimer);
        if (!stays) {
            this.noticeTimer = setTimeout(() => notice.classList.remove("shown"), NOTICE_S * 1000);
        }
    }

    showHelp() {
        const help = /** @type {HTMLDialogElement} */ (byId("help"));
        return help.open ? help.close() : help.showModal();
    }
}

/** What stands in the place of a picture. @param {"without-webgpu" | "failed"} state @param {string} reason */
export function showFallback(state, reason) {
    document.documentElement.dataset.state = state;
    byId("reason").textContent = reason;
    byId("fallback").hidden = false;
}
