// The twin of phynes_core.render.rasterize:rasterize. The GPU's rasterizer names the nearest face of each pixel center.
//
// Depth is near / z, so that the nearest face has the greatest; at equal depth the first drawn, the lower index, stays.

struct Params {
    scale: f32, // samples a pixel along each axis
    left: f32, // of the part that is drawn, in samples
    top: f32,
    width: f32, // of the part, in samples
    height: f32,
    near: f32, // metres
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> homogeneous: array<vec4f>;
@group(0) @binding(2) var<storage, read> faces: array<vec4u>;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) @interpolate(flat, either) face: u32,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
    let face = index / 3u;
    let vertex = faces[2u * face][index % 3u];
    let place = homogeneous[vertex];
    let x = place.x * params.scale - params.left * place.z;
    let y = place.y * params.scale - params.top * place.z;
    let position = vec4f(2.0 * x / params.width - place.z, place.z - 2.0 * y / params.height, params.near, place.z);
    return Corner(position, face);
}

@fragment
fn face_and_depth(given: Corner) -> @location(0) vec2u {
    return vec2u(given.face + 1u, bitcast<u32>(params.near / given.position.z));
}
