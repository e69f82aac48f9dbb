#version 330 core
// A rectangle in window pixels, drawn as a strip of four vertices.

uniform vec4 rectangle;  // left, top, width, height; px, origin top left
uniform vec2 window;     // px

out vec2 position_px;    // px from the rectangle's top left
out vec2 uv;             // [0, 1], v down

void main() {
    uv = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    position_px = uv * rectangle.zw;
    vec2 share = (rectangle.xy + position_px) / window;
    gl_Position = vec4(share.x * 2.0 - 1.0, 1.0 - share.y * 2.0, 0.0, 1.0);
}
