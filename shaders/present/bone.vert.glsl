#version 330 core
// An instance is one bone or joint: the bounding rectangle of a tapered segment, in window pixels.

uniform vec2 window;   // px
uniform float rim_px;

in vec4 ends_px;       // origin top left
in vec2 radii_px;
in vec4 color;         // sRGB, opacity

out vec2 position_px;
flat out vec4 ends;
flat out vec2 radii;
flat out vec4 fill_color;

void main() {
    float reach = max(radii_px.x, radii_px.y) + rim_px + 1.0;
    vec2 low = min(ends_px.xy, ends_px.zw) - reach, high = max(ends_px.xy, ends_px.zw) + reach;
    position_px = mix(low, high, vec2(gl_VertexID & 1, gl_VertexID >> 1));
    ends = ends_px;
    radii = radii_px;
    fill_color = color;
    gl_Position = vec4(position_px.x / window.x * 2.0 - 1.0, 1.0 - position_px.y / window.y * 2.0, 0.0, 1.0);
}
