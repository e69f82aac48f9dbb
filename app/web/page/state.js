// What a person can change on a page, as plain values, and the view that it gives. The viewer's document is app/model/.

import { axisAngleOf, composed, orbitDirection, plus, quaternionOf, radians } from "../engine/vectors.js";
import { BACKGROUND } from "../engine/view.js";

/** @typedef {import("../engine/view.js").Vector} Vector */
/** @typedef {import("../engine/view.js").View} View */
/** @typedef {import("../engine/view.js").Quality} Quality */
/** @typedef {import("../engine/view.js").BufferName} BufferName */
/** @typedef {import("../engine/view.js").ToneCurve} ToneCurve */
/** @typedef {import("../engine/renderer.js").Renderer} Renderer */
/** @typedef {import("../engine/vectors.js").Quaternion} Quaternion */

/**
 * An orbit around the point that the pose gives, plus `pan`; degrees, metres.
 * @typedef {{azimuth: number, elevation: number, distance: number, fov: number, pan: Vector}} OrbitState
 */

/**
 * A lamp around the body: a sun in a direction, or a near one at a distance from the pelvis.
 * @typedef {object} LampState
 * @property {"sun" | "near"} kind
 * @property {number} azimuth degrees @property {number} elevation degrees
 * @property {number} angle of a sun's disc, degrees
 * @property {number} distance of a near lamp, metres
 * @property {number} radius of a near lamp, metres
 * @property {Vector} color linear
 * @property {number} intensity
 * @property {boolean} on
 */

/** @typedef {{index: number, time: number, playing: boolean, speed: number, loops: boolean}} ClipState index -1: rest pose */
/** @typedef {{on: boolean, shadow: number, reflection: number}} FloorState */

/**
 * @typedef {object} State
 * @property {OrbitState} camera
 * @property {ClipState} clip
 * @property {Vector[]} turns degrees about x, y and z, on top of the clip, of the 24 joints
 * @property {number} joint whose sliders are shown
 * @property {boolean} mirrors turn left and right limbs together
 * @property {import("../engine/view.js").Surrounding} light
 * @property {LampState[]} lamps
 * @property {number} lamp the selected one
 * @property {FloorState} floor
 * @property {BufferName} buffer
 * @property {number} shownLamp of the buffer light_visibility; -1: the engine chooses a light
 * @property {ToneCurve} curve
 * @property {number} exposure EV
 * @property {Vector} background sRGB
 */

export const NUM_JOINTS = 24;
export const LIGHT_BACKGROUND = /** @type {Vector} */ ([0.93, 0.932, 0.937]);

/** The ranges of sliders and gestures, as app/model/ declares them. */
export const RANGES = {
    elevation: [-89, 89], distance: [0.4, 60], fov: [5, 90], pan: [-100, 100], angle: [0.1, 20], near: [0.2, 6],
    radius: [0, 0.5], intensity: [0, 20], gain: [0, 8], turn: [-180, 180], exposure: [-6, 6], speed: [-4, 4], share: [0, 1],
};

/** @param {number} value @param {number[]} range @returns {number} */
export function within(value, [least, most]) {
    return Math.min(Math.max(value, least), most);
}

/** What the picture shows, in words. @param {Pick<State, "buffer" | "shownLamp">} state @returns {string} */
export function bufferTitle({ buffer, shownLamp }) {
    const lamp = shownLamp >= 0 ? ` (lamp ${shownLamp + 1})` : "";
    return buffer === "light_visibility" ? `one light${lamp}` : buffer;
}

/** The same angle in [-180, 180). @param {number} angle @returns {number} */
export function wrapped(angle) {
    return ((((angle + 180) % 360) + 360) % 360) - 180;
}

/** The state that a page begins with. @param {Renderer} renderer @param {boolean} isLight @returns {State} */
export function firstState(renderer, isLight) {
    const { camera, floor } = renderer.home;
    return {
        camera: { azimuth: 0, elevation: 0, distance: camera.distance, fov: camera.fov, pan: [0, 0, 0] },
        clip: { index: -1, time: 0, playing: false, speed: 1, loops: true },
        turns: Array.from({ length: NUM_JOINTS }, () => /** @type {Vector} */ ([0, 0, 0])),
        joint: 0, mirrors: false,
        light: { index: 0, rotation: 0, gain: 1 },
        lamps: [], lamp: 0,
        floor: { on: false, shadow: floor.shadow, reflection: floor.reflection },
        buffer: "radiance", shownLamp: -1, curve: "linear", exposure: 0,
        background: isLight ? LIGHT_BACKGROUND : BACKGROUND,
    };
}

/** What the renderer draws for a state. @param {State} state @param {Renderer} renderer @param {Quality} quality @returns {View} */
export function viewOf(state, renderer, quality) {
    const placed = renderer.poseAt(state.clip.index, state.clip.time);
    const { azimuth, elevation, distance, fov, pan } = state.camera;
    return {
        camera: { target: plus(placed.target, pan), azimuth, elevation, distance, fov },
        pose: { rotations: turnedBy(placed.rotations, state.turns), translation: placed.translation },
        environment: state.light,
        lamps: state.lamps.map((lamp) => ({
            ...lamp, position: plus(placed.target, orbitDirection(lamp.azimuth, lamp.elevation), lamp.distance),
        })),
        floor: { ...state.floor, height: placed.floor, center: [placed.target[0], placed.target[2]] },
        buffer: state.buffer, shownLamp: state.shownLamp, curve: state.curve, exposure: state.exposure,
        background: state.background, quality,
    };
}

/**
 * Joints turned on top of a pose: the limbs about their own axes, the root about the world's.
 * @param {number[]} rotations @param {Vector[]} turns @returns {number[]}
 */
function turnedBy(rotations, turns) {
    const turned = [...rotations];
    turns.forEach((angles, joint) => {
        if (angles.some((angle) => angle !== 0)) {
            const before = quaternionOf(rotations, 3 * joint);
            const turn = turnOf(angles);
            turned.splice(3 * joint, 3, ...axisAngleOf(joint === 0 ? composed(turn, before) : composed(before, turn)));
        }
    });
    return turned;
}

/** About z first, then y, then x. @param {Vector} angles degrees @returns {Quaternion} */
function turnOf(angles) {
    const [x, y, z] = angles.map(radians);
    return composed(quaternionOf([x, 0, 0]), composed(quaternionOf([0, y, 0]), quaternionOf([0, 0, z])));
}
