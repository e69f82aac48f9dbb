#version 330 core
// A lamp's handle: a disc with rays, antialiased by its signed distance; hollow where it is behind the avatar.

uniform vec3 tint;         // sRGB
uniform float radius_px;   // of the disc
uniform int is_selected;
uniform int is_behind;

uniform vec4 rectangle;  // as in quad.vert.glsl

in vec2 position_px;
out vec4 color;

const float PI = 3.14159265;
const int RAYS = 8;

float cover(float distance_px) {
    return clamp(0.5 - distance_px, 0.0, 1.0);
}

void main() {
    vec2 from_center = position_px - rectangle.zw * 0.5;
    float reach = length(from_center);
    float turn = PI / float(RAYS);
    float angle = mod(atan(from_center.y, from_center.x) + turn, 2.0 * turn) - turn;
    vec2 in_ray = reach * vec2(cos(angle), sin(angle));
    vec2 ray_start = vec2(radius_px + 3.5, 0.0);
    vec2 along = vec2(clamp(in_ray.x, ray_start.x, ray_start.x + 4.5), 0.0);
    float ray = distance(in_ray, along) - 0.9;
    float disc = reach - radius_px;
    float hollow = abs(disc + 1.0) - 1.1;
    float shape = min(is_behind == 1 ? hollow : disc, ray);
    float halo = (is_selected == 1 ? 0.5 : 0.28) * exp(-max(disc, 0.0) * 0.16);
    float rim = cover(min(abs(disc), abs(ray)) - 1.4) * 0.35;  // a dark edge, so that it shows on a white shirt
    float filled = cover(shape) * (is_behind == 1 ? 0.8 : 1.0);
    float opacity = max(filled, max(halo, rim));
    vec3 ink = mix(tint * halo / max(halo + rim, 1e-3), tint, filled);
    color = vec4(ink * opacity, opacity);
}
