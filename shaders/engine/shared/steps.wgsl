// Steps of one cell of the finest grid along u and v that stay in their chart: body/atlas.py's open_steps.
//
// The file that includes it declares `open_bits`: a byte a texel of the 1024 x 1024 square, row 0 is v = 1, bit i: step
// i stays in the chart. The steps go left, right, down, up.

const CHART_RESOLUTION = 1024u;
const CELL = 1.0 / 1024.0;
const MAX_SLOPE = 1.0; // 45 degrees

fn open_steps(uv: vec2f) -> u32 {
    let side = f32(CHART_RESOLUTION);
    let place = vec2u(clamp(vec2i(vec2f(uv.x, 1.0 - uv.y) * side), vec2i(0), vec2i(i32(CHART_RESOLUTION) - 1)));
    let texel = place.y * CHART_RESOLUTION + place.x;
    return (open_bits[texel / 4u] >> (8u * (texel % 4u))) & 15u;
}

fn step_length(open: u32, step: u32) -> f32 {
    return select(0.0, CELL, ((open >> step) & 1u) == 1u);
}

// What differences along u and v are divided by: a cell at least, where no step is open.
fn step_widths(open: u32) -> vec2f {
    let lengths = vec2f(
        step_length(open, 0u) + step_length(open, 1u), step_length(open, 2u) + step_length(open, 3u)
    );
    return max(lengths, vec2f(CELL));
}

// A normal tilted by the slope of the surface, of which MAX_SLOPE is the most; 0 leaves it as it is.
fn tilted(normal: vec3f, slope: vec3f) -> vec3f {
    if (all(slope == vec3f(0.0))) {
        return normal;
    }
    return normalize(normal - slope * min(MAX_SLOPE / sqrt(max(dot(slope, slope), 1.0e-20)), 1.0));
}
