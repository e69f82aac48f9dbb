#version 330 core
// A picture made on the CPU, such as a legend: premultiplied sRGB. Row 0 on top.

uniform sampler2D picture;

in vec2 uv;
out vec4 color;

void main() {
    color = texture(picture, uv);
}
