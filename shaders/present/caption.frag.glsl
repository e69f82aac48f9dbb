#version 330 core
// Text from a one-channel texture, or a rectangle of one color.

uniform sampler2D glyphs;
uniform vec4 ink;  // sRGB, opacity
uniform int has_glyphs;

in vec2 uv;
out vec4 color;

void main() {
    float opacity = ink.a * (has_glyphs == 1 ? texture(glyphs, uv).r : 1.0);
    color = vec4(ink.rgb * opacity, opacity);
}
