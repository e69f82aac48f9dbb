#version 330 core
// Strips along polylines, in window pixels; `across` runs from -1 to 1 over the width of a strip.

uniform vec2 window;  // px

in vec2 position_px;  // origin top left
in float side;        // of the line: 1 or -1
in vec4 color;        // sRGB, opacity

out float across;
out vec4 strip_color;

void main() {
    across = side;
    strip_color = color;
    vec2 share = position_px / window;
    gl_Position = vec4(share.x * 2.0 - 1.0, 1.0 - share.y * 2.0, 0.0, 1.0);
}
