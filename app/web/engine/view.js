// What a page shows, as plain JSON: a link holds it, and two equal views give equal pictures.

/** @typedef {[number, number, number]} Vector */

/**
 * An orbit. Azimuth 0 looks at the face from +Z, 90 stands at +X, elevation 90 above; degrees, metres, +Y up.
 * @typedef {object} Camera
 * @property {Vector} target the point that is orbited, world
 * @property {number} azimuth
 * @property {number} elevation -90 to 90
 * @property {number} distance metres
 * @property {number} fov of the picture's height, degrees
 */

/**
 * SMPL's 24 joints in its order.
 * @typedef {object} Pose
 * @property {number[]} rotations 24 x 3 axis-angle numbers, radians, joint after joint
 * @property {Vector} translation metres
 */

/**
 * The light around the body.
 * @typedef {object} Surrounding
 * @property {number} index into `description.environments`, 0 is the light that the avatar learned; -1: none
 * @property {number} rotation about +Y, degrees: what stood at +Z stands at +X after 90
 * @property {number} gain
 */

/**
 * A lamp that casts exact shadows: a distant disc ("sun"), or a glowing sphere near the body ("near").
 * @typedef {object} Lamp
 * @property {"sun" | "near"} kind
 * @property {number} azimuth of a sun, degrees: 0 shines on the face, 90 comes from +X
 * @property {number} elevation of a sun, degrees
 * @property {number} angle of a sun, the disc's radius in degrees
 * @property {Vector} position of a near lamp, world, metres
 * @property {number} radius of a near lamp, metres
 * @property {Vector} color linear red, green, blue
 * @property {number} intensity irradiance on a surface that faces it (a near lamp: from 1 m); pi makes white look white
 * @property {boolean} on
 */

/**
 * An invisible floor that shows shadows and a faint mirror image.
 * @typedef {object} Floor
 * @property {boolean} on
 * @property {number} height world y, metres
 * @property {[number, number]} center world x and z, metres
 * @property {number} shadow 0 to 1
 * @property {number} reflection 0 to 1
 */

/** @typedef {"radiance" | "albedo" | "roughness" | "visibility" | "shading" | "normal" | "uv" | "depth" | "light_visibility"} BufferName */
/** @typedef {"linear" | "filmic" | "reinhard" | "aces" | "agx"} ToneCurve */
/** @typedef {"draft" | "full"} Quality draft: while something moves; full: antialiased, for pictures at rest */

/**
 * Everything that decides a picture.
 * @typedef {object} View
 * @property {Camera} camera
 * @property {Pose} pose
 * @property {Surrounding} environment
 * @property {Lamp[]} lamps at most MOST_LAMPS
 * @property {Floor} floor
 * @property {BufferName} buffer
 * @property {number} shownLamp whose light alone light_visibility shows; -1: the first lamp, else the brightest light around
 * @property {ToneCurve} curve
 * @property {number} exposure EV
 * @property {Vector} background sRGB, 0 to 1
 * @property {Quality} quality
 */

export const MOST_LAMPS = 8;

/** @type {BufferName[]} in the order of the keys 1 to 9 */
export const BUFFERS = ["radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth", "light_visibility"];

/** @type {ToneCurve[]} */
export const CURVES = ["linear", "filmic", "reinhard", "aces", "agx"];

/** @type {Vector} */
export const BACKGROUND = [0.075, 0.08, 0.095];

/**
 * A new lamp: warm, half as bright again as the sun at noon is to a white wall.
 * @param {Partial<Lamp>} given
 * @returns {Lamp}
 */
export function newLamp(given = {}) {
    return {
        kind: "sun", azimuth: 40, elevation: 35, angle: 2, position: [0, 1.4, 1.5], radius: 0.1,
        color: [1, 0.93, 0.8], intensity: 2 * Math.PI, on: true, ...given,
    };
}
