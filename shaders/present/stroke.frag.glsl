#version 330 core
// A strip with soft edges: see stroke.vert.glsl.

in float across;
in vec4 strip_color;
out vec4 pixel;

void main() {
    float opacity = strip_color.a * clamp((1.0 - abs(across)) / max(fwidth(across), 1e-4), 0.0, 1.0);
    pixel = vec4(strip_color.rgb * opacity, opacity);
}
