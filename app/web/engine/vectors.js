// Vectors and rotations of the world: right-handed, +Y up, metres. Angles in degrees unless a name ends in Rad.

/** @typedef {import("./view.js").Vector} Vector */
/** @typedef {[number, number, number, number]} Quaternion w, x, y, z */

/** @param {number} degrees @returns {number} */
export function radians(degrees) {
    return (degrees * Math.PI) / 180;
}

/** @param {number} angleRad @returns {number} */
export function degrees(angleRad) {
    return (angleRad * 180) / Math.PI;
}

/** @param {Vector} a @param {Vector} b @param {number} [share] of b @returns {Vector} */
export function plus(a, b, share = 1) {
    return [a[0] + share * b[0], a[1] + share * b[1], a[2] + share * b[2]];
}

/** @param {Vector} a @param {Vector} b @returns {number} */
export function dot(a, b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {Vector} a @param {Vector} b @returns {Vector} */
export function cross(a, b) {
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** @param {Vector} a @param {number} scale @returns {Vector} */
export function scaled(a, scale) {
    return [a[0] * scale, a[1] * scale, a[2] * scale];
}

/** @param {Vector} a @returns {Vector} */
export function normalized(a) {
    return scaled(a, 1 / Math.max(Math.hypot(...a), 1e-12));
}

/** From the orbited point: azimuth 0 is +Z, 90 is +X. @param {number} azimuth @param {number} elevation @returns {Vector} */
export function orbitDirection(azimuth, elevation) {
    const across = Math.cos(radians(elevation));
    return [
        Math.sin(radians(azimuth)) * across, Math.sin(radians(elevation)), Math.cos(radians(azimuth)) * across,
    ];
}

/** The inverse of orbitDirection. @param {Vector} direction of any length @returns {{azimuth: number, elevation: number}} */
export function orbitAngles(direction) {
    const [x, y, z] = normalized(direction);
    return { azimuth: degrees(Math.atan2(x, z)), elevation: degrees(Math.asin(Math.max(-1, Math.min(1, y)))) };
}

/** @param {ArrayLike<number>} axisAngle radians @param {number} [at] index of its first number @returns {Quaternion} */
export function quaternionOf(axisAngle, at = 0) {
    const [x, y, z] = [axisAngle[at], axisAngle[at + 1], axisAngle[at + 2]];
    const angle = Math.hypot(x, y, z);
    const scale = angle > 1e-9 ? Math.sin(angle / 2) / angle : 0.5;
    return [Math.cos(angle / 2), x * scale, y * scale, z * scale];
}

/** @param {Quaternion} quaternion of any length but 0 @returns {Vector} the shortest axis-angle, radians */
export function axisAngleOf(quaternion) {
    const length = Math.hypot(...quaternion) * (quaternion[0] < 0 ? -1 : 1);
    const [w, x, y, z] = quaternion.map((number) => number / length);
    const sine = Math.hypot(x, y, z);
    return scaled([x, y, z], sine > 1e-7 ? (2 * Math.atan2(sine, w)) / sine : 2);
}

/** Along the shorter arc. @param {Quaternion} start @param {Quaternion} end @param {number} share @returns {Quaternion} */
export function slerp(start, end, share) {
    const cosine = start.reduce((sum, number, at) => sum + number * end[at], 0);
    const angle = Math.acos(Math.min(Math.abs(cosine), 1));
    const isNear = angle < 1e-3;
    const first = isNear ? 1 - share : Math.sin((1 - share) * angle) / Math.sin(angle);
    const second = (isNear ? share : Math.sin(share * angle) / Math.sin(angle)) * (cosine < 0 ? -1 : 1);
    return /** @type {Quaternion} */ (start.map((number, at) => first * number + second * end[at]));
}

/** Turns by `second`, then by `first`. @param {Quaternion} first @param {Quaternion} second @returns {Quaternion} */
export function composed(first, second) {
    const [a, b, c, d] = first;
    const [e, f, g, h] = second;
    return [
        a * e - b * f - c * g - d * h, a * f + b * e + c * h - d * g,
        a * g - b * h + c * e + d * f, a * h + b * g - c * f + d * e,
    ];
}
