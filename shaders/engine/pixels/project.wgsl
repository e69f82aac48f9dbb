// The twin of phynes_core.render.camera:Camera.project, before its division: x_px z, y_px z, z.

struct Params {
    view_x: vec4f, // rows of T_cam_world
    view_y: vec4f,
    view_z: vec4f,
    lens_x: vec4f, // rows of the intrinsics
    lens_y: vec4f,
    lens_z: vec4f,
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> vertices: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> homogeneous: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.count) {
        return;
    }
    let world = vec4f(vertices[id.x].xyz, 1.0);
    let camera = vec3f(dot(params.view_x, world), dot(params.view_y, world), dot(params.view_z, world));
    homogeneous[id.x] = vec4f(
        dot(params.lens_x.xyz, camera), dot(params.lens_y.xyz, camera), dot(params.lens_z.xyz, camera), 0.0
    );
}
