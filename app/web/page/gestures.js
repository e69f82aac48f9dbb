// What pointers, fingers and the wheel do in the picture. The twin of app/tools/.

import { dragLight, moveLamp, orbit, panned, turnLight, zoomed } from "./edits.js";
import { LampDrag } from "./lamp_handles.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./lamp_handles.js").OrbitView} OrbitView */
/** @typedef {import("./lamp_handles.js").Point} Point */

const GRAB_PX = { mouse: 18, pen: 24, touch: 30 }; // around a lamp's handle
const TWIST_DEG = 9; // before two fingers turn the light
const WHEEL_NOTCH_PX = 100;
const DOUBLE_CLICK_MS = 500;
const CLICK_REACH_PX = 5;

/**
 * @typedef {object} GestureContext
 * @property {Store} store
 * @property {() => OrbitView} view of the state, over the picture as it is on the page
 * @property {(place: Point) => void} frameUnder look at what is there
 * @property {(isDragged: boolean) => void} showSphere while a lamp is dragged
 */

export class Gestures {
    /** @param {HTMLElement} picture @param {GestureContext} context */
    constructor(picture, context) {
        this.picture = picture;
        this.context = context;
        /** @type {Map<number, Point>} pointers that are down, by id */
        this.down = new Map();
        /** @type {"orbit" | "pan" | "light" | "lamp" | "fingers" | ""} */
        this.tool = "";
        this.lamp = 0;
        /** @type {LampDrag | null} */
        this.lampDrag = null;
        this.twist = 0; // degrees that two fingers have turned
        this.isTwisting = false;
        this.clicked = { time: -Infinity, x: 0, y: 0 };
        this.pressed = { x: 0, y: 0 };
        picture.addEventListener("pointerdown", (event) => this.press(event));
        picture.addEventListener("pointermove", (event) => this.move(event));
        picture.addEventListener("pointerup", (event) => this.release(event));
        picture.addEventListener("pointercancel", (event) => this.release(event));
        picture.addEventListener("wheel", (event) => this.scroll(event), { passive: false });
        picture.addEventListener("contextmenu", (event) => event.preventDefault());
    }

    /** @param {MouseEvent} event @returns {Point} */
    placeOf(event) {
        const { left, top } = this.picture.getBoundingClientRect();
        return { x: event.clientX - left, y: event.clientY - top };
    }

    /** @param {PointerEvent} event */
    press(event) {
        const isAnother = this.down.size > 0 && event.pointerType !== "touch";
        if (isAnother || this.down.size >= 2) {
            return; // a second button or a third finger
        }
        event.preventDefault();
        this.picture.focus({ preventScroll: true });
        if (event.isTrusted) {
            this.picture.setPointerCapture(event.pointerId);
        }
        const place = this.placeOf(event);
        this.down.set(event.pointerId, place);
        if (this.down.size === 2) {
            this.end();
            this.tool = "fingers";
            this.twist = 0;
            this.isTwisting = false;
            return;
        }
        this.pressed = place;
        this.tool = this.toolOf(event, place);
        if (this.tool === "lamp") {
            this.lampDrag = new LampDrag(this.context.view(), this.context.store.state.lamps[this.lamp], place);
            this.context.store.post((state) => ({ ...state, lamp: this.lamp }));
            this.context.showSphere(true);
        }
    }

    /** @param {PointerEvent} event @param {Point} place @returns {Gestures["tool"]} */
    toolOf(event, place) {
        if (event.button === 0 && (event.ctrlKey || event.altKey || event.metaKey)) {
            return "light";
        }
        if (event.button !== 0 || event.shiftKey) {
            return "pan";
        }
        const found = this.lampUnder(place, GRAB_PX[/** @type {keyof GRAB_PX} */ (event.pointerType)] ?? GRAB_PX.mouse);
        this.lamp = Math.max(found, 0);
        return found >= 0 ? "lamp" : "orbit";
    }

    /** The lamp whose handle is within reach, those in front first; -1 for none. @param {Point} place @param {number} reach @returns {number} */
    lampUnder(place, reach) {
        const view = this.context.view();
        const ranked = this.context.store.state.lamps.map((lamp, index) => {
            const handle = view.handle(lamp);
            return { index, isBehind: handle.isBehind, far: Math.hypot(handle.x - place.x, handle.y - place.y) };
        }).filter(({ far }) => far <= reach);
        ranked.sort((a, b) => Number(a.isBehind) - Number(b.isBehind) || a.far - b.far);
        return ranked[0]?.index ?? -1;
    }

    /** @param {PointerEvent} event */
    move(event) {
        const before = this.down.get(event.pointerId);
        if (before === undefined) {
            return;
        }
        const place = this.placeOf(event);
        const [dx, dy] = [place.x - before.x, place.y - before.y];
        const { store } = this.context;
        if (this.tool === "fingers") {
            this.moveFingers(event.pointerId, place);
        } else if (this.tool === "lamp" && this.lampDrag) {
            const { azimuth, elevation } = this.lampDrag.anglesAt(this.context.view(), place);
            store.post((state) => moveLamp(state, this.lamp, azimuth, elevation), "drag lamp");
        } else if (this.tool === "light") {
            store.post((state) => dragLight(state, dx), "turn light");
        } else if (this.tool === "pan") {
            store.post((state) => panned(state, dx, dy, this.context.view()), "pan");
        } else if (this.tool === "orbit" && (dx !== 0 || dy !== 0)) {
            store.post((state) => orbit(state, dx, dy), "orbit");
        }
        this.down.set(event.pointerId, place);
    }

    /** Two fingers pinch to zoom, move to pan and twist to turn the light. @param {number} id @param {Point} place */
    moveFingers(id, place) {
        const before = [...this.down.values()];
        const after = [...this.down].map(([other, at]) => (other === id ? place : at));
        const [first, second] = [before, after].map(([a, b]) => ({
            x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, far: Math.max(1, Math.hypot(b.x - a.x, b.y - a.y)),
            angle: (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI,
        }));
        const turned = ((second.angle - first.angle + 540) % 360) - 180;
        this.twist += turned;
        this.isTwisting ||= Math.abs(this.twist) > TWIST_DEG;
        const notches = Math.log(first.far / second.far) / Math.log(0.9); // as of the wheel
        this.context.store.post((state) => {
            const size = this.context.view();
            const moved = panned(state, second.x - first.x, second.y - first.y, size);
            const near = zoomed(moved, this.isTwisting ? 0 : notches, second, size);
            return this.isTwisting ? turnLight(near, turned) : near;
        }, "fingers");
    }

    /** @param {PointerEvent} event */
    release(event) {
        if (!this.down.delete(event.pointerId)) {
            return;
        }
        const place = this.placeOf(event);
        const isClick = Math.hypot(place.x - this.pressed.x, place.y - this.pressed.y) <= CLICK_REACH_PX;
        if (this.tool === "orbit" && isClick && event.type === "pointerup") {
            this.click(place, event.timeStamp);
        }
        this.end();
        if (this.down.size > 0) {
            this.tool = "orbit"; // the finger that is left
            this.pressed = { x: -Infinity, y: 0 };
        }
    }

    /** @param {Point} place @param {number} time in ms */
    click(place, time) {
        const isSecond = time - this.clicked.time <= DOUBLE_CLICK_MS
            && Math.hypot(place.x - this.clicked.x, place.y - this.clicked.y) <= 2 * CLICK_REACH_PX;
        this.clicked = { time: isSecond ? -Infinity : time, ...place };
        if (isSecond) {
            this.context.frameUnder(place);
        }
    }

    end() {
        this.tool = "";
        this.lampDrag = null;
        this.context.showSphere(false);
        this.context.store.endGesture();
    }

    /** @param {WheelEvent} event */
    scroll(event) {
        event.preventDefault();
        const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
        const notches = Math.min(Math.max((-event.deltaY * unit) / WHEEL_NOTCH_PX, -4), 4);
        this.context.store.post((state) => zoomed(state, notches, this.placeOf(event), this.context.view()), "zoom");
    }
}
