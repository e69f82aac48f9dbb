// Shadow rays of a pixel toward groups of lights, a word of 32 at a time.

struct Params {
    eye: vec4f,
    groups: array<vec4u, 16>, // 1: a lamp near the bodies; its first light, its rays, its first word
    num_groups: u32,
    words: u32, // of all groups
    nodes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(3) var<storage, read> normals: array<vec4f>; // that light meets, before they are bent
@group(0) @binding(4) var<storage, read> nodes: array<vec4u>;
@group(0) @binding(5) var<storage, read> triangles: array<vec4u>;
@group(0) @binding(6) var<storage, read> lights: array<vec4f>; // two a light
@group(0) @binding(7) var<storage, read_write> bits: array<u32>; // [P][words]

#include "shared/rays.wgsl"
#include "shared/brdf.wgsl"

struct Place {
    row: u32, // of the bits
    point: vec3f,
    normal: vec3f, // of the mesh
    lit_normal: vec3f, // that light meets
}

struct Ray {
    direction: vec3f,
    reach: f32,
    counts: bool, // it would light the pixel if it were open
}

fn place_of(pixel: u32) -> Place {
    let point = bitcast<vec3f>(gbuffer[3u * pixel + 1u].xyz);
    let normal = bitcast<vec3f>(gbuffer[3u * pixel + 2u].xyz);
    let wo = normalize(params.eye.xyz - point);
    return Place(pixel * params.words, point, normal, bent_toward_eye(normals[pixel].xyz, wo));
}

fn ray_of(place: Place, group: vec4u, number: u32) -> Ray {
    if (group.x == 0u) {
        let direction = lights[2u * (group.y + number)].xyz;
        return Ray(direction, FAR, dot(place.normal, direction) > 0.0);
    }
    let lamp = lights[2u * group.y];
    let ray = local_ray(lamp.xyz, lamp.w, place.point, number, group.z);
    return Ray(ray.direction, ray.reach, dot(place.lit_normal, ray.direction) > 0.0);
}

// Bits of one word of a group, rays starting so far over the pixel.
fn open_word(place: Place, group: vec4u, word: u32, offset: f32) -> u32 {
    let origin = place.point + offset * place.normal;
    var open = 0u;
    for (var number = 32u * word; number < min(group.z, 32u * word + 32u); number++) {
        let ray = ray_of(place, group, number);
        if (dot(place.normal, ray.direction) > 0.0 && !is_blocked(origin, ray.direction, ray.reach, params.nodes)) {
            open |= 1u << (number % 32u);
        }
    }
    return open;
}
