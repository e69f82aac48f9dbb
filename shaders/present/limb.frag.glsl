#version 330 core
// The limb that is held: a tint where its joint moves the skin, and a dimmer rest of the body.

uniform sampler2D weights;  // [0, 1]: how much the joint moves the pixel. Row 0 on top
uniform vec4 ink;           // sRGB, opacity at full weight

in vec2 uv;
out vec4 color;

void main() {
    float opacity = ink.a * smoothstep(0.15, 0.85, texture(weights, uv).r);
    color = vec4(ink.rgb * opacity, opacity);
}
