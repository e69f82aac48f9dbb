// The twin of phynes_core.render.shade:shade, and of phynes_core.render.lamps:shade_area_lamp. All lights in one pass.
//
// Lights whose bits lie at the vertices come first, in words of 32: probes, then bright sources. Then those with bits of
// each pixel, group by group. A half word of closed lights is passed over.

#include "shared/workgroups.wgsl"
#include "shared/brdf.wgsl"

struct Params {
    eye: vec4f,
    groups: array<vec4u, 16>, // as in trace_pixels.wgsl
    num_groups: u32,
    probe_words: u32,
    source_words: u32,
    pixel_words: u32,
    wants_open: u32, // the irradiance without shadows, too
    f0: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> list: array<u32>;
@group(0) @binding(2) var<storage, read> surfels: array<vec4u>;
@group(0) @binding(3) var<storage, read> faces: array<vec4u>;
@group(0) @binding(4) var<storage, read> lights: array<vec4f>; // direction, power; near: middle and radius, power
@group(0) @binding(5) var<storage, read> probe_bits: array<u32>; // [V][probe_words]
@group(0) @binding(6) var<storage, read> source_bits: array<u32>; // [V][source_words]
@group(0) @binding(7) var<storage, read> pixel_bits: array<u32>; // [P][pixel_words]
@group(0) @binding(8) var<storage, read_write> light: array<vec4f>; // three a pixel

struct Surfel {
    normal: vec3f,
    wo: vec3f,
    squared_alpha: f32,
}

struct Sums {
    received: vec3f,
    glossy: vec3f,
    possible: vec3f,
}

fn add(sums: ptr<function, Sums>, surfel: Surfel, direction: vec3f, power: vec3f, share: f32) {
    let arriving = share * max(dot(surfel.normal, direction), 0.0);
    if (arriving > 0.0) {
        let lobe = specular(surfel.normal, surfel.wo, direction, surfel.squared_alpha, params.f0);
        (*sums).received += arriving * power;
        (*sums).glossy += arriving * lobe * power;
    }
}

fn add_word(sums: ptr<function, Sums>, surfel: Surfel, first: u32, words: vec3u, weights: vec3f) {
    let some = words.x | words.y | words.z;
    for (var half = 0u; half < 2u; half++) {
        if (((some >> (16u * half)) & 0xffffu) == 0u) {
            continue;
        }
        for (var bit = 16u * half; bit < 16u * half + 16u; bit++) {
            let share = dot(vec3f((words >> vec3u(bit)) & vec3u(1u)), weights);
            add(sums, surfel, lights[2u * (first + bit)].xyz, lights[2u * (first + bit) + 1u].xyz, share);
        }
    }
}

fn add_open(sums: ptr<function, Sums>, surfel: Surfel, first: u32, count: u32) {
    for (var number = first; number < first + count; number++) {
        (*sums).possible += max(dot(surfel.normal, lights[2u * number].xyz), 0.0) * lights[2u * number + 1u].xyz;
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
    let row = 64u * workgroup_number(workgroup) + thread;
    if (row >= list[0]) {
        return;
    }
    let pixel = list[1u + row];
    let normal_roughness = bitcast<vec4f>(surfels[4u * pixel]);
    let view = bitcast<vec4f>(surfels[4u * pixel + 1u]);
    let surfel = Surfel(normal_roughness.xyz, view.xyz, squared_alpha(normal_roughness.w));
    let albedo = bitcast<vec3f>(surfels[4u * pixel + 2u].xyz);
    let hit = surfels[4u * pixel + 3u];
    let pair = bitcast<vec2f>(hit.yz);
    let weights = vec3f(pair, 1.0 - pair.x - pair.y);
    let corners = faces[2u * hit.x].xyz;
    var sums = Sums(vec3f(0.0), vec3f(0.0), vec3f(0.0));
    for (var word = 0u; word < params.probe_words; word++) {
        let at = corners * params.probe_words + word;
        add_word(&sums, surfel, 32u * word, vec3u(probe_bits[at.x], probe_bits[at.y], probe_bits[at.z]), weights);
    }
    let sources = 32u * params.probe_words;
    for (var word = 0u; word < params.source_words; word++) {
        let at = corners * params.source_words + word;
        let words = vec3u(source_bits[at.x], source_bits[at.y], source_bits[at.z]);
        add_word(&sums, surfel, sources + 32u * word, words, weights);
    }
    if (params.wants_open > 0u) {
        add_open(&sums, surfel, 0u, sources + 32u * params.source_words);
    }
    let point = params.eye.xyz - view.w * view.xyz;
    for (var number = 0u; number < params.num_groups; number++) {
        let group = params.groups[number];
        let at = pixel * params.pixel_words + group.w;
        if (group.x == 0u) {
            for (var word = 0u; word < (group.z + 31u) / 32u; word++) {
                let open = vec3u(pixel_bits[at + word], 0u, 0u);
                add_word(&sums, surfel, group.y + 32u * word, open, vec3f(1.0, 0.0, 0.0));
            }
            if (params.wants_open > 0u) {
                add_open(&sums, surfel, group.y, group.z);
            }
            continue;
        }
        let lamp = lights[2u * group.y];
        let power = lights[2u * group.y + 1u].xyz;
        for (var ray_number = 0u; ray_number < group.z; ray_number++) {
            let ray = local_ray(lamp.xyz, lamp.w, point, ray_number, group.z);
            let share = f32((pixel_bits[at + ray_number / 32u] >> (ray_number % 32u)) & 1u);
            add(&sums, surfel, ray.direction, ray.power * power, share);
            sums.possible += max(dot(surfel.normal, ray.direction), 0.0) * ray.power * power;
        }
    }
    light[3u * pixel] = vec4f(albedo / PI * sums.received + sums.glossy, 0.0);
    light[3u * pixel + 1u] = vec4f(sums.received, 0.0);
    light[3u * pixel + 2u] = vec4f(sums.possible, 0.0);
}
