// The mapping of lat-long pictures: v from the top, u = 0.5 + atan2(z, x) / 2 pi (phynes_core/conventions.py).

/** World direction of a place in a picture. @param {number} u @param {number} v @returns {import("./view.js").Vector} unit */
export function latlongDirection(u, v) {
    const phi = (u - 0.5) * 2 * Math.PI;
    const ring = Math.sin(v * Math.PI);
    return [ring * Math.cos(phi), Math.cos(v * Math.PI), ring * Math.sin(phi)];
}

/** Steradians of a texel. @param {number} row @param {number} rows @param {number} columns @returns {number} */
export function solidAngle(row, rows, columns) {
    return ((Math.cos((row * Math.PI) / rows) - Math.cos(((row + 1) * Math.PI) / rows)) * 2 * Math.PI) / columns;
}
