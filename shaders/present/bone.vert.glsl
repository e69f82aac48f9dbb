#version 330 core
// One bone or joint an instance: the box around a band that gets narrower, in window pixels.

uniform vec2 window;   // px
uniform float rim_px;

in vec4 ends_px;       // origin top left
in vec2 radii_px;
in vec4 paint;         // sRGB, opacity

out vec2 place_px;
flat out vec4 ends;
flat out vec2 radii;
flat out vec4 ink;

void main() {
    float reach = max(radii_px.x, radii_px.y) + rim_px + 1.0;
    vec2 low = min(ends_px.xy, ends_px.zw) - reach, high = max(ends_px.xy, ends_px.zw) + reach;
    place_px = mix(low, high, vec2(gl_VertexID & 1, gl_VertexID >> 1));
    ends = ends_px;
    radii = radii_px;
    ink = paint;
    gl_Position = vec4(place_px.x / window.x * 2.0 - 1.0, 1.0 - place_px.y / window.y * 2.0, 0.0, 1.0);
}
