#version 330 core
// A straight line that fades from one end to the other; ends in pixels from the rectangle's top left.

uniform vec2 start_px;
uniform vec2 end_px;
uniform vec4 start_color;  // sRGB, opacity
uniform vec4 end_color;
uniform float width_px;

in vec2 position_px;
out vec4 color;

void main() {
    vec2 along = end_px - start_px;
    float share = clamp(dot(position_px - start_px, along) / max(dot(along, along), 1e-6), 0.0, 1.0);
    float distance_px = distance(position_px, start_px + along * share);
    vec4 ink = mix(start_color, end_color, share);
    float opacity = ink.a * clamp(0.5 * width_px + 0.5 - distance_px, 0.0, 1.0);
    color = vec4(ink.rgb * opacity, opacity);
}
