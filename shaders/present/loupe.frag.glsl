#version 330 core
// The rim of a loupe, a faint grid between its pixels, and a mark around the one in the middle.

uniform float cell_px;   // a side of one pixel of the picture
uniform float pixel_ratio;

uniform vec4 rectangle;  // as in quad.vert.glsl

in vec2 position_px;
out vec4 color;

float frame_of(vec2 low, vec2 high, float inner, float outer) {
    vec2 inside = min(position_px - low, high - position_px);
    float depth = min(inside.x, inside.y);  // px inside the box
    return step(-outer, depth) * step(depth, inner);
}

void main() {
    vec2 size = rectangle.zw;
    vec2 within = mod(position_px, cell_px);
    float grid = cell_px >= 10.0 ? 0.16 * step(min(within.x, within.y), 1.0) : 0.0;
    color = vec4(0.0, 0.0, 0.0, grid);
    vec2 low = floor(0.5 * (size - cell_px) + 0.5), high = low + cell_px;
    float line = max(1.0, pixel_ratio);
    if (frame_of(low, high, 0.0, 2.0 * line) > 0.0) color = vec4(0.0, 0.0, 0.0, 0.85);
    if (frame_of(low, high, 0.0, line) > 0.0) color = vec4(1.0);
    if (frame_of(vec2(0.0), size, line, 0.0) > 0.0) color = vec4(vec3(0.62), 1.0);
}
