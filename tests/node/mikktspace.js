// Reads float32 corners (positions, normals, uv in turn, three corners a face) and writes MikkTSpace's tangents as float32.
const { generateTangents } = require("mikktspace");
const fs = require("fs");
const bytes = fs.readFileSync(process.argv[2]);
const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const count = all.length / 8;
const tangents = generateTangents(all.slice(0, 3 * count), all.slice(3 * count, 6 * count), all.slice(6 * count));
fs.writeFileSync(process.argv[3], Buffer.from(tangents.buffer, tangents.byteOffset, tangents.byteLength));
