#version 330 core
// Bands along polylines, in window pixels; `across` runs from -1 to 1 over a band and softens its edges.

uniform vec2 window;  // px

in vec2 place_px;     // origin top left
in float side;
in vec4 paint;        // sRGB, opacity

out float across;
out vec4 ink;

void main() {
    across = side;
    ink = paint;
    vec2 share = place_px / window;
    gl_Position = vec4(share.x * 2.0 - 1.0, 1.0 - share.y * 2.0, 0.0, 1.0);
}
