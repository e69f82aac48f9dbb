// Reflectance and where light meets a surface: render/brdf.py, and lamps near the bodies: render/lamps.py.

#include "shared/angles.wgsl"

const PI = 3.14159265358979;
const MIN_COSINE = 1.0e-3;
const MIN_ROUGHNESS = 0.05;
const GOLDEN_ANGLE = 2.39996322972865;
const OFFSET_M = 2.0e-3;
const SKIN_M = 2.0e-5;

fn squared_alpha(roughness: f32) -> f32 {
    let alpha = max(roughness, MIN_ROUGHNESS) * max(roughness, MIN_ROUGHNESS);
    return alpha * alpha;
}

fn smith(cosine: f32, squared: f32) -> f32 {
    return cosine + sqrt(squared + (1.0 - squared) * cosine * cosine);
}

// D F G / (4 n.l n.v) of squared alpha. |across|^2 + a2 along^2 keeps its digits where n.h nears 1.
fn specular(normal: vec3f, wo: vec3f, wi: vec3f, squared: f32, f0: f32) -> f32 {
    let true_view = dot(normal, wo);
    let true_light = dot(normal, wi);
    let cos_view = max(true_view, MIN_COSINE);
    let cos_light = max(true_light, MIN_COSINE);
    let across = wi - true_light * normal + wo - true_view * normal;
    let squared_across = dot(across, across);
    let true_along = true_light + true_view;
    let squared_sum = max(squared_across + true_along * true_along, 1.0e-8);
    let along = cos_light + cos_view;
    let rest = max(squared_across + (true_along - along) * (true_along + along), 0.0);
    let spread = rest + squared * min(along * along, squared_sum);
    let miss = max(1.0 - 0.5 * sqrt(squared_sum), 0.0);
    let fresnel = f0 + (1.0 - f0) * miss * miss * miss * miss * miss;
    let smiths = smith(cos_light, squared) * smith(cos_view, squared);
    return squared * squared_sum * squared_sum * fresnel / (PI * spread * spread * smiths);
}

fn bent_toward_eye(normal: vec3f, wo: vec3f) -> vec3f {
    let cosine = dot(normal, wo);
    return normal + (max(abs(cosine), MIN_COSINE) - cosine) * wo;
}

// A ray from a point to a glowing sphere.
struct LocalRay {
    direction: vec3f,
    reach: f32, // to the sphere's near side
    power: f32, // share of the intensity that a surface facing the ray receives
}

fn local_ray(middle: vec3f, radius: f32, point: vec3f, number: u32, count: u32) -> LocalRay {
    let away = middle - point;
    let distance = max(length(away), 1.001 * radius + 1.0e-6);
    let axis = away / distance;
    let size = abs(axis);
    var helper = vec3f(0.0, 0.0, 1.0);
    if (size.x <= size.y && size.x <= size.z) {
        helper = vec3f(1.0, 0.0, 0.0);
    } else if (size.y <= size.z) {
        helper = vec3f(0.0, 1.0, 0.0);
    }
    let tangent = normalize(cross(axis, helper));
    let bitangent = cross(axis, tangent);
    let share = select(0.0, (f32(number) + 0.5) / f32(count), count > 1u);
    let sine = sqrt(share) * radius / distance;
    let cosine = sqrt(1.0 - sine * sine);
    let turn = sine_and_cosine(f32(number) * GOLDEN_ANGLE);
    let direction = axis * cosine + (turn.y * tangent + turn.x * bitangent) * sine;
    return LocalRay(direction, max(distance - radius, 1.0e-6), 1.0 / (f32(count) * distance * distance * cosine));
}
