// The panels Light, Pose and View: rows over the fields of the state.

import { BUFFERS, CURVES, MOST_LAMPS } from "../engine/view.js";
import { VIEWS, addLamp, removeLamp, resetJoints, showBuffer, turnJoint, viewFrom, withFov, withLamp, withLampKind, withLight } from "./edits.js";
import { colorOf, hexOf } from "./lamp_handles.js";
import { buttons, byId, check, choice, color, element, slider } from "./rows.js";
import { RANGES, bufferTitle } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").LampState} LampState */
/** @typedef {import("./rows.js").Sync} Sync */
/** @typedef {import("./rows.js").Post} Post */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("../engine/renderer.js").Description} Description */
/** @typedef {import("../engine/view.js").Vector} Vector */

const HINTS = [
    "The avatar under the light", "Diffuse reflectance: color without light", "0 (black) is a mirror, 1 (white) is chalk",
    "Light that arrives over light that would arrive without shadows", "A white body under this light",
    "World normals, x y z as red green blue", "The place on the UV square: u red, v green", "Distance from the camera, near is white",
    "Where one light reaches; again chooses the next lamp",
];

/** Builds all panels. @param {Store} store @param {Description} description @returns {Sync} */
export function buildPanels(store, description) {
    /** @type {Post} */
    const post = (edit, label) => store.post(edit, label);
    const syncs = [...lightRows(post), ...lampRows(store, post), ...floorRows(post), ...poseRows(post, description), ...viewRows(store, post)];
    for (const input of document.querySelectorAll("#panel input, #panel select")) {
        input.addEventListener("change", () => store.endGesture());
    }
    return (state) => syncs.forEach((sync) => sync(state));
}

/** @param {Post} post @returns {Sync[]} */
function lightRows(post) {
    return [
        slider("light-rows", "intensity", {
            range: RANGES.gain, step: 0.01, unit: " ×", of: ({ light }) => light.gain, edit: (state, gain) => withLight(state, { gain }),
        }, post),
        slider("light-rows", "rotation", {
            range: RANGES.turn, step: 1, unit: "°", of: ({ light }) => light.rotation,
            edit: (state, rotation) => withLight(state, { rotation }),
        }, post),
    ];
}

/** @param {Store} store @param {Post} post @returns {Sync[]} */
function lampRows(store, post) {
    /** @param {string} label @param {keyof LampState} field @param {number[]} range @param {number} step @param {string} unit @param {LampState["kind"]} [kind] @returns {Sync} */
    const row = (label, field, range, step, unit, kind) => slider("lamp-rows", label, {
        range, step, unit,
        of({ lamps, lamp }) {
            const shown = lamps[lamp];
            return shown && (kind === undefined || shown.kind === kind) ? /** @type {number} */ (shown[field]) : null;
        },
        edit: (state, value) => withLamp(state, state.lamp, { [field]: value }),
    }, post);
    const add = byId("add-lamp");
    const remove = byId("remove-lamp");
    add.addEventListener("click", () => stepOf(store, addLamp, "add lamp"));
    remove.addEventListener("click", () => stepOf(store, (state) => removeLamp(state, state.lamp), "remove lamp"));
    let shown = -1;
    /** @type {(pressed: number) => void} */
    let press = () => undefined;
    return [
        (state) => {
            const count = state.lamps.length;
            if (count !== shown) {
                shown = count;
                const names = state.lamps.map((_, index) => String(index + 1));
                press = buttons("lamp-list", names, names.map((name) => `Lamp ${name}`), (lamp) => store.post((now) => ({ ...now, lamp })));
            }
            press(state.lamp);
            byId("no-lamp").hidden = count > 0;
            byId("lamp-rows").hidden = count === 0;
            /** @type {HTMLButtonElement} */ (add).disabled = count >= MOST_LAMPS;
            /** @type {HTMLButtonElement} */ (remove).disabled = count === 0;
        },
        choice(
            "lamp-rows", "kind", [["sun", "Sun"], ["near", "Near lamp"]], ({ lamps, lamp }) => lamps[lamp]?.kind ?? null,
            (state, kind) => withLampKind(state, state.lamp, kind === "near" ? "near" : "sun"), post,
        ),
        check(
            "lamp-rows", "on", ({ lamps, lamp }) => lamps[lamp]?.on ?? null, (state, on) => withLamp(state, state.lamp, { on }), post,
        ),
        color(
            "lamp-rows", "color", ({ lamps, lamp }) => (lamps[lamp] ? hexOf(lamps[lamp].color) : null),
            (state, hex) => withLamp(state, state.lamp, { color: colorOf(hex) }), post,
        ),
        row("intensity", "intensity", RANGES.intensity, 0.01, ""),
        row("azimuth", "azimuth", RANGES.turn, 1, "°"),
        row("elevation", "elevation", RANGES.elevation, 1, "°"),
        row("size", "angle", RANGES.angle, 0.1, "°", "sun"),
        row("distance", "distance", RANGES.near, 0.01, " m", "near"),
        row("radius", "radius", RANGES.radius, 0.01, " m", "near"),
    ];
}

/** @param {Post} post @returns {Sync[]} */
function floorRows(post) {
    return [
        check("floor-rows", "floor", ({ floor }) => floor.on, (state, on) => ({ ...state, floor: { ...state.floor, on } }), post),
        slider("floor-rows", "shadow", {
            range: RANGES.share, step: 0.01, of: ({ floor }) => (floor.on ? floor.shadow : null),
            edit: (state, shadow) => ({ ...state, floor: { ...state.floor, shadow } }),
        }, post),
        slider("floor-rows", "mirror", {
            range: RANGES.share, step: 0.01, of: ({ floor }) => (floor.on ? floor.reflection : null),
            edit: (state, reflection) => ({ ...state, floor: { ...state.floor, reflection } }),
        }, post),
    ];
}

/** @param {Post} post @param {Description} description @returns {Sync[]} */
function poseRows(post, { joints }) {
    const names = joints.map(({ name }, index) => /** @type {const} */ ([String(index), name.replaceAll("_", " ")]));
    const axis = (/** @type {number} */ at) => slider("pose-rows", `about ${"xyz"[at]}`, {
        range: RANGES.turn, step: 1, unit: "°", of: ({ turns, joint }) => turns[joint][at],
        edit(state, value) {
            const angles = /** @type {Vector} */ ([...state.turns[state.joint]]);
            angles[at] = value;
            return turnJoint(state, state.joint, angles);
        },
    }, post);
    const syncs = [
        choice("pose-rows", "joint", names, ({ joint }) => String(joint), (state, joint) => ({ ...state, joint: Number(joint) }), post),
        axis(0), axis(1), axis(2),
        check("pose-rows", "both sides", ({ mirrors }) => mirrors, (state, mirrors) => ({ ...state, mirrors }), post),
    ];
    const one = element("button", { type: "button" }, "Put it back");
    const all = element("button", { type: "button" }, "Put all back");
    one.addEventListener("click", () => post((state) => turnJoint(state, state.joint, [0, 0, 0]), "joint back"));
    all.addEventListener("click", () => post(resetJoints, "joints back"));
    byId("pose-rows").append(element("div", { class: "grid" }, one, all));
    return [...syncs, ({ turns, joint }) => {
        one.disabled = !turns[joint].some(Boolean);
        all.disabled = !turns.some((angles) => angles.some(Boolean));
    }];
}

/** @param {Store} store @param {Post} post @returns {Sync[]} */
function viewRows(store, post) {
    const press = buttons(
        "buffers", BUFFERS.map((buffer) => bufferTitle({ buffer, shownLamp: -1 })), BUFFERS.map((_, at) => `${HINTS[at]} (${at + 1})`),
        (index) => stepOf(store, (state) => showBuffer(state, index), "buffer"),
    );
    const names = Object.keys(VIEWS);
    buttons("views", names, names.map((name, at) => `View: ${name} (Alt+${at + 1})`), (index) => (
        stepOf(store, (state) => viewFrom(state, names[index]), "view")
    ));
    byId("views").querySelectorAll("button").forEach((button) => button.removeAttribute("aria-pressed"));
    return [
        ({ buffer }) => press(BUFFERS.indexOf(buffer)),
        slider("view-rows", "exposure", {
            range: RANGES.exposure, step: 0.05, unit: " EV", of: ({ exposure }) => exposure, edit: (state, exposure) => ({ ...state, exposure }),
        }, post),
        choice(
            "view-rows", "tone curve", CURVES.map((curve) => /** @type {const} */ ([curve, curve])), ({ curve }) => curve,
            (state, name) => ({ ...state, curve: CURVES.find((curve) => curve === name) ?? state.curve }), post,
        ),
        slider("view-rows", "field of view", {
            range: RANGES.fov, step: 1, unit: "°", of: ({ camera }) => camera.fov, edit: (state, fov) => withFov(state, fov),
        }, post),
        color(
            "view-rows", "background", ({ background }) => shownHex(background),
            (state, hex) => ({ ...state, background: bytesOf(hex) }), post,
        ),
    ];
}

/** An edit that is a step of its own. @param {Store} store @param {import("./store.js").Edit} edit @param {string} label */
function stepOf(store, edit, label) {
    store.endGesture();
    store.post(edit, label);
    store.endGesture();
}

/** @param {Vector} srgb 0 to 1 @returns {string} */
function shownHex(srgb) {
    return `#${srgb.map((share) => Math.round(255 * share).toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} hex @returns {Vector} sRGB, 0 to 1 */
function bytesOf(hex) {
    return /** @type {Vector} */ ([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255));
}
