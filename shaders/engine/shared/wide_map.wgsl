// A neural map of any size that a checkpoint may have: hash grid of any features a level, or waves; layers of up to
// 1,024 units. A workgroup of 256 threads takes 4 to 16 points, so that all activations fit its 16 KiB of memory.
//
// The file that includes it declares `layers`, `first_bias`, `grid`, `levels` and `point_uv`. Activations lie feature by
// feature, QUADS vectors of four points each. Constants that stand in capitals alone come from the map's shape.
//
// layers: weights of the first layer [INPUTS][WIDTH], of each further one [WIDTH][WIDTH] and its bias [WIDTH], of the
// head [WIDTH][4] and its bias [4]. levels as in shared/neural_map.wgsl; grid: FEATURES numbers an entry.

const POINTS = 4u * QUADS;
const THREADS = 256u;
const SLOTS = (WIDTH + THREADS - 1u) / THREADS; // features that a thread computes
const TURN = 6.283185307179586;

#include "shared/angles.wgsl"
#include "shared/map_functions.wgsl"

var<workgroup> activations: array<vec4f, 1024>;

fn grid_value(x: u32, y: u32, level: vec4u, feature: u32) -> f32 {
    return grid[FEATURES * grid_entry(x, y, level) + feature];
}

fn grid_feature(uv: vec2f, number: u32) -> f32 {
    let level = levels[number / FEATURES];
    let feature = number % FEATURES;
    let position = uv * bitcast<f32>(level.x) + 0.5;
    let cell = floor(position);
    let share = position - cell;
    let corner = bitcast<vec2u>(vec2i(cell));
    let both = share.x * share.y;
    return (1.0 - share.x - share.y + both) * grid_value(corner.x, corner.y, level, feature)
        + (share.x - both) * grid_value(corner.x + 1u, corner.y, level, feature)
        + (share.y - both) * grid_value(corner.x, corner.y + 1u, level, feature)
        + both * grid_value(corner.x + 1u, corner.y + 1u, level, feature);
}

// Coordinates, then octave after octave sines and cosines. Whole turns are left out first: they are many.
fn wave_feature(uv: vec2f, number: u32) -> f32 {
    if (number < 2u) {
        return uv[number];
    }
    let wave = (number - 2u) % 4u;
    let turns = 0.5 * uv[wave % 2u] * f32(1u << ((number - 2u) / 4u));
    let found = sine_and_cosine(TURN * (turns - round(turns)));
    return select(found.y, found.x, wave < 2u);
}

fn feature_of(point: u32, number: u32) -> f32 {
    let uv = point_uv(point);
    if (OCTAVES > 0u) {
        return wave_feature(uv, number);
    }
    return grid_feature(uv, number);
}

fn encode(first_point: u32, thread: u32) {
    for (var task = thread; task < INPUTS * QUADS; task += THREADS) {
        let number = task / QUADS;
        let point = first_point + 4u * (task % QUADS);
        activations[task] = vec4f(
            feature_of(point, number), feature_of(point + 1u, number),
            feature_of(point + 2u, number), feature_of(point + 3u, number)
        );
    }
}

fn bias_of(at: u32, feature: u32, is_first: bool) -> f32 {
    if (is_first) {
        return first_bias[feature];
    }
    return layers[at + feature];
}

// What a thread computes of a layer: SLOTS features at QUADS vectors of points, four vectors at most.
fn layer(weights_at: u32, depth: u32, is_first: bool, thread: u32) -> array<vec4f, 4> {
    var sums = array<vec4f, 4>();
    for (var slot = 0u; slot < SLOTS; slot++) {
        let feature = min(thread + THREADS * slot, WIDTH - 1u);
        for (var quad = 0u; quad < QUADS; quad++) {
            sums[slot * QUADS + quad] = vec4f(bias_of(weights_at + depth * WIDTH, feature, is_first));
        }
        for (var k = 0u; k < depth; k++) {
            let weight = layers[weights_at + k * WIDTH + feature];
            for (var quad = 0u; quad < QUADS; quad++) {
                sums[slot * QUADS + quad] += weight * activations[k * QUADS + quad];
            }
        }
        for (var quad = 0u; quad < QUADS; quad++) {
            sums[slot * QUADS + quad] = activated(sums[slot * QUADS + quad]);
        }
    }
    return sums;
}

fn keep(values: array<vec4f, 4>, thread: u32) {
    var kept = values;
    for (var slot = 0u; slot < SLOTS; slot++) {
        let feature = thread + THREADS * slot;
        for (var quad = 0u; quad < QUADS && feature < WIDTH; quad++) {
            activations[feature * QUADS + quad] = kept[slot * QUADS + quad];
        }
    }
}

// Channel thread % 4 at point first_point + thread / 4, for the first 4 POINTS threads.
fn query(first_point: u32, thread: u32) -> f32 {
    encode(first_point, thread);
    workgroupBarrier();
    var first = layer(0u, INPUTS, true, thread);
    workgroupBarrier();
    keep(first, thread);
    workgroupBarrier();
    var at = INPUTS * WIDTH;
    for (var number = 1u; number < HIDDEN; number++) {
        var values = layer(at, WIDTH, false, thread);
        if (HAS_RESIDUAL && number + 1u == HIDDEN) {
            for (var each = 0u; each < 4u; each++) {
                values[each] += first[each];
            }
        }
        at += (WIDTH + 1u) * WIDTH;
        workgroupBarrier();
        keep(values, thread);
        workgroupBarrier();
    }
    let channel = thread % 4u;
    let point = (thread / 4u) % POINTS;
    var value = layers[at + 4u * WIDTH + channel];
    for (var k = 0u; k < WIDTH; k++) {
        value += layers[at + 4u * k + channel] * activations[k * QUADS + point / 4u][point % 4u];
    }
    if (HAS_SIGMOID) {
        value = 1.0 / (1.0 + exp(-value));
    }
    return OUTPUT_OFFSET + OUTPUT_SCALE * value;
}
