#version 330 core
// A rendered buffer over the background, tone mapped and encoded as sRGB. KIND, CURVE and NUMBER are defined for each
// program: software renderers compute both sides of a branch.

#include "tonemap.glsl"
#include "false_color.glsl"

const int KIND_LIGHT = 0;
const int KIND_REFLECTANCE = 1;

uniform sampler2D frame;   // values premultiplied by coverage; coverage. Row 0 on top
uniform float exposure_ev;
uniform vec3 background;   // sRGB
uniform vec4 part;         // left, top, width, height of the part to show, in shares of the frame

in vec2 uv;
out vec4 color;

void main() {
    vec2 frame_uv = part.xy + uv * part.zw;
    vec4 texel = any(notEqual(frame_uv, clamp(frame_uv, 0.0, 1.0))) ? vec4(0.0) : texture(frame, frame_uv);
    vec3 values = texel.rgb / max(texel.a, 1e-4);
    vec3 shown = clamp(values, 0.0, 1.0);
    if (KIND == KIND_LIGHT) shown = tonemap(values, exposure_ev, CURVE);
    if (KIND == KIND_REFLECTANCE) shown = linear_to_srgb(shown);
    if (NUMBER != NUMBER_NONE) shown = false_color(values, exposure_ev);
    color = vec4(mix(background, shown, texel.a), 1.0);
}
