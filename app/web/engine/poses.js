// Poses of clips between their frames, and the skeleton. The twin of phynes_core/body/motion/clip.py.

import { axisAngleOf, plus, quaternionOf, scaled, slerp } from "./vectors.js";

/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {import("./packet.js").Packet} Packet */

/**
 * A pose with what the camera orbits (the pelvis over the ground, so that jumps show) and the height of the floor.
 * @typedef {import("./view.js").Pose & {target: Vector, floor: number}} PlacedPose
 */

const NUMBERS = 72; // 24 joints

/**
 * @param {Packet} packet @param {number} clip its number; -1 is the rest pose
 * @param {number} seconds beyond the end it begins anew
 * @returns {PlacedPose}
 */
export function poseAt(packet, clip, seconds) {
    const { head } = packet;
    const pelvis = /** @type {Vector} */ (head.joints[0].place);
    if (clip < 0) {
        return { rotations: new Array(NUMBERS).fill(0), translation: [0, 0, 0], target: [...pelvis], floor: head.rest_floor };
    }
    const { fps, frames, target_height: height } = head.clips[clip];
    const last = frames - 1;
    const duration = last / fps;
    const within = duration > 0 && !(seconds >= 0 && seconds <= duration)
        ? ((seconds % duration) + duration) % duration : Math.min(Math.max(seconds, 0), duration);
    const position = within * fps;
    const frame = Math.min(Math.floor(position), Math.max(last - 1, 0));
    const share = position - frame;
    const rotations = frameOf(packet, clip, frame);
    let translation = translationOf(packet, clip, frame);
    if (share > 1e-6) {
        const following = frameOf(packet, clip, frame + 1);
        for (let at = 0; at < NUMBERS; at += 3) {
            const between = slerp(quaternionOf(rotations, at), quaternionOf(following, at), share);
            rotations.splice(at, 3, ...axisAngleOf(between));
        }
        translation = plus(scaled(translation, 1 - share), translationOf(packet, clip, frame + 1), share);
    }
    const target = /** @type {Vector} */ ([pelvis[0] + translation[0], height, pelvis[2] + translation[2]]);
    return { rotations, translation, target, floor: 0 };
}

/** @param {Packet} packet @param {number} clip @param {number} frame @returns {number[]} */
function frameOf(packet, clip, frame) {
    const rotations = /** @type {Float32Array} */ (packet.arrays.get(`clip${clip}.rotations`));
    return Array.from(rotations.subarray(NUMBERS * frame, NUMBERS * (frame + 1)));
}

/** @param {Packet} packet @param {number} clip @param {number} frame @returns {Vector} */
function translationOf(packet, clip, frame) {
    const translations = /** @type {Float32Array} */ (packet.arrays.get(`clip${clip}.translations`));
    return [translations[3 * frame], translations[3 * frame + 1], translations[3 * frame + 2]];
}
