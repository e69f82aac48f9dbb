#version 330 core
// A bone or joint with a dark edge. The twin of app/rendering/overlays.py.

uniform float rim_px;
uniform float rim_opacity;

in vec2 place_px;
flat in vec4 ends;
flat in vec2 radii;
flat in vec4 ink;
out vec4 color;

void main() {
    vec2 along = ends.zw - ends.xy;
    float share = clamp(dot(place_px - ends.xy, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    float apart = distance(place_px, ends.xy + along * share) - mix(radii.x, radii.y, share);
    float fill = clamp(0.5 - apart, 0.0, 1.0) * ink.a;
    float dark = clamp(0.5 + rim_px - apart, 0.0, 1.0) * rim_opacity * (1.0 - fill);
    color = vec4(ink.rgb * fill, fill + dark);
}
