#version 330 core
// A tint over the limb of the selected joint, by skinning weight.

uniform sampler2D weights;  // [0, 1] skinning weight of the joint. Row 0 on top
uniform vec4 ink;           // sRGB, opacity at full weight

in vec2 uv;
out vec4 color;

void main() {
    float opacity = ink.a * smoothstep(0.15, 0.85, texture(weights, uv).r);
    color = vec4(ink.rgb * opacity, opacity);
}
