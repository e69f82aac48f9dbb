#version 330 core
// Edges of the mesh, where it is seen: each pixel knows its face, so nothing hidden is drawn. The twin of
// app/rendering/overlays.py.

uniform isampler2D faces;    // [H, W] the face that each image pixel shows, -1: none. Row 0 on top
uniform sampler2D corners;   // two texels a face: a, b; c, smallest height. Image px
uniform vec2 image_px;       // size of the image
uniform float scale;         // window pixels per image pixel
uniform float width_px;      // of an edge, in the window
uniform vec4 ink;            // sRGB, opacity
uniform vec2 halo;           // opacity; px to either side
uniform vec2 fading;         // how many widths high a face is drawn fully; the least share that is left

in vec2 uv;
out vec4 color;

float to_segment(vec2 place, vec2 start, vec2 end) {
    vec2 along = end - start;
    float share = clamp(dot(place - start, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    return distance(place, start + along * share);
}

void main() {
    vec2 place = uv * image_px;
    int face = texelFetch(faces, ivec2(clamp(place, vec2(0.0), image_px - 1.0)), 0).r;
    if (face < 0) discard;
    int columns = textureSize(corners, 0).x;
    ivec2 first = ivec2((2 * face) % columns, (2 * face) / columns);
    vec4 ab = texelFetch(corners, first, 0);
    vec4 rest = texelFetch(corners, first + ivec2(1, 0), 0);
    vec2 a = ab.xy, b = ab.zw, c = rest.xy;
    float apart = min(min(to_segment(place, a, b), to_segment(place, b, c)), to_segment(place, c, a)) * scale;
    float strength = rest.z > 0.0 ? clamp(rest.z * scale / (fading.x * width_px), fading.y, 1.0) : 0.0;
    float opacity = ink.a * strength * clamp(0.5 * width_px + 0.5 - apart, 0.0, 1.0);
    float dark = halo.x * strength * clamp(0.5 * width_px + halo.y + 0.5 - apart, 0.0, 1.0) * (1.0 - opacity);
    color = vec4(ink.rgb * opacity, opacity + dark);
}
