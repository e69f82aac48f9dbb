#version 330 core
// A bone or joint with a dark edge. app/rendering/overlays.py draws the same on the CPU.

uniform float rim_px;
uniform float rim_opacity;

in vec2 position_px;
flat in vec4 ends;
flat in vec2 radii;
flat in vec4 fill_color;
out vec4 color;

void main() {
    vec2 along = ends.zw - ends.xy;
    float share = clamp(dot(position_px - ends.xy, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    float distance_px = distance(position_px, ends.xy + along * share) - mix(radii.x, radii.y, share);
    float fill = clamp(0.5 - distance_px, 0.0, 1.0) * fill_color.a;
    float dark = clamp(0.5 + rim_px - distance_px, 0.0, 1.0) * rim_opacity * (1.0 - fill);
    color = vec4(fill_color.rgb * fill, fill + dark);
}
