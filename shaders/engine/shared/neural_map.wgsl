// A neural map for 32 points a workgroup of 64 threads: hash grid, layers of at most 64 units, head.
//
// The file that includes it declares `layers`, `first_bias`, `grid`, `levels` and `point_uv`. Activations lie feature by
// feature in workgroup memory, 8 KiB. A thread computes 4 features at 8 points: a step of the inner loop reads three
// vectors and multiplies 32 numbers. Constants that stand in capitals alone come from the map's shape (passes.json).
//
// layers: weights of the first layer [inputs][16] vec4f, of each further one [64][16] and its bias [16], of the head
// [64] and its bias [1]. levels: scale (bits of a float), vertices a side or 0 where hashed, first entry, entries; behind
// the last one, 1 where `grid` holds an entry's two features as halves of a word, 0 where they are two floats. Halves are
// part of WGSL itself: no optional feature is needed.

const POINTS = 32u;

#include "shared/map_functions.wgsl"

var<workgroup> activations: array<vec4f, 512>;

fn grid_value(x: u32, y: u32, level: vec4u) -> vec2f {
    let entry = grid_entry(x, y, level);
    if (levels[LEVELS].x == 1u) {
        return unpack2x16float(grid[entry]);
    }
    return bitcast<vec2f>(vec2u(grid[2u * entry], grid[2u * entry + 1u]));
}

fn interpolated(uv: vec2f, level: vec4u) -> vec2f {
    let position = uv * bitcast<f32>(level.x) + 0.5;
    let cell = floor(position);
    let share = position - cell;
    let corner = bitcast<vec2u>(vec2i(cell));
    let both = share.x * share.y;
    return (1.0 - share.x - share.y + both) * grid_value(corner.x, corner.y, level)
        + (share.x - both) * grid_value(corner.x + 1u, corner.y, level)
        + (share.y - both) * grid_value(corner.x, corner.y + 1u, level)
        + both * grid_value(corner.x + 1u, corner.y + 1u, level);
}

fn encode(first_point: u32, thread: u32) {
    for (var task = thread; task < 8u * LEVELS; task += 64u) {
        let quad = task % 8u;
        let level = task / 8u;
        let entry = levels[level];
        let a = interpolated(point_uv(first_point + 4u * quad), entry);
        let b = interpolated(point_uv(first_point + 4u * quad + 1u), entry);
        let c = interpolated(point_uv(first_point + 4u * quad + 2u), entry);
        let d = interpolated(point_uv(first_point + 4u * quad + 3u), entry);
        activations[16u * level + quad] = vec4f(a.x, b.x, c.x, d.x);
        activations[16u * level + 8u + quad] = vec4f(a.y, b.y, c.y, d.y);
    }
}

// What a thread holds: features 4 g to 4 g + 3 at points 8 h to 8 h + 7, two vectors a feature.
struct Tile {
    a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, f: vec4f, g: vec4f, h: vec4f,
}

fn layer(weights_at: u32, depth: u32, bias: vec4f, thread: u32) -> Tile {
    let column = thread % 16u;
    let row = 2u * (thread / 16u);
    var t = Tile(
        vec4f(bias.x), vec4f(bias.x), vec4f(bias.y), vec4f(bias.y),
        vec4f(bias.z), vec4f(bias.z), vec4f(bias.w), vec4f(bias.w),
    );
    for (var k = 0u; k < depth; k++) {
        let weight = layers[weights_at + 16u * k + column];
        let left = activations[8u * k + row];
        let right = activations[8u * k + row + 1u];
        t.a += weight.x * left;
        t.b += weight.x * right;
        t.c += weight.y * left;
        t.d += weight.y * right;
        t.e += weight.z * left;
        t.f += weight.z * right;
        t.g += weight.w * left;
        t.h += weight.w * right;
    }
    return Tile(
        activated(t.a), activated(t.b), activated(t.c), activated(t.d),
        activated(t.e), activated(t.f), activated(t.g), activated(t.h),
    );
}

fn keep(t: Tile, thread: u32) {
    let at = 32u * (thread % 16u) + 2u * (thread / 16u);
    activations[at] = t.a;
    activations[at + 1u] = t.b;
    activations[at + 8u] = t.c;
    activations[at + 9u] = t.d;
    activations[at + 16u] = t.e;
    activations[at + 17u] = t.f;
    activations[at + 24u] = t.g;
    activations[at + 25u] = t.h;
}

// The channels at point first_point + thread, for the first 32 threads.
fn query(first_point: u32, thread: u32) -> vec4f {
    encode(first_point, thread);
    workgroupBarrier();
    let column = thread % 16u;
    let first = layer(0u, INPUTS, first_bias[column], thread);
    workgroupBarrier();
    keep(first, thread);
    workgroupBarrier();
    var at = 16u * INPUTS;
    for (var number = 1u; number < HIDDEN; number++) {
        var t = layer(at, 64u, layers[at + 1024u + column], thread);
        if (HAS_RESIDUAL && number + 1u == HIDDEN) {
            t = Tile(
                t.a + first.a, t.b + first.b, t.c + first.c, t.d + first.d,
                t.e + first.e, t.f + first.f, t.g + first.g, t.h + first.h,
            );
        }
        at += 1040u;
        workgroupBarrier();
        keep(t, thread);
        workgroupBarrier();
    }
    var value = layers[at + 64u];
    let point = thread % POINTS;
    for (var k = 0u; k < 64u; k++) {
        value += layers[at + k] * activations[8u * k + point / 4u][point % 4u];
    }
    if (HAS_SIGMOID) {
        value = 1.0 / (1.0 + exp(-value));
    }
    return OUTPUT_OFFSET + OUTPUT_SCALE * value;
}
