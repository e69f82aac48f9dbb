// Steps of one cell of the finest grid along u and v that stay in their chart: body/atlas.py's open_steps.
//
// The file that includes it declares `open_bits`: a byte a texel of the 1024 x 1024 square, row 0 is v = 1, bit i: step
// i stays in the chart. The steps go left, right, down, up.

const CHART_RESOLUTION = 1024u;
const CELL = 1.0 / 1024.0;

fn open_steps(uv: vec2f) -> u32 {
    let side = f32(CHART_RESOLUTION);
    let place = vec2u(clamp(vec2i(vec2f(uv.x, 1.0 - uv.y) * side), vec2i(0), vec2i(i32(CHART_RESOLUTION) - 1)));
    let texel = place.y * CHART_RESOLUTION + place.x;
    return (open_bits[texel / 4u] >> (8u * (texel % 4u))) & 15u;
}

fn step_length(open: u32, step: u32) -> f32 {
    return select(0.0, CELL, ((open >> step) & 1u) == 1u);
}
