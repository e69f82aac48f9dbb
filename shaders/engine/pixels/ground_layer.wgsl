// The twin of phynes_core.render.ground:ground_layer, with phynes_core.frame.floor:mirror_image. The floor behind bodies.

const MOST_REFLECTION = 0.5;
const REFLECTION_DEPTH_M = 0.7;
const FLATTEST = 1.0e-4; // fall of a ray that still meets the floor

struct Params {
    eye: vec4f, // and rays of samples, as in centers.wgsl
    step_x: vec4f,
    step_y: vec4f,
    start: vec4f,
    width: u32, // of the picture
    height: u32,
    samples: u32, // a side of a pixel
    cells: u32, // a side of floor_share
    radius: f32, // metres
    center_x: f32, // world
    center_z: f32,
    floor_height: f32,
    shadow: f32,
    reflection: f32,
    mirror_width: u32, // 0: nothing is mirrored
    mirror_height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> floor_share: array<f32>;
@group(0) @binding(2) var<storage, read> mirror_radiance: array<vec4f>; // of the view that the floor mirrors; coverage
@group(0) @binding(3) var<storage, read> mirror_position: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> ground: array<vec4f>; // premultiplied; share of the background it hides

fn kept_light(place: vec2f) -> f32 { // place in [-1, 1]
    let last = vec2f(f32(params.cells) - 1.0);
    let at = clamp(((place + 1.0) * f32(params.cells) - 1.0) / 2.0, vec2f(0.0), last);
    let first = vec2u(at);
    let next = min(first + 1u, vec2u(params.cells - 1u));
    let share = at - vec2f(first);
    let upper = mix(
        floor_share[first.y * params.cells + first.x], floor_share[first.y * params.cells + next.x], share.x
    );
    let lower = mix(
        floor_share[next.y * params.cells + first.x], floor_share[next.y * params.cells + next.x], share.x
    );
    return mix(upper, lower, share.y);
}

struct Mirrored {
    radiance: vec4f,
    height: f32, // above the floor, times coverage
}

fn mirrored_sample(column: u32, row: u32) -> Mirrored {
    let at = row * params.mirror_width + column;
    let radiance = mirror_radiance[at];
    return Mirrored(radiance, radiance.w * (mirror_position[at].y - params.floor_height));
}

fn between(left: Mirrored, right: Mirrored, share: f32) -> Mirrored {
    return Mirrored(mix(left.radiance, right.radiance, share), mix(left.height, right.height, share));
}

fn mirrored_at(pixel: vec2u) -> Mirrored {
    let size = vec2u(params.mirror_width, params.mirror_height);
    let scale = vec2f(size) / vec2f(f32(params.width), f32(params.height));
    let place = max((vec2f(pixel) + 0.5) * scale - 0.5, vec2f(0.0));
    let first = min(vec2u(place), size - 1u);
    let next = min(first + 1u, size - 1u);
    let share = place - vec2f(first);
    let upper = between(mirrored_sample(first.x, first.y), mirrored_sample(next.x, first.y), share.x);
    let lower = between(mirrored_sample(first.x, next.y), mirrored_sample(next.x, next.y), share.x);
    return between(upper, lower, share.y);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    let pixel = id.y * params.width + id.x;
    ground[pixel] = vec4f(0.0);
    let sample = (vec2f(id.xy) + 0.5) * f32(params.samples);
    let direction = sample.x * params.step_x.xyz + sample.y * params.step_y.xyz + params.start.xyz;
    let above = params.eye.y - params.floor_height;
    let fall = -direction.y;
    if (above <= 0.0 || fall <= FLATTEST) {
        return;
    }
    let met = params.eye.xz + above / fall * direction.xz;
    let place = (met - vec2f(params.center_x, params.center_z)) / params.radius;
    if (dot(place, place) >= 1.0) {
        return;
    }
    let inward = clamp(3.0 * (1.0 - length(place)), 0.0, 1.0);
    let fade = inward * inward * (3.0 - 2.0 * inward);
    var layer = vec4f(0.0, 0.0, 0.0, (1.0 - kept_light(place)) * params.shadow * fade);
    if (params.mirror_width > 0u && params.reflection > 0.0) {
        let grazing = pow(1.0 - clamp(fall / length(direction), 0.0, 1.0), 5.0);
        let mirrored = mirrored_at(id.xy);
        let height = mirrored.height / max(mirrored.radiance.w, 1.0e-3);
        let most = min(params.reflection + (1.0 - params.reflection) * grazing, MOST_REFLECTION) * fade;
        let strength = select(0.0, most * exp(-max(height, 0.0) / REFLECTION_DEPTH_M), height > 0.0);
        let image = mirrored.radiance * strength;
        layer = image + layer * (1.0 - image.w);
    }
    ground[pixel] = layer;
}
