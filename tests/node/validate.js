// Prints Khronos' report of a .glb as JSON.
const validator = require("gltf-validator");
const fs = require("fs");
validator
  .validateBytes(new Uint8Array(fs.readFileSync(process.argv[2])), { maxIssues: 100 })
  .then((report) => console.log(JSON.stringify(report)));
