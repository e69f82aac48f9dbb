// Draws when something changed, and only then: drafts while things move, one full picture when they rest.

/** @typedef {import("../engine/view.js").Quality} Quality */

const REST_MS = 180; // without a change, before the full picture
const SLOW_MS = 70; // a draft that takes longer is drawn smaller
const QUICK_MS = 22;
const LONGEST_STEP_S = 0.25; // of a clip, between two pictures
const SCALES = [1, 0.71, 0.5, 0.35, 0.25]; // of a draft's sides

/**
 * @typedef {object} Drawing
 * @property {(quality: Quality, scale: number) => Promise<void>} draw resolves when the picture is there
 * @property {() => void} interrupt lets a full picture that is being drawn go, because something moves
 * @property {(seconds: number) => boolean} advance lets time go on; whether something plays
 * @property {(error: unknown) => void} fail
 */

export class DrawLoop {
    /** @param {Drawing} drawing */
    constructor(drawing) {
        this.drawing = drawing;
        this.frames = 0; // drawn so far
        this.isDirty = false;
        this.isStill = false; // the full picture is shown
        this.isBusy = false;
        this.isInterruptible = false; // a full picture is being drawn
        this.isStopped = false;
        this.isScheduled = false;
        this.changed = 0;
        this.level = 0; // of SCALES
        this.before = 0; // time of the last tick that something played in
        this.rest = 0;
    }

    /** Something changed: draw it. */
    request() {
        this.isDirty = true;
        this.isStill = false;
        this.changed = performance.now();
        this.schedule();
    }

    /** Draw no more; what is being drawn ends. */
    stop() {
        this.isStopped = true;
        clearTimeout(this.rest);
    }

    /** Draw again, after a failure that is mended. */
    resume() {
        this.isStopped = false;
        this.request();
    }

    schedule() {
        if (!this.isScheduled && !this.isStopped) {
            this.isScheduled = true;
            requestAnimationFrame((now) => this.tick(now));
        }
    }

    /** @param {number} now */
    tick(now) {
        this.isScheduled = false;
        const isPlaying = this.drawing.advance(this.before ? Math.min(LONGEST_STEP_S, (now - this.before) / 1000) : 0);
        this.before = isPlaying ? now : 0;
        if (isPlaying) {
            this.isDirty = true;
            this.changed = performance.now();
            this.schedule();
        }
        if (this.isDirty && this.isInterruptible) {
            this.isInterruptible = false;
            this.drawing.interrupt();
        }
        if (this.isDirty && !this.isBusy && !this.isStopped) {
            this.isDirty = false;
            this.isStill = false;
            void this.show("draft");
        }
    }

    /** @param {Quality} quality */
    async show(quality) {
        this.isBusy = true;
        this.isInterruptible = quality === "full";
        clearTimeout(this.rest);
        const started = performance.now();
        try {
            await this.drawing.draw(quality, quality === "full" ? 1 : SCALES[this.level]);
        } catch (error) {
            this.stop();
            this.drawing.fail(error);
            return;
        } finally {
            this.isBusy = this.isInterruptible = false;
        }
        this.frames += 1;
        this.isStill = quality === "full" && !this.isDirty;
        if (quality === "draft") {
            this.adapt(performance.now() - started);
        }
        if (this.isDirty) {
            this.schedule();
        } else if (!this.isStill && !this.isStopped) {
            this.rest = setTimeout(() => this.settle(), REST_MS);
        }
    }

    /** The full picture, unless something moves again. */
    settle() {
        if (!this.isBusy && !this.isDirty && performance.now() - this.changed >= REST_MS - 5) {
            void this.show("full");
        } else if (!this.isBusy) {
            this.rest = setTimeout(() => this.settle(), REST_MS);
        }
    }

    /** @param {number} milliseconds that a draft took */
    adapt(milliseconds) {
        if (milliseconds > SLOW_MS) {
            this.level = Math.min(this.level + 1, SCALES.length - 1);
        } else if (milliseconds < QUICK_MS) {
            this.level = Math.max(this.level - 1, 0);
        }
    }
}
