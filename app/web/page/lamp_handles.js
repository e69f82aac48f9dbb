// Lamps in the picture: where their handles lie, and where a drag moves them. The twin of app/tools/lamps.py.

import { dot, orbitAngles, orbitDirection, plus, scaled, normalized } from "../engine/vectors.js";
import { axesOf, focalOf } from "./edits.js";

/** @typedef {import("../engine/view.js").Vector} Vector */
/** @typedef {import("./state.js").LampState} LampState */
/** @typedef {import("./state.js").OrbitState} OrbitState */
/** @typedef {{x: number, y: number}} Point in pixels of the page, from the picture's upper left corner */

export const LAMP_SPHERE_SHARE = 0.8; // of half the picture's height

/** An orbit camera over a picture, with the pelvis that an unpanned one orbits. */
export class OrbitView {
    /** @param {OrbitState} camera @param {Vector} pelvis world @param {number} width @param {number} height of the picture */
    constructor(camera, pelvis, width, height) {
        this.camera = camera;
        this.pelvis = pelvis;
        this.width = width;
        this.height = height;
        this.target = plus(pelvis, camera.pan);
        const { right, up, forward } = axesOf(camera);
        this.right = right;
        this.up = up;
        this.forward = forward;
        this.eye = plus(this.target, forward, -camera.distance);
        this.focal = focalOf(camera, height);
    }

    /** Radius in metres of the sphere that the handles lie on; its share of the picture does not depend on the zoom. */
    get sphere() {
        const half = Math.tan((this.camera.fov * Math.PI) / 360);
        return this.camera.distance * Math.sin(Math.atan(LAMP_SPHERE_SHARE * half));
    }

    /** @param {Vector} point world @returns {Point & {depth: number}} */
    project(point) {
        const away = plus(point, this.eye, -1);
        const depth = dot(away, this.forward);
        const scale = this.focal / Math.max(depth, 1e-6);
        return {
            x: 0.5 * this.width + dot(away, this.right) * scale, y: 0.5 * this.height - dot(away, this.up) * scale, depth,
        };
    }

    /** Unit, world, from the eye through a place of the picture. @param {Point} place @returns {Vector} */
    ray({ x, y }) {
        const across = plus(this.forward, this.right, (x - 0.5 * this.width) / this.focal);
        return normalized(plus(across, this.up, -(y - 0.5 * this.height) / this.focal));
    }

    /** Whether a near lamp is in sight, so that its handle is where it is. @param {LampState} lamp @returns {boolean} */
    shows(lamp) {
        const away = orbitDirection(lamp.azimuth, lamp.elevation);
        const { x, y, depth } = this.project(plus(this.pelvis, away, lamp.distance));
        return lamp.kind === "near" && depth > 0 && x >= 0 && x < this.width && y >= 0 && y < this.height;
    }

    /** The sphere that a lamp's handle lies on. @param {LampState} lamp @returns {{center: Vector, radius: number}} */
    sphereOf(lamp) {
        return this.shows(lamp) ? { center: this.pelvis, radius: lamp.distance } : { center: this.target, radius: this.sphere };
    }

    /** @param {LampState} lamp @returns {Point & {isBehind: boolean}} */
    handle(lamp) {
        const toward = orbitDirection(lamp.azimuth, lamp.elevation);
        const { center, radius } = this.sphereOf(lamp);
        const { x, y } = this.project(plus(center, toward, radius));
        return { x, y, isBehind: dot(toward, this.forward) > 0 };
    }
}

/** One drag of a handle. A pointer that leaves the sphere's outline and returns moves the lamp on the other side. */
export class LampDrag {
    /** @param {OrbitView} view @param {LampState} lamp @param {Point} pointer */
    constructor(view, lamp, pointer) {
        const handle = view.handle(lamp);
        this.offset = { x: handle.x - pointer.x, y: handle.y - pointer.y }; // keeps the handle from jumping
        this.isBehind = handle.isBehind;
        this.wasOutside = false;
        this.isNear = view.shows(lamp);
        this.distance = lamp.distance;
    }

    /** @param {OrbitView} view @param {Point} pointer @returns {{azimuth: number, elevation: number}} of the lamp, degrees */
    anglesAt(view, pointer) {
        const ray = view.ray({ x: pointer.x + this.offset.x, y: pointer.y + this.offset.y });
        const from = plus(view.eye, this.isNear ? view.pelvis : view.target, -1);
        const radius = this.isNear ? this.distance : view.sphere;
        const closest = plus(from, ray, -dot(from, ray));
        const reach = radius * radius - dot(closest, closest);
        if (reach <= 0) {
            if (!this.wasOutside) {
                this.isBehind = !this.isBehind;
            }
            this.wasOutside = true;
            return orbitAngles(closest);
        }
        this.wasOutside = false;
        return orbitAngles(plus(closest, ray, this.isBehind ? Math.sqrt(reach) : -Math.sqrt(reach)));
    }
}

/** The lamp's color in CSS, its largest channel at 1, darker while it does not shine. @param {LampState} lamp @returns {string} */
export function inkOf(lamp) {
    const peak = Math.max(...lamp.color, 1e-6);
    const ink = lamp.color.map((channel) => Math.round(255 * (lamp.on ? 1 : 0.35) * Math.max(0, channel / peak) ** (1 / 2.2)));
    return `rgb(${ink.join(" ")})`;
}

/** sRGB of #rrggbb from a linear color whose peak becomes 1. @param {Vector} color @returns {string} */
export function hexOf(color) {
    const peak = Math.max(...color, 1e-6);
    const bytes = scaled(color, 1 / peak).map((linear) => Math.round(255 * encoded(Math.max(0, linear))));
    return `#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Linear color of #rrggbb. @param {string} hex @returns {Vector} */
export function colorOf(hex) {
    return /** @type {Vector} */ ([1, 3, 5].map((at) => decoded(parseInt(hex.slice(at, at + 2), 16) / 255)));
}

/** @param {number} linear @returns {number} sRGB */
export function encoded(linear) {
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/** @param {number} srgb @returns {number} linear */
export function decoded(srgb) {
    return srgb <= 0.04045 ? srgb / 12.92 : ((srgb + 0.055) / 1.055) ** 2.4;
}
