// Holds the state of a page: edits come in, listeners learn of the new state, undo goes back gesture by gesture.

/** @typedef {import("./state.js").State} State */
/** @typedef {(state: State) => State} Edit */

const MOST_STEPS = 200;

export class Store {
    /** @param {State} state */
    constructor(state) {
        this.state = state;
        /** @type {State[]} */
        this.before = [];
        /** @type {State[]} */
        this.after = [];
        /** @type {string} the edits of one gesture are one step */
        this.gesture = "";
        /** @type {((state: State) => void)[]} */
        this.listeners = [];
    }

    /** @param {(state: State) => void} listener */
    listen(listener) {
        this.listeners.push(listener);
    }

    /**
     * Applies an edit. Edits of one label are one step of undo until `endGesture`; without a label there is none.
     * @param {Edit} edit @param {string} [label]
     */
    post(edit, label = "") {
        const state = edit(this.state);
        if (state === this.state) {
            return;
        }
        if (label !== "" && label !== this.gesture) {
            this.before.push(this.state);
            this.before.splice(0, this.before.length - MOST_STEPS);
            this.after = [];
            this.gesture = label;
        }
        this.show(state);
    }

    /** The next edit is a step of its own. */
    endGesture() {
        this.gesture = "";
    }

    /** @returns {boolean} whether there was something to undo */
    undo() {
        return this.step(this.before, this.after);
    }

    /** @returns {boolean} whether there was something to redo */
    redo() {
        return this.step(this.after, this.before);
    }

    /** @param {State[]} from @param {State[]} to @returns {boolean} */
    step(from, to) {
        const state = from.pop();
        if (state === undefined) {
            return false;
        }
        to.push(this.state);
        this.gesture = "";
        const { clip } = this.state; // time goes on
        this.show({ ...state, clip: { ...state.clip, playing: clip.playing && clip.index === state.clip.index } });
        return true;
    }

    /** @param {State} state */
    show(state) {
        this.state = state;
        for (const listener of this.listeners) {
            listener(state);
        }
    }
}
