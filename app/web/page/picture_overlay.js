// The lamps over the picture: a disc with rays for each, and the circle that a dragged one moves on.

import { moveLamp } from "./edits.js";
import { LAMP_SPHERE_SHARE, inkOf } from "./lamp_handles.js";
import { byId, element } from "./rows.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./lamp_handles.js").OrbitView} OrbitView */

const KEY_STEP_DEG = 5;
const SVG = "http://www.w3.org/2000/svg";
const RAYS = Array.from({ length: 8 }, (_, at) => {
    const [cosine, sine] = [Math.cos((at * Math.PI) / 4), Math.sin((at * Math.PI) / 4)];
    return `M${(11.5 * cosine).toFixed(2)} ${(11.5 * sine).toFixed(2)}L${(15 * cosine).toFixed(2)} ${(15 * sine).toFixed(2)}`;
}).join("");
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class PictureOverlay {
    /** @param {Store} store */
    constructor(store) {
        this.store = store;
        /** @type {HTMLButtonElement[]} */
        this.handles = [];
        this.isDragged = false;
        this.circle = document.createElementNS(SVG, "circle");
        this.circle.setAttribute("class", "sphere");
        byId("lines").append(this.circle);
    }

    /** Brings the handles to where the lamps are. @param {OrbitView} view */
    sync(view) {
        const { lamps, lamp: selected } = this.store.state;
        while (this.handles.length < lamps.length) {
            this.handles.push(this.made(this.handles.length));
        }
        this.handles.splice(lamps.length).forEach((handle) => handle.remove());
        this.handles.forEach((handle, index) => {
            const lamp = lamps[index];
            const { x, y, isBehind } = view.handle(lamp);
            handle.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
            handle.style.zIndex = isBehind ? "0" : "1";
            handle.style.color = inkOf(lamp);
            handle.classList.toggle("behind", isBehind);
            handle.classList.toggle("chosen", index === selected);
            handle.setAttribute("aria-label", labelOf(lamp, index, isBehind));
        });
        this.circle.toggleAttribute("hidden", !this.isDragged);
        this.circle.style.display = this.isDragged ? "" : "none";
        this.circle.setAttribute("cx", String(view.width / 2));
        this.circle.setAttribute("cy", String(view.height / 2));
        this.circle.setAttribute("r", String(LAMP_SPHERE_SHARE * 0.5 * view.height));
    }

    /** @param {number} index @returns {HTMLButtonElement} */
    made(index) {
        const button = element("button", { type: "button", class: "handle" });
        const svg = document.createElementNS(SVG, "svg");
        svg.setAttribute("viewBox", "-22 -22 44 44");
        svg.setAttribute("aria-hidden", "true");
        for (const [kind, attributes] of /** @type {const} */ ([
            ["circle", { class: "halo", r: "20", fill: "currentColor" }], ["circle", { class: "disc", r: "8", fill: "currentColor" }],
            ["path", { d: RAYS }],
        ])) {
            const shape = document.createElementNS(SVG, kind);
            Object.entries(attributes).forEach(([name, value]) => shape.setAttribute(name, value));
            svg.append(shape);
        }
        button.append(svg);
        button.addEventListener("focus", () => this.store.post((state) => ({ ...state, lamp: index })));
        button.addEventListener("keydown", (event) => this.key(event, index));
        byId("handles").append(button);
        return button;
    }

    /** Arrows move the focused lamp. @param {KeyboardEvent} event @param {number} index */
    key(event, index) {
        const step = ARROWS[event.key];
        if (step && !event.shiftKey && !event.altKey) {
            event.preventDefault();
            this.store.post((state) => {
                const lamp = state.lamps[index];
                return moveLamp(state, index, lamp.azimuth + KEY_STEP_DEG * step[0], lamp.elevation + KEY_STEP_DEG * step[1]);
            }, "move lamp");
        }
    }
}

/** @param {import("./state.js").LampState} lamp @param {number} index @param {boolean} isBehind @returns {string} */
function labelOf(lamp, index, isBehind) {
    const place = `azimuth ${Math.round(lamp.azimuth)}, elevation ${Math.round(lamp.elevation)} degrees`;
    return `Lamp ${index + 1}, ${place}${isBehind ? ", behind the avatar" : ""}${lamp.on ? "" : ", off"}; arrow keys move it`;
}
