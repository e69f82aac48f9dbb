// The twin of phynes_core.render.ground:open_share. What arrives on a cell of the floor, and what would without the bodies.

struct Params {
    groups: array<vec4u, 16>, // as in pixel_rays.wgsl, without bits
    num_groups: u32,
    nodes: u32,
    cells: u32, // a side
    radius: f32, // metres
    center_x: f32, // world
    center_z: f32,
    height: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(2) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(3) var<storage, read> lights: array<vec4f>; // two a light
@group(0) @binding(4) var<storage, read_write> floor_light: array<vec4f>; // two a cell: irradiance with shadows, without

#include "shared/rays.wgsl"
#include "shared/brdf.wgsl"

const UP = vec3f(0.0, 1.0, 0.0);

struct Sums {
    received: vec3f,
    possible: vec3f,
}

fn sums_of(point: vec3f, group: vec4u, offset: f32) -> Sums {
    var sums = Sums(vec3f(0.0), vec3f(0.0));
    for (var number = 0u; number < group.z; number++) {
        let at = 2u * select(group.y, group.y + number, group.x == 0u);
        var direction = lights[at].xyz;
        var reach = FAR;
        var power = lights[at + 1u].xyz;
        if (group.x == 1u) {
            let ray = local_ray(lights[at].xyz, lights[at].w, point, number, group.z);
            direction = ray.direction;
            reach = ray.reach;
            power *= ray.power;
        }
        if (direction.y <= 0.0) {
            continue;
        }
        sums.possible += direction.y * power;
        if (!is_blocked(point + offset * UP, direction, reach, params.nodes)) {
            sums.received += direction.y * power;
        }
    }
    return sums;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (any(id.xy >= vec2u(params.cells))) {
        return;
    }
    let place = ((vec2f(id.xy) + 0.5) / f32(params.cells) * 2.0 - 1.0) * params.radius;
    let point = vec3f(params.center_x + place.x, params.height, params.center_z + place.y);
    var received = vec3f(0.0);
    var possible = vec3f(0.0);
    for (var number = 0u; number < params.num_groups; number++) {
        var sums = sums_of(point, params.groups[number], OFFSET_M);
        possible += sums.possible;
        if (all(sums.received == vec3f(0.0)) && any(sums.possible > vec3f(0.0))) {
            let hit = nearest_hit(point + SKIN_M * UP, UP, OFFSET_M - SKIN_M, params.nodes);
            if (hit.distance < FAR) { // something nearer than rays start
                sums = sums_of(point, params.groups[number], 0.5 * (SKIN_M + hit.distance));
            }
        }
        received += sums.received;
    }
    let cell = id.y * params.cells + id.x;
    floor_light[2u * cell] = vec4f(received, 0.0);
    floor_light[2u * cell + 1u] = vec4f(possible, 0.0);
}
