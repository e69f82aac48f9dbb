#version 330 core
// A band with soft edges: see stroke.vert.glsl.

in float across;
in vec4 ink;
out vec4 color;

void main() {
    float opacity = ink.a * clamp((1.0 - abs(across)) / max(fwidth(across), 1e-4), 0.0, 1.0);
    color = vec4(ink.rgb * opacity, opacity);
}
