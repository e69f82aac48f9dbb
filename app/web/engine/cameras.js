// From an orbit to the numbers of the camera that the passes read. The twin of phynes_core/render/camera.py.

import { cross, dot, normalized, orbitDirection, plus, radians, scaled } from "./vectors.js";

/** @typedef {import("./view.js").Camera} Camera */
/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {import("./runs.js").Values} Values */

/**
 * A pinhole in OpenCV axes: +X right, +Y down, +Z forward; pixels from the picture's upper left corner.
 * @typedef {object} Pinhole
 * @property {Vector} eye world
 * @property {Vector} right @property {Vector} down @property {Vector} forward unit, world
 * @property {number} focalX pixels
 * @property {number} focalY
 * @property {number} centerX pixels
 * @property {number} centerY
 * @property {number} width
 * @property {number} height
 */

const STEEP = 89;

/** @param {Camera} camera @param {number} width @param {number} height @returns {Pinhole} */
export function pinholeOf(camera, width, height) {
    const away = orbitDirection(camera.azimuth, camera.elevation);
    const eye = plus(camera.target, away, camera.distance);
    const forward = scaled(away, -1);
    const isSteep = Math.abs(camera.elevation) > STEEP;
    const up = isSteep ? orbitDirection(camera.azimuth, camera.elevation + 90) : /** @type {Vector} */ ([0, 1, 0]);
    const right = normalized(cross(forward, up));
    const focal = (0.5 * height) / Math.tan(0.5 * radians(camera.fov));
    return {
        eye, right, down: cross(forward, right), forward, focalX: focal, focalY: focal,
        centerX: 0.5 * width, centerY: 0.5 * height, width, height,
    };
}

/** The same view with `samples` x `samples` pixels in the place of one. @param {Pinhole} pinhole @param {number} samples @returns {Pinhole} */
export function refined(pinhole, samples) {
    const { focalX, focalY, centerX, centerY, width, height } = pinhole;
    return {
        ...pinhole, focalX: focalX * samples, focalY: focalY * samples, centerX: centerX * samples, centerY: centerY * samples,
        width: width * samples, height: height * samples,
    };
}

/** Rows `top` to `top + height` of the picture. @param {Pinhole} pinhole @param {number} top @param {number} height @returns {Pinhole} */
export function band(pinhole, top, height) {
    return { ...pinhole, centerY: pinhole.centerY - top, height };
}

/** The eye under the floor, looking up: what the floor mirrors in every pixel. @param {Pinhole} pinhole @param {number} floor @returns {Pinhole} */
export function mirrored(pinhole, floor) {
    const flipped = (/** @type {Vector} */ [x, y, z]) => /** @type {Vector} */ ([x, -y, z]);
    const eye = flipped(pinhole.eye);
    eye[1] += 2 * floor;
    return {
        ...pinhole, eye, right: flipped(pinhole.right), down: flipped(pinhole.down), forward: flipped(pinhole.forward),
    };
}

/**
 * By their names in frame.json, of the camera whose pixels are sampled.
 * @param {Pinhole} pinhole @param {number} near metres @returns {Values}
 */
export function cameraValues(pinhole, near) {
    const { eye, right, down, forward, focalX, focalY, centerX, centerY, width, height } = pinhole;
    const start = plus(plus(forward, right, -centerX / focalX), down, -centerY / focalY);
    return {
        width, height, pixels: width * height, listed: width * height + 1, near,
        eye: [...eye, 0],
        view_x: [...right, -dot(right, eye)], view_y: [...down, -dot(down, eye)], view_z: [...forward, -dot(forward, eye)],
        lens_x: [focalX, 0, centerX, 0], lens_y: [0, focalY, centerY, 0], lens_z: [0, 0, 1, 0],
        ray_step_x: [...scaled(right, 1 / focalX), 0], ray_step_y: [...scaled(down, 1 / focalY), 0],
        ray_start: [...start, 0],
    };
}
