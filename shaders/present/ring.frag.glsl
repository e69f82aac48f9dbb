#version 330 core
// A thin circle in the middle of its rectangle.

uniform vec4 ink;  // sRGB, opacity
uniform float radius_px;

uniform vec4 rectangle;  // as in quad.vert.glsl

in vec2 position_px;
out vec4 color;

void main() {
    vec2 from_center = position_px - rectangle.zw * 0.5;
    float opacity = ink.a * clamp(1.0 - abs(length(from_center) - radius_px), 0.0, 1.0);
    color = vec4(ink.rgb * opacity, opacity);
}
